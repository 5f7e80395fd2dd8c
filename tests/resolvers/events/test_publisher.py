"""Quotes into their stream, by several writers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import uuid4

import pytest
import redis.asyncio as redis

from resolvers.events.publisher import QuotesPublisher
from resolvers.events.streams import Streams, open_client
from resolvers.model.event import Event, EventKind
from resolvers.storage.pool import Pool
from resolvers.storage.revisions import origin_of
from tests.servers import Servers


def _event(number: int) -> Event:
    return Event(kind=EventKind.QUOTES, number=number, revisions={f"quote:{number}": 1}, body={"id": uuid4().hex})


@pytest.fixture
async def client(servers: Servers) -> AsyncIterator[redis.Redis]:
    """A client for events."""
    client = open_client(servers.urls.redis)
    yield client
    await client.aclose()


async def _numbers(pool: Pool, client: redis.Redis) -> list[int]:
    streams = Streams(client, await origin_of(pool))
    return [entry.number for entry in await streams.read({}, wait_seconds=0.0) if entry.kind is EventKind.QUOTES]


async def test_a_writer_waits_for_the_one_before_it(pool: Pool, client: redis.Redis) -> None:
    """Whoever has committed later appends later."""
    one, other = QuotesPublisher(pool, client), QuotesPublisher(pool, client)
    await one.publish([_event(1)])
    later = asyncio.create_task(other.publish([_event(3)]))
    while not other.waits:  # noqa: ASYNC110
        await asyncio.sleep(0)
    await one.publish([_event(2)])
    await later
    assert await _numbers(pool, client) == [1, 2, 3]


async def test_a_writer_that_has_died_is_not_waited_for(pool: Pool, client: redis.Redis) -> None:
    """Its event is missing, which readers notice."""
    publisher = QuotesPublisher(pool, client)
    await publisher.publish([_event(1)])
    await publisher.publish([_event(5)])
    assert await _numbers(pool, client) == [1, 5]
    assert publisher.failed == 0


async def test_redis_is_not_asked_for_what_was_heard_of(pool: Pool, client: redis.Redis) -> None:
    """An event that this process has read was appended. After a reset nobody knows what the streams hold."""

    async def asked() -> int:
        counts: dict[str, dict[str, int]] = await client.info("commandstats")
        return sum(one["calls"] for name, one in counts.items() if name.startswith("cmdstat_xinfo"))

    publisher = QuotesPublisher(pool, client)
    await publisher.publish([_event(1)])
    publisher.on_event(_event(1))
    before = await asked()
    await publisher.publish([_event(2)])
    assert await asked() == before
    await publisher.publish([_event(3)])
    assert await asked() == before + 1  # 2 was not heard of yet
    publisher.on_event(_event(3))
    publisher.on_reset([EventKind.QUOTES])
    await publisher.publish([_event(4)])
    assert await asked() == before + 2
    assert await _numbers(pool, client) == [1, 2, 3, 4]


async def test_a_cancellation_that_is_swallowed_counts(
    pool: Pool, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is where it comes in the moment in which Redis answers."""
    asked = asyncio.Event()

    async def swallowing(*_: object) -> None:
        asked.set()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)

    monkeypatch.setattr(Streams, "append", swallowing)
    publishing = asyncio.create_task(QuotesPublisher(pool, client).publish([_event(1)]))
    await asyncio.wait_for(asked.wait(), 10)
    publishing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await publishing
    assert publishing.cancelled()
