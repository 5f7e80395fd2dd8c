"""Series: their locks, sources and revisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resolvers.model.instrument import Source
from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool, connection

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

SeriesKey = tuple[Interval, int]

# For each series how many bars changed, and between which times (unix seconds, both inclusive).
Changed = dict[SeriesKey, tuple[int, int, int]]


@dataclass(frozen=True, kw_only=True, slots=True)
class LockedSeries:
    """A series that the running transaction alone may change; times in unix seconds."""

    source: Source
    last_time: int | None


async def lock_series(one: "Connection", keys: Sequence[tuple[Interval, int, Source]]) -> dict[SeriesKey, LockedSeries]:
    """
    Creates the series that do not exist yet and locks all of them until the transaction ends.

    Every writer locks from short intervals to long ones and by instrument within, so two writers can
    wait for each other but never in a circle.
    """
    keys = sorted(keys)
    minutes = [interval.value for interval, _, _ in keys]
    ids = [instrument_id for _, instrument_id, _ in keys]
    await one.execute(
        "INSERT INTO series (bar_minutes, instrument_id, source)"
        " SELECT * FROM unnest($1::smallint[], $2::int[], $3::text[])"
        # A series without a bar belongs to nobody yet.
        " ON CONFLICT (instrument_id, bar_minutes) DO UPDATE SET source = excluded.source"
        " WHERE series.last_time IS NULL",
        minutes,
        ids,
        [source.value for _, _, source in keys],
    )
    rows = await one.fetch(
        "SELECT bar_minutes, instrument_id, source, extract(epoch FROM last_time)::bigint AS last_time FROM series"
        " WHERE (bar_minutes, instrument_id) IN (SELECT * FROM unnest($1::smallint[], $2::int[]))"
        " ORDER BY bar_minutes, instrument_id FOR UPDATE",
        minutes,
        ids,
    )
    return {
        (Interval(row["bar_minutes"]), row["instrument_id"]): LockedSeries(
            source=Source(row["source"]), last_time=row["last_time"]
        )
        for row in rows
    }


async def raise_revisions(one: "Connection", changed: Changed, *, has_stored: bool) -> None:
    """Raises the revision of each changed series by one, and widens its range of times."""
    await one.execute(
        "UPDATE series SET revision = revision + 1, has_stored = has_stored OR $5,"
        " first_time = least(first_time, to_timestamp(c.first)), last_time = greatest(last_time, to_timestamp(c.last))"
        " FROM unnest($1::smallint[], $2::int[], $3::float8[], $4::float8[]) AS c (minutes, id, first, last)"
        " WHERE bar_minutes = c.minutes AND instrument_id = c.id",
        [interval.value for interval, _ in changed],
        [instrument_id for _, instrument_id in changed],
        [float(first) for _, first, _ in changed.values()],
        [float(last) for _, _, last in changed.values()],
        has_stored,
    )


async def holds_bars_from(pool: Pool, source: Source) -> bool:
    """Whether any series holds bars from *source*."""
    async with connection(pool) as one:
        return bool(
            await one.fetchval(
                "SELECT EXISTS (SELECT FROM series WHERE source = $1 AND last_time IS NOT NULL)", source.value
            )
        )
