"""What a process that starts, or that missed an event, has to know: revisions and numbers of one moment."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resolvers.model.event import INSTRUMENTS, EventKind, body_subject, quote_subject, series_subject
from resolvers.model.interval import Interval
from resolvers.storage.outbox import newest_numbers
from resolvers.storage.pool import Pool, connection, snapshot

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection


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
        position = await newest_numbers(one)
        revisions: dict[str, int] = {}
        if EventKind.CANDLES in kinds:
            revisions |= await _of_series(one)
        if EventKind.QUOTES in kinds:
            revisions |= await _of_quotes(one)
        if EventKind.INSTRUMENTS in kinds:
            revisions |= await _of_collections(one)
        return StoredRevisions(origin=await read_origin(one), revisions=revisions, position=position)


async def origin_of(pool: Pool) -> str:
    """The id of the database, which all that is held of it carries."""
    async with connection(pool) as one:
        return await read_origin(one)


def prefixes_of(kind: EventKind) -> tuple[str, ...]:
    """What the subjects begin with that events of *kind* move, and no others."""
    return {
        EventKind.CANDLES: ("candles:", "body:"),
        EventKind.QUOTES: ("quote:",),
        EventKind.INSTRUMENTS: (INSTRUMENTS,),
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


async def _of_collections(one: "Connection") -> dict[str, int]:
    return {row["name"]: row["revision"] for row in await one.fetch("SELECT name, revision FROM collections")}
