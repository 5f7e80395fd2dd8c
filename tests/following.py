"""Readers and relays on a database and a Redis of a test's own, and somebody who listens."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from gateway.background import in_background
from gateway.config import ServerUrls
from resolvers.events.reader import Reader
from resolvers.events.relay import Relay
from resolvers.events.streams import Streams, open_client
from resolvers.model.event import Event, EventKind
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.model.revisions import Revisions
from resolvers.storage.pool import Pool
from resolvers.storage.revisions import origin_of, stored_revisions
from tests.bars import spaced, store
from tests.redis_server import OwnRedis

LIMIT_SECONDS = 30


async def eventually(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Returns when that is so: what PostgreSQL and Redis hold tells nobody that it has changed."""
    loop = asyncio.get_running_loop()
    # By the clock, because redis-py may swallow the cancellation of a timeout.
    end = loop.time() + LIMIT_SECONDS
    while not await is_so():
        assert loop.time() < end
        await asyncio.sleep(0.02)


class Heard:
    """A listener that remembers, and a gate for what it waits for."""

    def __init__(self) -> None:
        self.log: list[tuple[EventKind, int] | str] = []
        self.events: list[Event] = []
        self._news = asyncio.Event()

    def on_event(self, event: Event) -> None:
        """The next event of its kind."""
        self.events.append(event)
        self.log.append((event.kind, event.number))
        self._news.set()

    def on_reset(self, kinds: Collection[EventKind]) -> None:
        """Some events were missed."""
        self.log += [f"reset {kind.value}" for kind in kinds]
        self._news.set()

    def on_status(self, kinds: Collection[EventKind], *, is_reachable: bool) -> None:
        """Whether anything can be known."""
        assert set(kinds) == set(EventKind)
        self.log.append("reachable" if is_reachable else "unreachable")
        self._news.set()

    def numbers(self, kind: EventKind = EventKind.CANDLES) -> list[int]:
        """Of the events of *kind*, as they were heard."""
        return [event.number for event in self.events if event.kind is kind]

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Returns when that is so."""
        async with asyncio.timeout(LIMIT_SECONDS):
            while not is_so():
                self._news.clear()
                await self._news.wait()

    async def until_number(self, number: int, kind: EventKind = EventKind.CANDLES) -> None:
        """Returns when the event of that number was heard."""
        await self.until(lambda: (kind, number) in self.log)


class Process:
    """What one gateway process has of all this: a reader with its revisions, and somebody who listens."""

    def __init__(self, pool: Pool, reader: Reader, revisions: Revisions, heard: Heard) -> None:
        self._pool = pool
        self.reader = reader
        self.revisions = revisions
        self.heard = heard

    async def assert_up_to_date(self) -> None:
        """It has the revisions and the numbers of the database, sooner or later."""
        stored = await stored_revisions(self._pool)

        async def is_there() -> bool:
            return self.reader.has_reached(stored.position)

        await eventually(is_there)
        assert {one: self.revisions.of(one) for one in stored.revisions} == stored.revisions

    def assert_no_silent_hole(self, kind: EventKind = EventKind.CANDLES) -> None:
        """Numbers follow each other, or there is a reset between them."""
        last: int | None = None
        for one in self.heard.log:
            if one == f"reset {kind.value}":
                last = None
            elif not isinstance(one, str) and one[0] is kind:
                assert last is None or one[1] == last + 1, self.heard.log
                last = one[1]


class Events:
    """A database and a Redis, with readers and relays on them that are stopped at the end."""

    def __init__(self, pool: Pool, urls: ServerUrls, redis: OwnRedis, stack: AsyncExitStack) -> None:
        self.pool = pool
        self.urls = urls
        self.redis = redis
        self.stack = stack

    @asynccontextmanager
    async def relaying(
        self,
        *,
        stream_age: timedelta = timedelta(minutes=15),
        tidy_seconds: float = 0.05,
        kind: type[Relay] = Relay,
    ) -> AsyncIterator[Relay]:
        """A relay at work."""
        client = open_client(self.redis.url)
        relay = kind(self.urls.database, client, poll_seconds=0.05, stream_age=stream_age, tidy_seconds=tidy_seconds)
        async with in_background(relay.run()):
            yield relay
        await client.aclose()

    async def process(self, *, audit_seconds: float = 3600.0) -> Process:
        """A process that reads; unless it is told otherwise it relies on the streams alone."""
        client = open_client(self.redis.url)
        self.stack.push_async_callback(client.aclose)
        revisions, heard = Revisions(), Heard()
        reader = Reader(self.pool, client, revisions, audit_seconds=audit_seconds, poll_seconds=0.05)
        reader.listeners.append(heard)
        await reader.start()
        await self.stack.enter_async_context(in_background(reader.run()))
        return Process(self.pool, reader, revisions, heard)

    async def streams(self) -> Streams:
        """The streams of the database."""
        client = open_client(self.redis.url)
        self.stack.push_async_callback(client.aclose)
        return Streams(client, await origin_of(self.pool))

    async def write(self, one: Instrument, count: int, *, first: int = 0) -> None:
        """One event of kind candles for each of *count* bars."""
        bars = spaced(first + count, Interval.W1)
        for step in range(first, first + count):
            await store(self.pool, one, Interval.W1, bars[step : step + 1])
