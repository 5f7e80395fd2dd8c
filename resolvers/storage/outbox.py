"""Events with their numbers: taken within a write's transaction, and kept for a day for whoever missed them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson

from resolvers.model.event import EVERY_SIGNAL, SIGNALS, Event, EventKind
from resolvers.storage.pool import Pool, connection

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

CHANNEL: Final = "signal_gateway_events"
"""What is notified at the commit of every transaction that leaves rows in the outbox."""

_KEPT_SQL = (
    # Not `now()`, which is when the transaction began: a long load would look old when it commits.
    "WITH taken AS (UPDATE event_numbers SET n = n + cardinality($2::bytea[]) WHERE kind = $1 RETURNING n),"  # noqa: S608
    " kept AS (INSERT INTO outbox (kind, number, written_at, body)"
    "  SELECT $1, taken.n - cardinality($2) + item.place, clock_timestamp(), item.body"
    "  FROM taken, unnest($2) WITH ORDINALITY AS item (body, place))"
    f" SELECT n, pg_notify('{CHANNEL}', $1) FROM taken"
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Draft:
    """An event that has no number yet."""

    revisions: Mapping[str, int]
    body: Mapping[str, Any] = field(default_factory=dict)


def encoded(revisions: Mapping[str, int], body: Mapping[str, Any]) -> bytes:
    """An event as it is kept, without kind and number; NaN becomes null."""
    return orjson.dumps({"revisions": revisions, "body": body})


def decoded(kind: EventKind, number: int, content: bytes) -> Event:
    """
    The event that was kept as *content*.

    Raises:
        ValueError: If that is none.
    """
    read = orjson.loads(content)
    match read:
        case {"revisions": dict(revisions), "body": dict(body)} if all(
            isinstance(one, int) and not isinstance(one, bool) for one in revisions.values()
        ):
            if revisions.keys() == {SIGNALS}:
                # Of a program that does not name the instruments: it may be any.
                revisions = {SIGNALS: revisions[SIGNALS], EVERY_SIGNAL: revisions[SIGNALS]}
            return Event(kind=kind, number=number, revisions=revisions, body=body)
    raise ValueError("an event has revisions and a body")


async def numbered(one: "Connection", drafts: Mapping[EventKind, Sequence[Draft]]) -> list[Event]:
    """
    Gives *drafts* the next numbers of their kinds, and keeps those that are kept.

    The last statements of a transaction: the rows of the numbers stay locked until it ends, so that nobody takes a
    later number and commits it earlier. All writers take the kinds in one order, and so never wait in a circle.
    """
    events: list[Event] = []
    for kind in EventKind:
        of_kind = drafts.get(kind)
        if not of_kind:
            continue
        if kind.is_kept:
            contents = [encoded(draft.revisions, draft.body) for draft in of_kind]
            last = await one.fetchval(_KEPT_SQL, kind.value, contents)
        else:
            last = await one.fetchval(
                "UPDATE event_numbers SET n = n + $2 WHERE kind = $1 RETURNING n", kind.value, len(of_kind)
            )
        events += [
            Event(kind=kind, number=number, revisions=draft.revisions, body=draft.body)
            for number, draft in enumerate(of_kind, last - len(of_kind) + 1)
        ]
    return events


async def rows_after(
    one: "Connection", kind: EventKind, number: int, *, limit: int, within: timedelta | None = None
) -> list[tuple[int, bytes]]:
    """The oldest *limit* events of *kind* after *number* that are kept, as `encoded`; none older than *within*."""
    rows = await one.fetch(
        "SELECT number, body FROM outbox WHERE kind = $1 AND number > $2"
        " AND ($4::interval IS NULL OR written_at > clock_timestamp() - $4::interval) ORDER BY number LIMIT $3",
        kind.value,
        number,
        limit,
        within,
    )
    return [(row["number"], row["body"]) for row in rows]


async def missed_rows(pool: Pool, kind: EventKind, number: int, *, limit: int) -> list[tuple[int, bytes]]:
    """As `rows_after`, on a connection of the pool."""
    async with connection(pool) as one:
        return await rows_after(one, kind, number, limit=limit)


async def newest_numbers(one: "Connection") -> dict[EventKind, int]:
    """The number of the newest event of each kind; 0 where there was none."""
    known = {kind.value for kind in EventKind}
    rows = await one.fetch("SELECT kind, n FROM event_numbers")
    return {EventKind(row["kind"]): row["n"] for row in rows if row["kind"] in known}


async def stored_position(pool: Pool) -> dict[EventKind, int]:
    """As `newest_numbers`, on a connection of the pool."""
    async with connection(pool) as one:
        return await newest_numbers(one)


async def newest_number_before(one: "Connection", kind: EventKind, age: timedelta) -> int:
    """The newest number of *kind* in the outbox that is older than *age*; 0 where there is none."""
    return int(
        await one.fetchval(
            "SELECT coalesce(max(number), 0) FROM outbox"
            " WHERE kind = $1 AND written_at < clock_timestamp() - $2::interval",
            kind.value,
            age,
        )
    )


async def forget_events(one: "Connection", *, older: timedelta, batch: int = 5000) -> int:
    """Deletes what is *older*, in short transactions of *batch* rows; how many rows that were."""
    deleted = 0
    while True:
        gone = int(
            await one.fetchval(
                "WITH gone AS (DELETE FROM outbox WHERE (kind, number) IN (SELECT kind, number FROM outbox"
                "  WHERE written_at < clock_timestamp() - $1::interval ORDER BY written_at LIMIT $2) RETURNING 1)"
                " SELECT count(*) FROM gone",
                older,
                batch,
            )
        )
        deleted += gone
        if gone < batch:
            return deleted
