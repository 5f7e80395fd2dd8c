"""Signals for tests."""

from datetime import UTC, datetime
from typing import Any

from resolvers.ingest import Ingest
from resolvers.model.event import SIGNALS, EventKind
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.model.signal import Direction, SignalDraft, Strength
from resolvers.storage.changed_signals import ChangedSignal
from resolvers.storage.outbox import Draft, numbered
from resolvers.storage.pool import Pool, connection
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


async def old_write(pool: Pool) -> None:
    """What a program of before there were subjects of instruments leaves behind in its transaction."""
    async with connection(pool) as one, one.transaction():
        revision = await one.fetchval(
            "UPDATE collections SET revision = revision + 1 WHERE name = 'signals' RETURNING revision"
        )
        await numbered(one, {EventKind.SIGNALS: [Draft(revisions={SIGNALS: revision})]})


def moment(seconds: int) -> datetime:
    """Unix *seconds* as a moment."""
    return datetime.fromtimestamp(seconds, UTC)
