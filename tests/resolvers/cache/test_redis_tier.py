"""A Redis that is down, lost, slow, full or refusing is no answer, logged once, and comes back by itself."""

import asyncio
import logging
from pathlib import Path
from uuid import uuid4

import pytest
import redis.asyncio as redis

from gateway.embedded import embedded_servers
from resolvers.cache.redis_tier import RedisTier
from resolvers.cache.trouble import Trouble
from tests.resolvers.cache.conftest import GatedRedis

_LIMIT_SECONDS = 15


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """The present."""
        return self.now


def _levels(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.levelname for record in caplog.records]


async def test_values_come_back_by_their_keys(client: redis.Redis) -> None:
    """In one round trip each way; errors of single commands stand in their places."""
    tier, key = RedisTier(client, budget_seconds=5), uuid4().hex
    answers = await tier.send([("SET", key, b"a", "PX", 9000), ("INCR", key), ("SET", key + "2", b"", "PX", 9000)])
    assert answers is not None
    assert [isinstance(one, Exception) for one in answers] == [False, True, False]
    assert await tier.get([key, key + "1", key + "2"]) == [b"a", None, b""]


async def test_a_redis_that_is_down_is_asked_once_in_a_while(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Down at first, back, and lost again: each absence is one line, each return another."""
    clock = Clock()
    with embedded_servers(tmp_path / "data", postgres=False) as urls:
        url = urls.redis or ""
    client = redis.Redis.from_url(url)
    tier = RedisTier(client, budget_seconds=5, pause_seconds=1, clock=clock)
    with caplog.at_level(logging.INFO, "gateway.cache"):
        for _ in range(3):
            assert await tier.get(["a"]) is None
            assert await tier.send([("SET", "a", b"1", "PX", 9000)]) is None
        assert tier.troubles.counts[Trouble.UNREACHABLE] == 1
        with embedded_servers(tmp_path / "data", postgres=False):
            clock.now += 0.9
            assert await tier.get(["a"]) is None
            clock.now += 10
            assert await tier.get(["a"]) == [None]
            assert await tier.send([("SET", "a", b"1", "PX", 9000)]) == [True]
            assert _levels(caplog) == ["WARNING", "INFO"]
        clock.now += 10
        for _ in range(3):
            assert await tier.get(["a"]) is None
    await client.aclose()
    assert _levels(caplog) == ["WARNING", "INFO", "WARNING"]
    assert tier.troubles.counts[Trouble.UNREACHABLE] == 2


async def test_a_redis_that_is_lost_in_flight_is_no_answer(gated: GatedRedis) -> None:
    """The connection ends between question and answer."""
    client = redis.Redis.from_url(gated.url)
    clock = Clock()
    tier = RedisTier(client, budget_seconds=30, clock=clock)
    assert await tier.get(["a"]) == [None]
    gated.severed = True
    assert await tier.get(["a"]) is None
    assert tier.troubles.counts[Trouble.UNREACHABLE] == 1
    gated.severed = False
    clock.now += 2
    assert await tier.get(["a"]) == [None]
    await client.aclose()


async def test_a_slow_redis_costs_its_budget_once(gated: GatedRedis, caplog: pytest.LogCaptureFixture) -> None:
    """And the answer that comes too late is nobody's: the next question gets its own."""
    # Without the client's own patience, so that it is ours that ends.
    client = redis.Redis.from_url(gated.url, socket_timeout=None)
    clock, key = Clock(), uuid4().hex
    tier = RedisTier(client, budget_seconds=0.05, clock=clock)
    patient = RedisTier(client, budget_seconds=30)
    await patient.send([("SET", key + "a", b"a", "PX", 60_000), ("SET", key + "b", b"b", "PX", 60_000)])
    with caplog.at_level(logging.INFO, "gateway.cache"):
        gated.gate.clear()
        async with asyncio.timeout(_LIMIT_SECONDS):
            assert await tier.get([key + "a"]) is None
        assert await tier.send([("GET", key + "a")]) is None
        assert tier.troubles.counts[Trouble.SLOW] == 1
        gated.gate.set()
        assert await patient.get([key + "b"]) == [b"b"]
        clock.now += 10
        tier = tier if await tier.get([key + "b"]) is not None else patient  # a busy machine may miss 50 ms
        assert await patient.get([key + "b"]) == [b"b"]
    assert _levels(caplog)[0] == "WARNING"
    assert _levels(caplog).count("WARNING") == 1
    await client.aclose()


async def test_a_slow_pipeline_leaves_nothing_behind(gated: GatedRedis) -> None:
    """As above, for several answers at once."""
    client = redis.Redis.from_url(gated.url)
    key = uuid4().hex
    patient, tier = RedisTier(client, budget_seconds=30), RedisTier(client, budget_seconds=0.05)
    await patient.send([("SET", key + name, name.encode(), "PX", 60_000) for name in "abc"])
    gated.gate.clear()
    assert await tier.send([("GET", key + "a"), ("GET", key + "b")]) is None
    gated.gate.set()
    for _ in range(3):
        assert await patient.send([("GET", key + "c")]) == [b"c"]
        assert await patient.get([key + "b"]) == [b"b"]
    await client.aclose()


async def test_of_many_calls_one_tries_again(gated: GatedRedis) -> None:
    """While Redis is away the others go on without it."""
    clock = Clock()
    client = redis.Redis.from_url(gated.url)
    tier = RedisTier(client, budget_seconds=0.05, pause_seconds=1, clock=clock)
    gated.gate.clear()
    assert await tier.get(["a"]) is None
    clock.now += 1
    before = gated.accepted
    assert await asyncio.gather(*(tier.get(["a"]) for _ in range(20))) == [None] * 20
    assert gated.accepted - before == 1
    assert tier.troubles.counts[Trouble.SLOW] == 2
    gated.gate.set()
    await client.aclose()


async def test_a_full_redis_is_read_and_not_written(own_redis: redis.Redis, caplog: pytest.LogCaptureFixture) -> None:
    """Until it has room again."""
    clock = Clock()
    tier = RedisTier(own_redis, budget_seconds=5, pause_seconds=1, clock=clock)
    with caplog.at_level(logging.INFO, "gateway.cache"):
        await tier.send([("SET", "a", b"a", "PX", 60_000)])
        await own_redis.config_set("maxmemory-policy", "noeviction")
        await own_redis.config_set("maxmemory", "1")
        for _ in range(3):
            answers = await tier.send([("SET", "b", b"b", "PX", 60_000)])
            assert answers is not None
            assert isinstance(answers[0], Exception)
            assert not tier.is_writable
        assert await tier.get(["a"]) == [b"a"]
        assert tier.troubles.counts[Trouble.FULL] == 3
        await own_redis.config_set("maxmemory", "0")
        clock.now += 10
        assert tier.is_writable
        assert await tier.send([("SET", "b", b"b", "PX", 60_000)]) == [True]
    assert _levels(caplog) == ["WARNING", "INFO"]


async def test_a_redis_that_refuses_us_is_no_answer(own_redis: redis.Redis, caplog: pytest.LogCaptureFixture) -> None:
    """A user who may not read."""
    tier = RedisTier(own_redis, budget_seconds=5)
    await own_redis.acl_setuser("default", enabled=True, nopass=True, commands=["-mget"])
    with caplog.at_level(logging.INFO, "gateway.cache"):
        for _ in range(3):
            assert await tier.get(["a"]) is None
    await own_redis.acl_setuser("default", enabled=True, nopass=True, commands=["+@all"])
    assert _levels(caplog) == ["WARNING"]
    assert tier.troubles.counts[Trouble.REFUSED] == 3
    assert await tier.get(["a"]) == [None]
