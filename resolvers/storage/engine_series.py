"""Which series have bars that the engine has not seen, and who sees to them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool, connection

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

_BULK_SECONDS = 600
_OPEN = "s.revision <> e.done_revision"
_JOINED = "engine_series AS e JOIN series AS s USING (bar_minutes, instrument_id)"


class Shard(NamedTuple):
    """Which series a worker takes first: those whose instrument's id leaves *number* when divided by *of*."""

    number: int = 0
    of: int = 1


class Claim(NamedTuple):
    """
    A series that the running transaction alone may compute.

    Attributes:
        revision: Of its bars, read after it was claimed.
        done_revision: Of the bars that its signals were computed from; 0 where none were.
    """

    instrument_id: int
    symbol: str
    revision: int
    done_revision: int


async def ensure_engine_series(pool: Pool, version: str, intervals: Iterable[Interval]) -> None:
    """Makes the rows that are claimed, for series that the engine has not met, in a transaction of its own."""
    async with connection(pool) as one:
        await one.execute(
            "INSERT INTO engine_series (version, bar_minutes, instrument_id)"
            " SELECT $1, bar_minutes, instrument_id FROM series AS s WHERE bar_minutes = ANY($2::smallint[])"
            " AND NOT EXISTS (SELECT FROM engine_series AS e WHERE e.version = $1"
            "  AND (e.bar_minutes, e.instrument_id) = (s.bar_minutes, s.instrument_id))"
            " ORDER BY bar_minutes, instrument_id ON CONFLICT DO NOTHING",
            version,
            [interval.value for interval in intervals],
        )


async def pending(one: "Connection", version: str, intervals: Iterable[Interval]) -> int:
    """How many series have other bars than their signals are of; those that somebody computes now are among them."""
    return int(
        await one.fetchval(
            "SELECT count(*) FROM series AS s LEFT JOIN engine_series AS e"
            " ON e.version = $1 AND (e.bar_minutes, e.instrument_id) = (s.bar_minutes, s.instrument_id)"
            " WHERE s.bar_minutes = ANY($2::smallint[]) AND s.revision <> coalesce(e.done_revision, 0)",
            version,
            [interval.value for interval in intervals],
        )
    )


async def claimed(one: "Connection", *, version: str, interval: Interval, shard: Shard, most: int) -> list[Claim]:
    """
    At most *most* series that nobody else has claimed, those of the shard first, until the transaction ends.

    Only series that have a row are found, see `ensure_engine_series`. It may be none although some are pending, and
    then others compute them.
    """
    rows = await one.fetch(
        f"SELECT e.instrument_id FROM {_JOINED}"  # noqa: S608
        f" WHERE e.version = $1 AND e.bar_minutes = $2 AND {_OPEN}"
        " ORDER BY e.instrument_id % $3 <> $4, e.instrument_id LIMIT $5 FOR UPDATE OF e SKIP LOCKED",
        version,
        interval.value,
        shard.of,
        shard.number,
        most,
    )
    if not rows:
        return []
    # What was read before the lock may be of before somebody else was done; a new statement sees what it left.
    rows = await one.fetch(
        f"SELECT instrument_id, i.symbol, s.revision, e.done_revision FROM {_JOINED}"  # noqa: S608
        " JOIN instruments AS i ON i.id = instrument_id"
        f" WHERE e.version = $1 AND bar_minutes = $2 AND instrument_id = ANY($3::int[]) AND {_OPEN}"
        " ORDER BY instrument_id",
        version,
        interval.value,
        [row["instrument_id"] for row in rows],
    )
    return [Claim(*row) for row in rows]


async def mark_done(one: "Connection", *, version: str, interval: Interval, done: Mapping[int, int]) -> None:
    """Says of claimed series, by instrument, up to which revision of their bars their signals are stored."""
    await one.execute(
        "UPDATE engine_series AS e SET done_revision = d.revision"
        " FROM unnest($3::int[], $4::bigint[]) AS d (instrument_id, revision)"
        " WHERE e.version = $1 AND e.bar_minutes = $2 AND e.instrument_id = d.instrument_id",
        version,
        interval.value,
        list(done),
        list(done.values()),
    )


async def reopen(one: "Connection", *, version: str, interval: Interval) -> None:
    """Makes every series of an interval pending, as after another fit; waits for those who compute now."""
    rows = "WHERE version = $1 AND bar_minutes = $2"
    # Locked first: a single statement would pass by what it sees as pending, and somebody is just done with.
    await one.execute(
        f"SELECT FROM engine_series {rows} ORDER BY instrument_id FOR UPDATE",
        version,
        interval.value,
        timeout=_BULK_SECONDS,
    )
    await one.execute(
        f"UPDATE engine_series SET done_revision = 0 {rows} AND done_revision <> 0",  # noqa: S608
        version,
        interval.value,
    )


async def done_revisions(
    one: "Connection", *, version: str, interval: Interval, instrument_ids: Sequence[int]
) -> dict[int, int]:
    """Of the bars that signals are stored of, by instrument; 0 where there are none."""
    rows = await one.fetch(
        "SELECT instrument_id, done_revision FROM engine_series"
        " WHERE version = $1 AND bar_minutes = $2 AND instrument_id = ANY($3::int[])",
        version,
        interval.value,
        list(instrument_ids),
    )
    return dict.fromkeys(instrument_ids, 0) | {row["instrument_id"]: row["done_revision"] for row in rows}
