"""Which series have bars that the engine has not seen, and who sees to them."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool, connection

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

# Beside the series, what its signals rest on may be another: whoever asks gives what that is for each instrument.
_GIVEN = "LEFT JOIN unnest($3::int[], $4::bytea[]) AS g (instrument_id, context) USING (instrument_id)"
_OPEN = (
    "(s.body_revision > e.done_revision OR s.revision < e.done_revision"
    " OR CASE WHEN e.quiet_until IS NULL THEN s.revision <> e.done_revision ELSE e.quiet_until <= $5 END"
    " OR g.context <> e.context)"
)
_JOINED = f"engine_series AS e JOIN series AS s USING (bar_minutes, instrument_id) {_GIVEN}"


class Shard(NamedTuple):
    """Which series a worker takes first: those whose instrument's id leaves *number* when divided by *of*."""

    number: int = 0
    of: int = 1


class Claim(NamedTuple):
    """
    A series that the running transaction alone may compute.

    Attributes:
        revision, body_revision: Of its bars, read after it was claimed.
        done_revision: Of the bars that its signals were computed from; 0 where none were.
        quiet_until, context: As of `Done`; no context where no signals were computed.
    """

    instrument_id: int
    symbol: str
    revision: int
    body_revision: int
    done_revision: int
    quiet_until: float | None
    context: bytes | None


class Done(NamedTuple):
    """
    What the signals of a series are stored of.

    Attributes:
        revision: Of its bars.
        quiet_until: Until when its newest bar forms, in unix seconds; None where that was over.
        context: A hash of what else they rest on.
    """

    revision: int
    quiet_until: float | None
    context: bytes


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


async def pending(
    one: "Connection", *, version: str, interval: Interval, contexts: Mapping[int, bytes], now: float
) -> int:
    """
    How many series have other signals than are stored; those that somebody computes now are among them.

    A series has, where a bar before its newest one has changed, or there is a newer one; where its newest bar has
    changed, or is over by now, unless it still forms; and where what else its signals rest on is another.

    Args:
        contexts: What they rest on beside their bars, by instrument; where it is not given, it is what it was.
        now: In unix seconds, less the grace of a bar that has just ended.
    """
    return int(
        await one.fetchval(
            f"SELECT count(*) FROM {_JOINED} WHERE e.version = $1 AND bar_minutes = $2 AND {_OPEN}",  # noqa: S608
            *_asked(version, interval, contexts, now),
        )
    )


async def claimed(
    one: "Connection",
    *,
    version: str,
    interval: Interval,
    contexts: Mapping[int, bytes],
    now: float,
    shard: Shard,
    most: int,
    without: Collection[int] = (),
) -> list[Claim]:
    """
    At most *most* series that nobody else has claimed, those of the shard first, until the transaction ends.

    Only series that have a row are found, see `ensure_engine_series`. It may be none although some are pending, and
    then others compute them.

    Args:
        contexts, now: As of `pending`.
        without: Instruments whose series are left alone.
    """
    rows = await one.fetch(
        f"SELECT e.instrument_id FROM {_JOINED} WHERE e.version = $1 AND bar_minutes = $2 AND {_OPEN}"  # noqa: S608
        " AND instrument_id <> ALL($9::int[])"
        " ORDER BY instrument_id % $6 <> $7, instrument_id LIMIT $8 FOR UPDATE OF e SKIP LOCKED",
        *_asked(version, interval, contexts, now),
        shard.of,
        shard.number,
        most,
        list(without),
    )
    if not rows:
        return []
    # What was read before the lock may be of before somebody else was done; a new statement sees what it left.
    rows = await one.fetch(
        "SELECT instrument_id, i.symbol, s.revision, s.body_revision, e.done_revision,"  # noqa: S608
        " extract(epoch FROM e.quiet_until)::float8, e.context"
        f" FROM {_JOINED} JOIN instruments AS i ON i.id = instrument_id"
        f" WHERE e.version = $1 AND bar_minutes = $2 AND {_OPEN} AND instrument_id = ANY($6::int[])"
        " ORDER BY instrument_id",
        *_asked(version, interval, contexts, now),
        [row["instrument_id"] for row in rows],
    )
    return [Claim(*row) for row in rows]


def _asked(version: str, interval: Interval, contexts: Mapping[int, bytes], now: float) -> tuple[Any, ...]:
    return version, interval.value, list(contexts), list(contexts.values()), datetime.fromtimestamp(now, UTC)


async def hold_series(one: "Connection", *, version: str, interval: Interval, instrument_ids: Collection[int]) -> None:
    """
    Waits until nobody computes these series, and lets nobody else until the transaction ends.

    Only those that have a row are held, see `ensure_engine_series`.
    """
    await one.execute(
        "SELECT FROM engine_series WHERE version = $1 AND bar_minutes = $2 AND instrument_id = ANY($3::int[])"
        " ORDER BY instrument_id FOR UPDATE",
        version,
        interval.value,
        list(instrument_ids),
    )


async def mark_done(one: "Connection", *, version: str, interval: Interval, done: Mapping[int, Done]) -> None:
    """Says of claimed series, by instrument, what their signals are stored of."""
    await one.execute(
        "UPDATE engine_series AS e SET (done_revision, quiet_until, context)"
        " = (d.revision, to_timestamp(d.quiet_until), d.context)"
        " FROM unnest($3::int[], $4::bigint[], $5::float8[], $6::bytea[])"
        "  AS d (instrument_id, revision, quiet_until, context)"
        " WHERE e.version = $1 AND e.bar_minutes = $2 AND e.instrument_id = d.instrument_id",
        version,
        interval.value,
        list(done),
        [one.revision for one in done.values()],
        [one.quiet_until for one in done.values()],
        [one.context for one in done.values()],
    )
