"""Opportunities for tests: signals and members that nothing is stored of."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from resolvers.model.instrument import AssetClass, Instrument, InstrumentSpec
from resolvers.model.interval import Interval
from resolvers.model.signal import Direction, Signal, Strength
from resolvers.model.universe import Liquidity, Member, Universe
from tests.bars import NOON
from tests.signals import moment

HOUR = 3600


def signal(number: int = 1, **changes: Any) -> Signal:
    """A signal of the instrument *number*, called ``S001`` and so on, on an hour's bar that holds for ten hours."""
    given: dict[str, Any] = {
        "digest": f"{number:032x}",
        "instrument_id": number,
        "symbol": f"S{number:03d}",
        "interval": Interval.H1,
        "time": NOON,
        "direction": Direction.BUY,
        "strength": Strength.WEAK,
        "score": 0.5,
        "agreement": 0.5,
        "confidence": None,
        "price": 100.0,
        "entry": 100.0,
        "stop": 98.0,
        "target": 103.0,
        "horizon_bars": None,
        "valid_until": moment(NOON + 10 * HOUR),
        "rationale": "",
        "producer": "desk",
        "created_at": moment(NOON),
        "is_cancelled": False,
        "is_superseded": False,
    }
    return Signal(**given | changes)


def universe(
    ranks: Mapping[int, float | None], asset_classes: Mapping[int, AssetClass] = MappingProxyType({})
) -> Universe:
    """Instruments whose liquidity has those ranks; None for one without volume."""
    return Universe({number: _member(number, rank, asset_classes.get(number)) for number, rank in ranks.items()})


def _member(number: int, rank: float | None, asset_class: AssetClass | None) -> Member:
    spec = InstrumentSpec(symbol=f"S{number:03d}", asset_class=asset_class or AssetClass.EQUITY)
    liquidity = None if rank is None else Liquidity(turnover=1e6, days=20, rank=rank, peers=4)
    return Member(instrument=Instrument(id=number, spec=spec), liquidity=liquidity)
