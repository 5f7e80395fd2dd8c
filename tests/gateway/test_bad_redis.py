"""A Redis that is killed, emptied, full, slow, or holds nonsense, under queries through the whole gateway."""

import itertools
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateway.config import ServerUrls, Settings
from resolvers.model.interval import Interval
from tests.bars import instrument, spaced, store
from tests.following import Events, eventually
from tests.redis_server import OwnRedis
from tests.resolvers.cache.conftest import GatedRedis
from tests.servers import COLD, RunningGateway

_QUERY = """query ($last: Int!) { candles(symbol: "ACME", interval: H1, last: $last) {
  bars { time open close sma(period: 3) } instrument { symbol quote { price } } } }"""
_PUBLISH = """mutation ($price: Float!, $asOf: DateTime!) {
  publishQuotes(input: {items: [{symbol: "ACME", price: $price, asOf: $asOf}]}) { stored } }"""


class Asked:
    """A gateway that holds its windows in Redis alone, beside one that holds nothing."""

    def __init__(self, gateway: RunningGateway, cold: RunningGateway, redis: OwnRedis) -> None:
        self._gateway = gateway
        self._cold = cold
        self._redis = redis
        self._lengths = itertools.count(1)
        self._prices = itertools.count(1)

    async def ask(self, *, windows: int = 5) -> None:
        """New windows, each twice: the answers are those of a gateway that holds nothing."""
        for last in itertools.islice(self._lengths, windows):
            asked = {"query": _QUERY, "variables": {"last": last}}
            expected = (await self._cold.client.post("/graphql", json=asked)).json()
            assert "errors" not in expected
            for _ in range(2):
                assert (await self._gateway.client.post("/graphql", json=asked)).json() == expected

    async def ask_again(self) -> None:
        """The first windows once more."""
        self._lengths = itertools.count(1)
        await self.ask()

    async def publish(self) -> None:
        """A write that is acknowledged, and part of the next answer."""
        price = next(self._prices)
        moment = f"2024-06-01T00:00:{price:02d}Z"
        answer = await self._gateway.client.post(
            "/graphql", json={"query": _PUBLISH, "variables": {"price": price, "asOf": moment}}
        )
        assert answer.json() == {"data": {"publishQuotes": {"stored": 1}}}
        await self.ask(windows=1)

    async def held(self) -> list[bytes]:
        """The keys of windows in Redis."""
        async with self._redis.client() as client:
            return [key async for key in client.scan_iter(match="cache:*:body:*") if not key.endswith(b":lease")]

    async def is_used_again(self) -> bool:
        """Whether what is asked now is held in Redis."""
        before = await self.held()
        await self.ask(windows=1)
        return len(await self.held()) > len(before)


@asynccontextmanager
async def _asked(events: Events, gated: GatedRedis, *, budget_seconds: float) -> AsyncIterator[Asked]:
    await store(events.pool, await instrument(events.pool), Interval.H1, spaced(200, Interval.H1))
    settings = Settings(response_cache_bytes=0, window_cache_bytes=0, redis_budget_seconds=budget_seconds)
    urls = ServerUrls(database=events.urls.database, redis=gated.url)
    async with RunningGateway(settings, urls) as gateway, RunningGateway(COLD, events.urls) as cold:
        asked = Asked(gateway, cold, events.redis)
        await asked.ask()
        assert len(await asked.held()) == 5
        yield asked


@pytest.fixture
async def gated(own_redis: OwnRedis) -> AsyncIterator[GatedRedis]:
    """The test's own Redis behind a gate."""
    gated = GatedRedis(own_redis.url)
    await gated.open()
    yield gated
    await gated.close()


class Troubles:
    """How to make each trouble, and how to end it."""

    def __init__(self, redis: OwnRedis, gated: GatedRedis) -> None:
        self._redis = redis
        self._gated = gated

    async def killed(self) -> None:
        """No process, and no socket that anybody listens at."""
        self._redis.stop()

    async def not_killed(self) -> None:
        """It is there again, and empty."""
        await self._redis.restart_empty()

    async def slow(self) -> None:
        """It takes everything and answers nothing."""
        self._gated.gate.clear()

    async def not_slow(self) -> None:
        """All answers come."""
        self._gated.gate.set()

    async def full(self) -> None:
        """Not a byte more."""
        async with self._redis.client() as client:
            await client.config_set("maxmemory-policy", "noeviction")
            await client.config_set("maxmemory", "1")

    async def not_full(self) -> None:
        """Room again."""
        async with self._redis.client() as client:
            await client.config_set("maxmemory", "0")


@pytest.mark.parametrize(
    ("trouble", "words", "budget_seconds"),
    [("killed", "cannot be reached", 5.0), ("slow", "does not answer in time", 0.05), ("full", "is full", 5.0)],
)
async def test_answers_are_right_and_redis_is_used_again(
    events: Events,
    gated: GatedRedis,
    caplog: pytest.LogCaptureFixture,
    trouble: str,
    words: str,
    budget_seconds: float,
) -> None:
    """While it lasts, reads and writes go on and one line says so; afterwards values are held in Redis again."""
    with caplog.at_level(logging.INFO, "gateway.cache"):
        async with _asked(events, gated, budget_seconds=budget_seconds) as asked:
            troubles = Troubles(events.redis, gated)
            caplog.clear()
            await getattr(troubles, trouble)()
            await asked.ask()
            await asked.publish()
            await asked.ask()
            told = [one.message for one in caplog.records if one.name == "gateway.cache" and words in one.message]
            assert len(told) == 1
            await getattr(troubles, f"not_{trouble}")()
            await eventually(asked.is_used_again)
            await asked.publish()


async def test_a_redis_that_is_empty_again_is_filled_again(events: Events, gated: GatedRedis) -> None:
    """Nothing is missing in any answer."""
    async with _asked(events, gated, budget_seconds=5) as asked:
        await events.redis.restart_empty()
        await eventually(asked.is_used_again)
        await asked.publish()


async def test_nonsense_is_a_miss_and_is_overwritten(
    events: Events, gated: GatedRedis, caplog: pytest.LogCaptureFixture
) -> None:
    """Bytes of others, damaged ones, and other types under our keys."""
    async with _asked(events, gated, budget_seconds=5) as asked:
        caplog.clear()
        garbage = (b"", b"garbage", b"\x00" * 500, None)
        async with events.redis.client() as client:
            keys = await asked.held()
            for key, content in zip(keys, itertools.cycle(garbage)):
                await client.delete(key)
                if content is None:
                    await client.rpush(key, "no text")
                else:
                    await client.set(key, content)
        await asked.ask_again()
        told = [one.message for one in caplog.records if one.name == "gateway.cache"]
        assert [one for one in told if "holds values that nobody can read" not in one] == []
        assert len(told) == 1
        async with events.redis.client() as client:
            held = [await client.get(key) for key in keys]
        assert not set(held) & set(garbage)
