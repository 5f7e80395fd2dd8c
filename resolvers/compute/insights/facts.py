"""Facts from the columns of a window at one of its bars."""

import math
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import numpy as np

from resolvers.compute.catalog import CATALOG, Arguments, Indicator, checked_arguments
from resolvers.compute.insights.regime import regime_of
from resolvers.model.bars import Bars, Series
from resolvers.model.facts import Fact, Facts, Unit
from resolvers.model.interval import Interval
from resolvers.model.signal import Signal

RANGE_BARS: Final = 252
LEAST_BARS: Final = 50
"""Closed bars without which there is no EMA(50), and so no trend and no insight."""

_SLOPE_BARS = 5
_MEAN_BARS = 20


class Column(NamedTuple):
    """A column of the catalog: an indicator, its arguments, and which of its outputs."""

    indicator: Indicator
    arguments: Arguments
    output: int = 0


def _column(name: str, output: int = 0, **arguments: int) -> Column:
    return Column(CATALOG[name], checked_arguments(CATALOG[name], arguments), output)


COLUMNS: Final[Mapping[str, Column]] = {
    "rsi": _column("rsi", period=14),
    "ema": _column("ema", period=50),
    "percent_b": _column("bollinger", 3, period=20, deviations=2),
    "adx": _column("adx", period=14),
    "atr": _column("atr", period=14),
    "return": _column("roc", period=20),
    "highest": _column("donchian", 0, period=RANGE_BARS),
    "lowest": _column("donchian", 2, period=RANGE_BARS),
}
"""What facts are made of, besides the bars themselves."""

Values = Callable[[Indicator, Arguments], tuple[Series, ...]]


def market_facts(
    *, symbol: str, interval: Interval, bars: Bars, values: Values, at: int, signal: Signal | None, of_signal: bool
) -> Facts | None:
    """
    What is known at bar *at* of *bars*; None where close, RSI or EMA is not.

    Nothing behind that bar is looked at.

    Args:
        values: The columns of an indicator for *bars*, of equal length.
        signal: What is spoken of: made on that bar or before it.
        of_signal: Whether the facts belong to that signal, rather than to its instrument.
    """
    columns = {name: values(one.indicator, one.arguments)[one.output] for name, one in COLUMNS.items()}
    value = {name: float(column[at]) for name, column in columns.items()}
    close = float(bars.close[at])
    if not all(math.isfinite(one) for one in (close, value["rsi"], value["ema"])):
        return None
    before = float(columns["ema"][at - _SLOPE_BARS]) if at >= _SLOPE_BARS else math.nan
    slope = (value["ema"] / before - 1) * 100
    trend = _sign(close - value["ema"]) if _sign(close - value["ema"]) == _sign(slope) else 0
    atr_times = _in_medians(columns["atr"], bars.close, at)
    field = "candles.columns."
    of = "" if of_signal else f"latestSignal(interval: {interval.name})."
    given = (
        ("close", "close", close, Unit.PRICE, "close"),
        ("ema", "EMA(50)", value["ema"], Unit.PRICE, "ema(period: 50)"),
        ("distance", "distance to EMA(50)", (close / value["ema"] - 1) * 100, Unit.PERCENT, "ema(period: 50)"),
        ("slope", "5-bar EMA slope", slope, Unit.PERCENT, "ema(period: 50)"),
        ("rsi", "RSI(14)", value["rsi"], Unit.INDEX, "rsi(period: 14)"),
        ("percent_b", "%B(20)", value["percent_b"], Unit.TIMES, "bollinger(period: 20, deviations: 2).percentB"),
        ("adx", "ADX(14)", value["adx"], Unit.INDEX, "adx(period: 14).adx"),
        ("atr", "ATR(14)", value["atr"] / close * 100, Unit.PERCENT, "atr(period: 14)"),
        ("atr_times", "252-bar ATR multiple", atr_times, Unit.TIMES, "atr(period: 14)"),
        ("volume", "20-bar volume multiple", _in_means(bars.volume, at), Unit.TIMES, "volume"),
        ("return", "20-bar return", value["return"], Unit.PERCENT, "roc(period: 20)"),
        (
            "place",
            "252-bar range",
            _place(close, value),
            Unit.PERCENT,
            f"donchian(period: {RANGE_BARS}) {{ upper lower }}",
        ),
    )
    numbers = [
        Fact(name=name, label=label, value=number, unit=unit, field=field + path)
        for name, label, number, unit, path in given
        if math.isfinite(number)
    ]
    if signal is not None:
        base_rate = None if signal.basis is None else signal.basis.base_rate
        told = (
            ("score", "score", signal.score, "score"),
            ("agreement", "agreement", signal.agreement, "agreement"),
            ("confidence", "confidence", signal.confidence, "confidence"),
            # Without it a confidence means nothing.
            ("base_rate", "base rate", base_rate, "confidenceBasis.baseRate"),
        )
        numbers += [
            Fact(name=name, label=label, value=number, unit=Unit.RATIO, field=of + path)
            for name, label, number, path in told
            if number is not None
        ]
    return Facts(
        symbol=symbol,
        interval=interval,
        time=int(bars.time[at]),
        numbers=tuple(numbers),
        trend=trend,
        regime=regime_of(adx=value["adx"], trend=trend, atr_times=atr_times),
        direction=None if signal is None else signal.direction,
        signal_time=None if signal is None else signal.time,
        confidence=None if signal is None else signal.confidence,
    )


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _in_medians(atr: Series, close: Series, at: int) -> float:
    """The average true range as a share of the close, in units of the median share of the last 252 bars."""
    start = max(at + 1 - RANGE_BARS, 0)
    shares = atr[start : at + 1] / close[start : at + 1]
    shares = shares[np.isfinite(shares)]
    if len(shares) < RANGE_BARS // 2:
        return math.nan
    median = float(np.median(shares))
    return float(shares[-1]) / median if median else math.nan


def _in_means(volume: Series, at: int) -> float:
    """The volume in units of the mean of the last 20 bars, this one among them; NaN where one of them has none."""
    if at + 1 < _MEAN_BARS:
        return math.nan
    mean = float(volume[at + 1 - _MEAN_BARS : at + 1].mean())
    return float(volume[at]) / mean if mean else math.nan


def _place(close: float, value: Mapping[str, float]) -> float:
    """Where the close lies between the lowest low and the highest high, in percent; NaN where they are equal."""
    width = value["highest"] - value["lowest"]
    return (close - value["lowest"]) / width * 100 if width else math.nan
