"""Series: their locks, sources and revisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import asyncpg

from resolvers.model.instrument import Source
from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool, connection

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

SeriesKey = tuple[Interval, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """
    Which bars of a series are not what they were.

    Attributes:
        bars: How many are new, different or gone.
        gone: How many of them are gone.
        first, last: Between which times they lie, in unix seconds, both inclusive.
    """

    bars: int
    first: int
    last: int
    gone: int = 0

    def __or__(self, other: Self | None) -> "Changed":
        """Both together; they have no bar in common."""
        if other is None:
            return self
        return Changed(
            bars=self.bars + other.bars,
            first=min(self.first, other.first),
            last=max(self.last, other.last),
            gone=self.gone + other.gone,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class LockedSeries:
    """
    A series that the running transaction alone may change.

    Attributes:
        first_time, last_time: Of its bars, in unix seconds; None while it has none.
        has_stored: Whether bars of it were stored themselves; where none were, all are derived.
        revision, body_revision: As of the table; 0 while it has never had one.
    """

    source: Source
    first_time: int | None
    last_time: int | None
    has_stored: bool
    revision: int
    body_revision: int


Locked = dict[SeriesKey, LockedSeries]
"""The series of a transaction, kept up to date by it."""

_STATE = (
    "bar_minutes, instrument_id, source, has_stored, revision, body_revision,"
    " extract(epoch FROM first_time)::bigint AS first_time,"
    " extract(epoch FROM last_time)::bigint AS last_time"
)


async def lock_series(one: "Connection", sources: Mapping[SeriesKey, Source]) -> Locked:
    """
    Creates the series that do not exist yet and locks all of them until the transaction ends.

    A transaction locks once, all that it may come to write, from short intervals to long ones and by
    instrument within. So two writers can wait for each other but never in a circle.
    """
    keys = sorted(sources)
    minutes = [interval.value for interval, _ in keys]
    ids = [instrument_id for _, instrument_id in keys]
    await one.execute(
        "INSERT INTO series (bar_minutes, instrument_id, source)"
        " SELECT * FROM unnest($1::smallint[], $2::int[], $3::text[])"
        # A series without a bar belongs to nobody yet.
        " ON CONFLICT (instrument_id, bar_minutes) DO UPDATE SET source = excluded.source"
        " WHERE series.last_time IS NULL",
        minutes,
        ids,
        [sources[key].value for key in keys],
    )
    return _states(
        await one.fetch(
            f"SELECT {_STATE} FROM series"  # noqa: S608
            " WHERE (bar_minutes, instrument_id) IN (SELECT * FROM unnest($1::smallint[], $2::int[]))"
            " ORDER BY bar_minutes, instrument_id FOR UPDATE",
            minutes,
            ids,
        )
    )


async def raise_revisions(
    one: "Connection", locked: Locked, changed: Mapping[SeriesKey, Changed], *, has_stored: bool
) -> None:
    """
    Raises the revision of each changed series by one, and brings its range of times up to date.

    The revision of its body follows, unless only the newest bar is another one.
    """
    bound = "(SELECT {}(time) FROM candles WHERE instrument_id = c.id AND bar_minutes = c.minutes)"
    rows = await one.fetch(
        "UPDATE series SET revision = revision + 1, has_stored = has_stored OR $6,"  # noqa: S608
        " body_revision = CASE WHEN NOT c.gone AND c.first = c.last AND to_timestamp(c.first) = last_time"
        "  THEN body_revision ELSE revision + 1 END,"
        # Where bars are gone the range may be narrower, and the key knows at once.
        f" first_time = CASE WHEN c.gone THEN {bound.format('min')} ELSE least(first_time, to_timestamp(c.first)) END,"
        f" last_time = CASE WHEN c.gone THEN {bound.format('max')} ELSE greatest(last_time, to_timestamp(c.last)) END"
        " FROM unnest($1::smallint[], $2::int[], $3::float8[], $4::float8[], $5::bool[])"
        "  AS c (minutes, id, first, last, gone)"
        f" WHERE bar_minutes = c.minutes AND instrument_id = c.id RETURNING {_STATE}",
        [interval.value for interval, _ in changed],
        [instrument_id for _, instrument_id in changed],
        [float(one.first) for one in changed.values()],
        [float(one.last) for one in changed.values()],
        [one.gone > 0 for one in changed.values()],
        has_stored,
    )
    locked.update(_states(rows))


async def give_to(one: "Connection", keys: Sequence[SeriesKey], source: Source) -> Locked:
    """Series that have been emptied as they are now: without a bar, and of *source*."""
    return _states(
        await one.fetch(
            "UPDATE series SET source = $3, first_time = NULL, last_time = NULL,"  # noqa: S608
            " revision = revision + 1, body_revision = body_revision + 1"
            " WHERE (bar_minutes, instrument_id) IN (SELECT * FROM unnest($1::smallint[], $2::int[]))"
            f" RETURNING {_STATE}",
            [interval.value for interval, _ in keys],
            [instrument_id for _, instrument_id in keys],
            source.value,
        )
    )


def _states(rows: list[asyncpg.Record]) -> Locked:
    return {
        (Interval(row["bar_minutes"]), row["instrument_id"]): LockedSeries(
            source=Source(row["source"]),
            first_time=row["first_time"],
            last_time=row["last_time"],
            has_stored=row["has_stored"],
            revision=row["revision"],
            body_revision=row["body_revision"],
        )
        for row in rows
    }


async def series_sources(pool: Pool, keys: Sequence[SeriesKey]) -> dict[SeriesKey, Source]:
    """The source of each series that holds bars."""
    async with connection(pool) as one:
        rows = await one.fetch(
            "SELECT bar_minutes, instrument_id, source FROM series WHERE last_time IS NOT NULL"
            " AND (bar_minutes, instrument_id) IN (SELECT * FROM unnest($1::smallint[], $2::int[]))",
            [interval.value for interval, _ in keys],
            [instrument_id for _, instrument_id in keys],
        )
    return {(Interval(row["bar_minutes"]), row["instrument_id"]): Source(row["source"]) for row in rows}


async def holds_bars_from(pool: Pool, source: Source) -> bool:
    """Whether any series holds bars from *source*."""
    async with connection(pool) as one:
        return bool(
            await one.fetchval(
                "SELECT EXISTS (SELECT FROM series WHERE source = $1 AND last_time IS NOT NULL)", source.value
            )
        )
