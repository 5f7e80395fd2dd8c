"""Lists of signals, as queries ask for them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import asyncpg

from resolvers.model.event import SIGNALS
from resolvers.model.signal import Signal, SignalStatus
from resolvers.model.signal_page import SignalConditions, SignalKey, SignalOrder, SignalPage
from resolvers.model.versioned import Versioned, VersionedEach
from resolvers.storage.pool import Pool, connection
from resolvers.storage.signal_subjects import OF_ONE, of_some
from resolvers.storage.signals import FROM_SIGNALS, SHOWN, STANDING, signal_of

_STATUS = {
    SignalStatus.CANCELLED: "s.is_cancelled",
    SignalStatus.SUPERSEDED: "NOT s.is_cancelled AND (s.time < series.last_time OR series.is_retired)",
    SignalStatus.EXPIRED: f"{STANDING} AND s.valid_until <= {{now}}",
    SignalStatus.ACTIVE: f"{STANDING} AND (s.valid_until IS NULL OR s.valid_until > {{now}})",
}

_ALL = f"WHERE c.name = '{SIGNALS}'"
# Every row has the revisions, and one row at least is of each instrument.
_OF_EACH = (
    f"SELECT asked, c.revision, {OF_ONE} AS own_revision, found.*"  # noqa: S608
    " FROM collections AS c CROSS JOIN unnest($1::int[]) AS asked"
    " LEFT JOIN signal_subjects AS own ON own.instrument_id = asked"
)

T = TypeVar("T")


async def read_signals(pool: Pool, keys: Sequence[SignalKey]) -> VersionedEach[dict[SignalKey, Signal]]:
    """The signals of *keys* that are there, with the revisions of all signals and of those of their instruments."""
    query = (
        f"SELECT {SHOWN} FROM {FROM_SIGNALS}"  # noqa: S608
        " JOIN unnest($1::timestamptz[], $2::uuid[]) AS asked (time, id) ON (s.time, s.id) = (asked.time, asked.id)"
    )
    async with connection(pool) as one:
        rows = await one.fetch(
            f"SELECT c.revision, {OF_ONE} AS own_revision, found.* FROM collections AS c"  # noqa: S608
            f" LEFT JOIN (SELECT true AS is_there, q.* FROM ({query}) AS q) AS found ON true"
            f" LEFT JOIN signal_subjects AS own ON own.instrument_id = found.instrument_id WHERE c.name = '{SIGNALS}'",
            [_moment(key.time) for key in keys],
            [UUID(key.digest) for key in keys],
        )
    found = [signal_of(row) for row in rows if row["is_there"]]
    return VersionedEach(
        {SignalKey(signal.time, signal.digest): signal for signal in found},
        rows[0]["revision"],
        {row["instrument_id"]: row["own_revision"] for row in rows if row["is_there"]},
    )


async def read_signal_page(pool: Pool, page: SignalPage, now: float) -> Versioned[list[Signal]]:
    """The page's signals in its order, one more where there are more, with the revision of the conditions' subjects."""
    values: list[Any] = []
    query = _at_revision(_page(page, values, now), _revision(page.conditions, values))
    async with connection(pool) as one:
        rows = await one.fetch(f"{query} ORDER BY {_order(page, 'found')}", *values)
    return Versioned([signal_of(row) for row in rows if row["is_there"]], rows[0]["revision"])


async def read_pages_of(
    pool: Pool, page: SignalPage, instrument_ids: Sequence[int], now: float
) -> VersionedEach[dict[int, list[Signal]]]:
    """As `read_signal_page`, a page for each instrument, by its id."""
    values: list[Any] = [list(instrument_ids)]
    inner = _page(page.of_any(), values, now, "s.instrument_id = asked.asked")
    query = f"LATERAL (SELECT true AS is_there, p.* FROM ({inner}) AS p) AS found ON true"  # noqa: S608
    async with connection(pool) as one:
        rows = await one.fetch(f"{_OF_EACH} LEFT JOIN {query} {_ALL} ORDER BY {_order(page, 'found')}", *values)
    found: dict[int, list[Signal]] = {number: [] for number in instrument_ids}
    for row in rows:
        if row["is_there"]:
            found[row["asked"]].append(signal_of(row))
    return _each(found, rows)


async def read_signal_count(pool: Pool, conditions: SignalConditions, now: float) -> Versioned[int]:
    """How many signals are meant, with the revision of the conditions' subjects."""
    values: list[Any] = []
    query = f"SELECT count(*) AS matching FROM {_counted(conditions)} WHERE {_where(conditions, values, now)}"  # noqa: S608
    query = _at_revision(query, _revision(conditions, values))
    async with connection(pool) as one:
        (row,) = await one.fetch(query, *values)
    return Versioned(row["matching"], row["revision"])


async def read_counts_of(
    pool: Pool, conditions: SignalConditions, instrument_ids: Sequence[int], now: float
) -> VersionedEach[dict[int, int]]:
    """As `read_signal_count`, for each instrument, by its id."""
    values: list[Any] = [list(instrument_ids)]
    where = f"{_where(replace(conditions, instrument_ids=None), values, now)} AND s.instrument_id = ANY($1::int[])"
    counted = f"SELECT s.instrument_id, count(*) AS matching FROM {_counted(conditions)} WHERE {where}"  # noqa: S608
    query = f"({counted} GROUP BY s.instrument_id) AS found ON found.instrument_id = asked"
    async with connection(pool) as one:
        rows = await one.fetch(f"{_OF_EACH} LEFT JOIN {query} {_ALL}", *values)
    return _each({row["asked"]: row["matching"] or 0 for row in rows}, rows)


def _each(found: dict[int, T], rows: Sequence[asyncpg.Record]) -> VersionedEach[dict[int, T]]:
    """What was found, with the revisions of rows of `_OF_EACH`."""
    return VersionedEach(found, rows[0]["revision"], {row["asked"]: row["own_revision"] for row in rows})


def _counted(conditions: SignalConditions) -> str:
    """Without the joins that only a status, or what is shown, needs."""
    return "signals AS s" if conditions.status is None else FROM_SIGNALS


async def next_expiry(pool: Pool, now: float) -> datetime | None:
    """When the next signal that is active at *now* expires; None where none does."""
    async with connection(pool) as one:
        moment: datetime | None = await one.fetchval(
            f"SELECT min(s.valid_until) FROM {FROM_SIGNALS} WHERE {STANDING} AND s.valid_until > $1",  # noqa: S608
            _moment(now),
        )
    return moment


def _revision(conditions: SignalConditions, values: list[Any]) -> str:
    """The revision of what *conditions* rest on."""
    return "c.revision" if conditions.few is None else of_some(values, conditions.few)


def _at_revision(query: str, revision: str) -> str:
    """
    *query* with a revision in every row, and one row without anything else if it finds nothing.

    One statement sees one snapshot, so a change that is committed meanwhile is either in both or in neither.
    """
    return (
        f"SELECT {revision} AS revision, found.* FROM collections AS c"  # noqa: S608
        f" LEFT JOIN (SELECT true AS is_there, q.* FROM ({query}) AS q) AS found ON true {_ALL}"
    )


def _page(page: SignalPage, values: list[Any], now: float, *more: str) -> str:
    where = [_where(page.conditions, values, now), *more]
    if page.after is not None:
        values += [_moment(page.after.time), UUID(page.after.digest)]
        way = "<" if page.order is SignalOrder.NEWEST else ">"
        where.append(f"(s.time, s.id) {way} (${len(values) - 1}::timestamptz, ${len(values)}::uuid)")
    return (
        f"SELECT {SHOWN} FROM {FROM_SIGNALS} WHERE {' AND '.join(where)}"  # noqa: S608
        f" ORDER BY {_order(page, 's')} LIMIT {page.first + 1:d}"
    )


def _order(page: SignalPage, table: str) -> str:
    way = "DESC" if page.order is SignalOrder.NEWEST else "ASC"
    return f"{table}.time {way}, {table}.id {way}"


def _where(conditions: SignalConditions, values: list[Any], now: float) -> str:
    where = ["true"]

    def add(condition: str, value: object) -> None:
        if value is not None:
            values.append(value)
            where.append(condition.format(f"${len(values)}"))

    ids = conditions.instrument_ids
    add("s.instrument_id = ANY({}::int[])", None if ids is None else list(ids))
    add("s.bar_minutes = {}::smallint", conditions.interval and conditions.interval.value)
    add("s.direction = {}", conditions.direction and conditions.direction.value)
    add("s.producer = {}", conditions.producer)
    add("s.confidence >= {}::float8", conditions.min_confidence)
    add("abs(s.score) >= {}::float8", conditions.min_score)
    add("s.time >= {}::timestamptz", conditions.start)
    add("s.time < {}::timestamptz", conditions.end)
    if conditions.is_of_present:
        where.append("NOT series.is_retired")
    if conditions.status is not None:
        condition = _STATUS[conditions.status]
        if conditions.follow_the_clock:
            values.append(_moment(now))
        where.append(f"({condition.format(now=f'${len(values)}::timestamptz')})")
    return " AND ".join(where)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
