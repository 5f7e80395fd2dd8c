"""What a process that starts, or that missed an event, has to know: revisions and numbers of one moment."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from resolvers.model.event import INSTRUMENTS, SIGNALS, EventKind, body_subject, quote_subject, series_subject
from resolvers.model.interval import Interval
from resolvers.storage.outbox import CHANNEL
from resolvers.storage.pool import Pool, connection, snapshot
from resolvers.storage.signal_subjects import read_signal_subjects

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

_COLLECTIONS: Final = {EventKind.INSTRUMENTS: INSTRUMENTS, EventKind.SIGNALS: SIGNALS}


class Place(NamedTuple):
    """
    Where the events of a database stand.

    Attributes:
        origin: Id of the database.
        position: The number of the newest event of each kind; 0 where there was none.
    """

    origin: str
    position: Mapping[EventKind, int]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StoredRevisions:
    """
    The revisions of subjects, and the events that they contain.

    Attributes:
        origin: Id of the database.
        revisions: By subject, of the kinds that were asked for.
        position: The number of the newest event of every kind.
    """

    origin: str
    revisions: Mapping[str, int]
    position: Mapping[EventKind, int]


async def stored_revisions(pool: Pool, kinds: Collection[EventKind] = tuple(EventKind)) -> StoredRevisions:
    """The revisions of all subjects that events of *kinds* move, and the numbers, in one snapshot."""
    async with snapshot(pool) as one:
        place = await read_place(one)
        revisions: dict[str, int] = {}
        if EventKind.CANDLES in kinds:
            revisions |= await _of_series(one)
        if EventKind.QUOTES in kinds:
            revisions |= await _of_quotes(one)
        collections = [name for kind, name in _COLLECTIONS.items() if kind in kinds]
        if collections:
            revisions |= await _of_collections(one, collections)
        if EventKind.SIGNALS in kinds:
            revisions |= await read_signal_subjects(one)
        return StoredRevisions(origin=place.origin, revisions=revisions, position=place.position)


async def origin_of(pool: Pool) -> str:
    """The id of the database, which all that is held of it carries."""
    async with connection(pool) as one:
        return await read_origin(one)


async def stored_place(pool: Pool) -> Place:
    """Where the events of the database stand, with its id: of one moment, because it is one statement."""
    async with connection(pool) as one:
        return await read_place(one)


async def read_place(one: "Connection") -> Place:
    """As `stored_place`, on this connection."""
    known = {kind.value for kind in EventKind}
    rows = await one.fetch("SELECT kind, n, (SELECT id FROM origins LIMIT 1) AS origin FROM event_numbers")
    return Place(str(rows[0]["origin"]), {EventKind(row["kind"]): row["n"] for row in rows if row["kind"] in known})


async def renew_origin(one: "Connection", origin: str | None = None) -> None:
    """
    Gives the database another id, so that nothing which is held of it is found again, in any process or in Redis.

    Args:
        origin: The id that it is to lose; of many who notice that it was restored, the first gives it a new one.
    """
    await one.execute(
        "WITH renewed AS (UPDATE origins SET id = gen_random_uuid() WHERE id = coalesce($1::uuid, id) RETURNING 1)"  # noqa: S608
        f" SELECT pg_notify('{CHANNEL}', 'origin') FROM renewed",
        origin,
    )


async def begin_another_past(pool: Pool, origin: str | None = None) -> None:
    """As `renew_origin`, on a connection of the pool."""
    async with connection(pool) as one:
        await renew_origin(one, origin)


def prefixes_of(kind: EventKind) -> tuple[str, ...]:
    """What the subjects begin with that events of *kind* move, and no others."""
    return {
        EventKind.CANDLES: ("candles:", "body:"),
        EventKind.QUOTES: ("quote:",),
        EventKind.INSTRUMENTS: (INSTRUMENTS,),
        EventKind.SIGNALS: (SIGNALS,),
    }[kind]


async def read_origin(one: "Connection") -> str:
    """As `origin_of`, on this connection."""
    return str(await one.fetchval("SELECT id FROM origins LIMIT 1"))


async def _of_series(one: "Connection") -> dict[str, int]:
    found: dict[str, int] = {}
    for row in await one.fetch(
        "SELECT instrument_id, bar_minutes, revision, body_revision FROM series WHERE revision > 0"
    ):
        interval = Interval(row["bar_minutes"])
        found[series_subject(row["instrument_id"], interval)] = row["revision"]
        found[body_subject(row["instrument_id"], interval)] = row["body_revision"]
    return found


async def _of_quotes(one: "Connection") -> dict[str, int]:
    rows = await one.fetch("SELECT instrument_id, revision FROM quotes")
    return {quote_subject(row["instrument_id"]): row["revision"] for row in rows}


async def _of_collections(one: "Connection", names: Sequence[str]) -> dict[str, int]:
    rows = await one.fetch("SELECT name, revision FROM collections WHERE name = ANY($1::text[])", names)
    return {row["name"]: row["revision"] for row in rows}
