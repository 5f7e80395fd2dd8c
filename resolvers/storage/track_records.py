"""Track records of agents, read again only where they have become others."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from resolvers.compute.track_record import TrackRecord
from resolvers.model.event import SIGNALS
from resolvers.model.interval import Interval
from resolvers.model.market import Market
from resolvers.model.versioned import Versioned
from resolvers.storage.pool import Pool, connection
from resolvers.storage.record_format import track_record

RecordKey = tuple[str, Market]
"""A version of the engine, and the market."""

# Whoever writes a row gives it another xmin, so what it holds need not be compared.
_QUERY = (
    "SELECT c.revision, f.* FROM collections AS c LEFT JOIN ("
    "SELECT fits.version, fits.bar_minutes, fits.is_simulated, fits.xmin::text AS stamp,"
    " CASE WHEN fits.xmin::text IS DISTINCT FROM asked.stamp THEN fits.votes END AS votes"
    " FROM unnest($2::text[], $3::smallint[], $4::bool[], $5::text[])"
    "  AS asked (version, bar_minutes, is_simulated, stamp)"
    " JOIN engine_fits AS fits USING (version, bar_minutes, is_simulated)"
    ") AS f ON true WHERE c.name = $1"
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ReadRecord:
    """
    A track record that is stored.

    Attributes:
        stamp: Another one where the record may be.
        record: None where the stamp is the one that was known.
    """

    stamp: str
    record: TrackRecord | None


async def read_track_records(
    pool: Pool, known: Mapping[RecordKey, str | None]
) -> Versioned[dict[RecordKey, ReadRecord]]:
    """
    The records that are stored, with the revision of all signals.

    Args:
        known: What is asked for, each with the stamp of what is known already.

    Raises:
        ValueError: If one was stored by a program that stores it otherwise.
    """
    async with connection(pool) as one:
        rows = await one.fetch(
            _QUERY,
            SIGNALS,
            [version for version, _ in known],
            [market.interval.value for _, market in known],
            [market.is_simulated for _, market in known],
            list(known.values()),
        )
    # Megabytes of counts, which take their time to be unpacked.
    found = await asyncio.to_thread(_found, [row for row in rows if row["version"] is not None])
    return Versioned(found, rows[0]["revision"])


def _found(rows: Sequence[asyncpg.Record]) -> dict[RecordKey, ReadRecord]:
    return {
        (row["version"], Market(Interval(row["bar_minutes"]), row["is_simulated"])): ReadRecord(
            stamp=row["stamp"], record=None if row["votes"] is None else track_record(row["votes"])
        )
        for row in rows
    }
