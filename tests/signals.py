"""Signals for tests."""

from datetime import UTC, datetime
from typing import Any

from resolvers.ingest import Ingest
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.model.signal import Direction, SignalDraft, Strength
from resolvers.storage.changed_signals import ChangedSignal
from resolvers.storage.pool import Pool
from tests.bars import NOON


def draft(one: Instrument, **changes: Any) -> SignalDraft:
    """A signal of *one* on an hour's bar."""
    given: dict[str, Any] = {
        "interval": Interval.H1,
        "time": NOON,
        "direction": Direction.BUY,
        "strength": Strength.WEAK,
        "score": 0.25,
        "agreement": 0.5,
        "price": 100.0,
        "producer": "desk",
        "rationale": "Two of three averages rise.",
    }
    return SignalDraft(instrument_id=one.id, symbol=one.symbol, **given | changes)


async def store(pool: Pool, *drafts: SignalDraft) -> list[ChangedSignal]:
    """Stores signals that nothing speaks against; those that are new or different."""
    written, refused = await Ingest(pool).signals(drafts)
    assert not refused
    return list(written.signals)


def moment(seconds: int) -> datetime:
    """Unix *seconds* as a moment."""
    return datetime.fromtimestamp(seconds, UTC)
