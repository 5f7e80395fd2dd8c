"""The reader: what every process hears, in order and without a silent hole."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping

import redis.asyncio as redis

from resolvers.errors import Unavailable
from resolvers.events.listeners import Listeners
from resolvers.events.outage import Outage
from resolvers.events.streams import BEYOND, LOST, Entry, Streams
from resolvers.model.event import Event, EventKind
from resolvers.model.revisions import Revisions
from resolvers.storage.outbox import decoded, missed_rows
from resolvers.storage.pool import Pool
from resolvers.storage.revisions import (
    StoredRevisions,
    begin_another_past,
    origin_of,
    prefixes_of,
    stored_place,
    stored_revisions,
)

logger = logging.getLogger("gateway.events")

_BATCH = 500

# Events between two of which others may do something: each takes some 50 µs, with all who listen.
_AT_ONCE = 10
_POLL_SECONDS = 1.0
_ALL = tuple(EventKind)


class _Foreign(Exception):
    """The stream holds events that the database has not numbered yet."""


class Reader:
    """
    Follows the events of the database: it moves the revisions of the process, and then tells the listeners.

    It reads the streams. What is missing there it reads from the outbox; what is not there either, as quotes never
    are, is a reset: the revisions of that kind are read anew, with the number that they belong to.

    Because a relay may be dead and a stream may have lost its end, it compares itself with the numbers of PostgreSQL
    every *audit_seconds*: a number that it has not seen at the next comparison either is taken for missed. So a
    process is at most two of them behind while PostgreSQL answers. The same comparison notices that the database was
    restored, or that it has been given another id: then everything is read anew, and listeners hear of a reset of all
    kinds, with `origin` being the new one already.

    While PostgreSQL does not answer, nobody can know whether something is missing; the listeners are told so, once.

    Without Redis it reads the outbox, and the revisions of quotes, about every second; a Redis that hangs instead of
    refusing makes that up to six seconds. Quotes can be that stale then, and no staler.
    """

    def __init__(
        self,
        pool: Pool,
        client: redis.Redis,
        revisions: Revisions,
        *,
        audit_seconds: float = 2.0,
        poll_seconds: float = _POLL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = pool
        self._client = client
        self._revisions = revisions
        self._audit_seconds = audit_seconds
        self._poll = poll_seconds
        self._clock = clock
        self._streams: Streams | None = None
        self._position: dict[EventKind, int] = {}
        self._expected: Mapping[EventKind, int] = {}
        self._next_audit = 0.0
        self._redis = Outage(logger, "events are read from the outbox, Redis does not give them")
        self._postgres = Outage(logger, "events cannot be compared with PostgreSQL")
        self.listeners = Listeners()

    @property
    def position(self) -> dict[EventKind, int]:
        """The number of the last event of each kind that this process knows of."""
        return dict(self._position)

    @property
    def origin(self) -> str:
        """Id of the database that it follows; empty before the start."""
        return "" if self._streams is None else self._streams.origin

    def has_reached(self, position: Mapping[EventKind, int]) -> bool:
        """Whether this process knows of everything up to *position*."""
        return all(self._position.get(kind, 0) >= number for kind, number in position.items())

    async def start(self) -> None:
        """
        Takes the revisions and the numbers as they are stored now.

        Raises:
            Unavailable: If PostgreSQL does not answer.
        """
        tops: Mapping[EventKind, int | None] = {}
        try:
            # Before the numbers, which may move on meanwhile.
            tops = await Streams(self._client, await origin_of(self._pool)).tops()
        except LOST as error:
            self._redis.met(error)
        stored = await stored_revisions(self._pool)
        if any(top is not None and stored.position[kind] < top < BEYOND for kind, top in tops.items()):
            # Restored while nobody served. Redis holds what came after the backup, under revisions that come again.
            await begin_another_past(self._pool, stored.origin)
            stored = await stored_revisions(self._pool)
        self._take_over(stored, _ALL, may_go_back=True)
        self._next_audit = self._clock() + self._audit_seconds

    async def run(self) -> None:
        """Follows the events until it is cancelled."""
        while True:
            try:
                await self._turn()
            except Unavailable as error:
                self._postgres.met(error)
                self.listeners.tell_status(is_reachable=False)
                await asyncio.sleep(self._poll)
            except Exception:
                logger.exception("unforeseen error of the reader")
                await asyncio.sleep(self._poll)

    async def _turn(self) -> None:
        streams = self._streams
        if streams is None:
            await self.start()
            return
        wait_seconds = max(0.0, min(self._next_audit - self._clock(), self._audit_seconds))
        try:
            for place, entry in enumerate(await streams.read(self._position, wait_seconds=wait_seconds), 1):
                await self._take(entry)
                if place % _AT_ONCE == 0:
                    await asyncio.sleep(0)
                if self._streams is not streams:
                    # What else was read is of another past.
                    return
        except (*LOST, _Foreign) as error:
            self._redis.met(error)
            await self._compare(at_once=True)
            await asyncio.sleep(self._poll)
            return
        self._redis.over()
        if self._clock() >= self._next_audit:
            self._next_audit = self._clock() + self._audit_seconds
            await self._compare(at_once=False)

    async def _take(self, entry: Entry) -> None:
        kind, event = entry.kind, entry.event()
        if entry.is_end:
            origin = self.origin
            await self._compare(at_once=True)
            if self.origin == origin:
                raise _Foreign(f"the stream of {kind.value} has ended, but the database is the same")
            return
        if event is None or entry.number > self._position[kind] + 1:
            await self._fill(kind, entry.number if event is None else entry.number - 1)
        # Otherwise it was read meanwhile, from the outbox or with a snapshot.
        if event is not None and entry.number == self._position[kind] + 1:
            self._deliver(event)

    async def _fill(self, kind: EventKind, up_to: int) -> None:
        """Reads what was missed up to that number from the outbox; where it is not there, all of the kind anew."""
        while kind.is_kept and self._position[kind] < up_to:
            before = self._position[kind]
            for number, content in await missed_rows(self._pool, kind, before, limit=_BATCH):
                if number != self._position[kind] + 1:
                    break
                self._deliver(decoded(kind, number, content))
            if self._position[kind] == before:
                break
        if self._position[kind] < up_to:
            await self._reset(kind, up_to)

    async def _reset(self, kind: EventKind, up_to: int) -> None:
        stored = await stored_revisions(self._pool, [kind])
        if stored.origin != self.origin or stored.position[kind] < self._position[kind]:
            await self._begin_anew(stored.origin)
            return
        self._take_over(stored, [kind], may_go_back=False)
        logger.warning("events of %s were missed, their subjects are read anew", kind.value)
        self.listeners.tell_reset([kind])
        if self._position[kind] < up_to:
            raise _Foreign(f"{kind.value} {up_to} is not of this database, which is at {self._position[kind]}")

    async def _compare(self, *, at_once: bool) -> None:
        """
        Looks whether PostgreSQL has numbers that did not arrive, and whether it is the same database still.

        Args:
            at_once: Whether they are missed now, or only if they do not arrive until the next comparison.
        """
        # Numbers are read after our own, which may only be ahead of them if the database was restored.
        before = self.position
        origin, numbers = await stored_place(self._pool)
        self._postgres.over()
        self.listeners.tell_status(is_reachable=True)
        if origin != self.origin or any(numbers.get(kind, 0) < before[kind] for kind in _ALL):
            await self._begin_anew(origin)
            return
        due = numbers if at_once else self._expected
        self._expected = numbers
        for kind in _ALL:
            number = due.get(kind, 0)
            if self._position[kind] < number:
                await self._fill(kind, number)

    async def _begin_anew(self, origin: str) -> None:
        """
        Forgets what was heard, because the database has become another one.

        Args:
            origin: Its id. Where it is still the old one, the database was restored under it and gets a new one: the
                streams and Redis hold what came after the backup, under numbers and revisions that come again.
        """
        if origin == self.origin:
            logger.warning("the database has fewer events than before, it was restored: everything is read anew")
            await begin_another_past(self._pool, origin)
        else:
            logger.warning("the database has another id than before: everything is read anew")
        self._take_over(await stored_revisions(self._pool), _ALL, may_go_back=True)
        self._expected = {}
        self.listeners.tell_reset(_ALL)

    def _take_over(self, stored: StoredRevisions, kinds: Collection[EventKind], *, may_go_back: bool) -> None:
        """Takes revisions and numbers of *kinds*, at once, so that nobody sees the ones without the others."""
        if self.origin != stored.origin:
            self._streams = Streams(self._client, stored.origin)
        for prefix in [prefix for kind in kinds for prefix in prefixes_of(kind)] if may_go_back else []:
            self._revisions.reset({}, prefix=prefix)
        # Never back otherwise: what this process wrote after the snapshot has moved already.
        for subject, revision in stored.revisions.items():
            self._revisions.move(subject, revision)
        for kind in kinds:
            self._position[kind] = stored.position[kind]
        self._revisions.is_followed = True

    def _deliver(self, event: Event) -> None:
        """Moves the revisions before anybody hears of it."""
        for subject, revision in event.revisions.items():
            self._revisions.move(subject, revision)
        self._position[event.kind] = event.number
        self.listeners.tell(event)
