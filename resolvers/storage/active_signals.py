"""The signals that stand and say BUY or SELL: all of them, or those that a change may have touched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import asyncpg

from resolvers.model.event import SIGNALS
from resolvers.model.signal import Signal
from resolvers.model.versioned import Versioned
from resolvers.storage.pool import Pool, connection
from resolvers.storage.signal_subjects import OF_ALL
from resolvers.storage.signals import SHOWN, STANDING, signal_of

# From the few newest bars to their signals: the other way PostgreSQL may look at all that are stored.
_ACTIVE: Final = (
    f"SELECT true AS is_there, {SHOWN} FROM signal_series AS series"  # noqa: S608
    " JOIN instruments AS i ON i.id = series.instrument_id,"
    " LATERAL (SELECT * FROM signals AS x WHERE (x.instrument_id, x.time, x.bar_minutes, x.producer)"
    "  = (series.instrument_id, series.last_time, series.bar_minutes, series.producer)) AS s"
    f" WHERE s.direction <> 'HOLD' AND {STANDING} AND (s.valid_until IS NULL OR s.valid_until > $1::timestamptz)"
)
# One statement sees one snapshot, and gives the revision in every row, and one row at least.
_ALL: Final = (
    f"SELECT c.revision, found.* FROM collections AS c LEFT JOIN ({_ACTIVE}) AS found ON true"  # noqa: S608
    f" WHERE c.name = '{SIGNALS}'"
)
_CHANGED: Final = (
    f"SELECT c.revision, {OF_ALL} AS of_all, own.instrument_id AS changed, found.* FROM collections AS c"  # noqa: S608
    f" LEFT JOIN signal_subjects AS own ON own.revision > $2 AND {OF_ALL} <= $2"
    f" LEFT JOIN LATERAL ({_ACTIVE} AND series.instrument_id = own.instrument_id) AS found ON true"
    f" WHERE c.name = '{SIGNALS}'"
)


@dataclass(frozen=True, slots=True)
class ChangedSignals:
    """
    What has changed since a revision.

    Attributes:
        revision: Of all signals, in the snapshot that was read.
        instrument_ids: Whose signals may be others now.
        signals: Of these instruments, those that are active.
    """

    revision: int
    instrument_ids: frozenset[int]
    signals: tuple[Signal, ...]


async def read_active_signals(pool: Pool, now: float) -> Versioned[tuple[Signal, ...]]:
    """The signals that are active at *now* and say BUY or SELL, in no order, with the revision of all signals."""
    async with connection(pool) as one:
        rows = await one.fetch(_ALL, _moment(now))
    return Versioned(_signals(rows), rows[0]["revision"])


async def read_changed_signals(pool: Pool, since: int, now: float) -> ChangedSignals | None:
    """
    What of `read_active_signals` may be another since the revision *since*.

    None where that may be anything: a change named no instrument, or the database is of before it.
    """
    async with connection(pool) as one:
        rows = await one.fetch(_CHANGED, _moment(now), since)
    revision = rows[0]["revision"]
    if rows[0]["of_all"] > since or revision < since:
        return None
    changed = frozenset([row["changed"] for row in rows if row["changed"] is not None])
    return ChangedSignals(revision, changed, _signals(rows))


def _signals(rows: Sequence[asyncpg.Record]) -> tuple[Signal, ...]:
    return tuple([signal_of(row) for row in rows if row["is_there"]])


def _moment(now: float) -> datetime:
    return datetime.fromtimestamp(now, UTC)
