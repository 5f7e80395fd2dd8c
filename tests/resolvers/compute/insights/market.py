"""Facts for tests: those of bars, and some by hand."""

from datetime import UTC, datetime
from typing import Any

from resolvers.compute.catalog import Arguments, Indicator, computed
from resolvers.compute.insights.facts import market_facts
from resolvers.model.bars import Bars, Series
from resolvers.model.facts import Fact, Facts, Unit
from resolvers.model.interval import Interval
from resolvers.model.session import DAY
from resolvers.model.signal import Direction, Signal, Strength

FRIDAY = 1_706_832_000  # 2024-02-02


def facts_at(bars: Bars, at: int, *, signal: Signal | None = None, interval: Interval = Interval.D1) -> Facts | None:
    """The facts of ACME at bar *at*."""

    def values(indicator: Indicator, arguments: Arguments) -> tuple[Series, ...]:
        return computed(indicator, bars, bars.time // DAY, arguments)

    return market_facts(
        symbol="ACME", interval=interval, bars=bars, values=values, at=at, signal=signal, of_signal=False
    )


def a_signal(**changes: Any) -> Signal:
    """A signal of ACME."""
    given: dict[str, Any] = {
        "digest": "0" * 32,
        "instrument_id": 1,
        "symbol": "ACME",
        "interval": Interval.D1,
        "time": FRIDAY,
        "direction": Direction.BUY,
        "strength": Strength.WEAK,
        "score": 0.42,
        "agreement": 0.62,
        "confidence": 0.54,
        "price": 100.0,
        "rationale": "Two of three averages rise.",
        "producer": "desk",
        "created_at": datetime(2024, 2, 3, tzinfo=UTC),
        "is_cancelled": False,
        "is_superseded": False,
    }
    nothing = dict.fromkeys(("entry", "stop", "target", "horizon_bars", "valid_until"))
    return Signal(**given | nothing | changes)


def by_hand(**changes: Any) -> Facts:
    """Facts of ACME whose numbers a reader has at a glance."""
    numbers = (
        ("close", "close", 343.46, Unit.PRICE),
        ("ema", "EMA(50)", 339.8, Unit.PRICE),
        ("distance", "distance to EMA(50)", 1.077, Unit.PERCENT),
        ("rsi", "RSI(14)", 62.44, Unit.INDEX),
        ("adx", "ADX(14)", 31.2, Unit.INDEX),
        ("volume", "20-bar volume multiple", 1.996, Unit.TIMES),
        ("return", "20-bar return", -3.4, Unit.PERCENT),
        ("score", "score", 0.42, Unit.RATIO),
        ("agreement", "agreement", 0.62, Unit.RATIO),
    )
    given: dict[str, Any] = {
        "symbol": "ACME",
        "interval": Interval.D1,
        "time": FRIDAY,
        "numbers": tuple(
            Fact(name=name, label=label, value=value, unit=unit, field=f"candles.columns.{name}")
            for name, label, value, unit in numbers
        ),
        "trend": 1,
        "regime": "TRENDING_UP",
        "direction": Direction.BUY,
        "signal_time": FRIDAY,
    }
    return Facts(**given | changes)
