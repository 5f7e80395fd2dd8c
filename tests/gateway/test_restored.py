"""A database that was restored from a backup is never answered from what was held of it before."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.config import ServerUrls
from resolvers.model.bars import Bars
from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool
from resolvers.storage.revisions import origin_of
from tests.bars import instrument, spaced, store
from tests.following import Events, eventually
from tests.servers import PATIENT, RunningGateway

_QUERY = '{ candles(symbol: "ACME", interval: W1, last: 3) { columns { close } } quotes(symbols: ["ACME"]) { price } }'
_TABLES = ("candles", "series", "quotes", "collections", "outbox", "event_numbers")


async def _back_up(pool: Pool) -> None:
    for table in _TABLES:
        await pool.execute(f"CREATE TABLE backup_{table} AS TABLE {table}")


async def _restore(pool: Pool) -> None:
    """As a restored backup does it: numbers and revisions go back with everything else, the id stays."""
    async with pool.acquire() as one, one.transaction():
        for table in _TABLES:
            await one.execute(f"DELETE FROM {table}; INSERT INTO {table} TABLE backup_{table}")


async def _closes(gateway: RunningGateway) -> tuple[list[float], list[float]]:
    """What is answered to a client that knows of nothing newer."""
    data: Any = (await gateway.client.post("/graphql", json={"query": _QUERY})).json()["data"]
    return data["candles"]["columns"]["close"], [one["price"] for one in data["quotes"]]


def _answer(bars: Bars) -> tuple[list[float], list[float]]:
    return bars.close[-3:].tolist(), [bars.close[-1]]


async def _write(events: Events, one: Any, bars: Bars, writes: int) -> None:
    """That many writes, the last of which leaves *bars*."""
    for step in reversed(range(writes)):
        await store(events.pool, one, Interval.W1, bars[: len(bars) - step])


@pytest.fixture
def urls_of_events(events: Events) -> ServerUrls:
    """The test's database, and a Redis of its own."""
    return ServerUrls(database=events.urls.database, redis=events.redis.url)


async def test_a_restore_under_running_processes(events: Events, urls_of_events: ServerUrls) -> None:
    """Neither from their memory nor from their kept answers, although the same revisions come again."""
    one = await instrument(events.pool)
    await store(events.pool, one, Interval.W1, spaced(6, Interval.W1, seed=1))
    await _back_up(events.pool)
    old, new = spaced(10, Interval.W1, seed=2), spaced(10, Interval.W1, seed=3)
    settings = replace(PATIENT, event_audit_seconds=0.1)
    async with RunningGateway(settings, urls_of_events) as first, RunningGateway(settings, urls_of_events) as second:

        async def old_is_known() -> bool:
            return await _closes(first) == await _closes(second) == _answer(old)

        await _write(events, one, old, 3)
        await eventually(old_is_known)
        before = await origin_of(events.pool)
        await _restore(events.pool)

        async def is_noticed() -> bool:
            return await origin_of(events.pool) != before

        await eventually(is_noticed)
        await _write(events, one, new, 3)

        async def new_is_known() -> bool:
            return await _closes(first) == await _closes(second) == _answer(new)

        await eventually(new_is_known)
        # What a process holds that has just begun comes from Redis.
        async with RunningGateway(settings, urls_of_events) as third:
            assert [await _closes(each) for each in (first, second, third)] == [_answer(new)] * 3


@pytest.mark.parametrize("writes", [1, 2])
async def test_a_restore_while_nobody_served(events: Events, urls_of_events: ServerUrls, writes: int) -> None:
    """Redis still has what the database has forgotten, under the revisions that it has now."""
    one = await instrument(events.pool)
    await store(events.pool, one, Interval.W1, spaced(6, Interval.W1, seed=1))
    await _back_up(events.pool)
    old, new = spaced(10, Interval.W1, seed=2), spaced(10, Interval.W1, seed=3)
    async with RunningGateway(replace(PATIENT, event_audit_seconds=0.1), urls_of_events) as gateway:
        for step in (2, 1, 0):
            await _write(events, one, old[: 10 - step], 1)

            async def is_known(bars: Bars = old[: 10 - step]) -> bool:
                return await _closes(gateway) == _answer(bars)

            await eventually(is_known)
    await _restore(events.pool)
    await _write(events, one, new, writes)
    async with RunningGateway(PATIENT, urls_of_events) as gateway:
        assert await _closes(gateway) == _answer(new)
