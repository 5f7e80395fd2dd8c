"""What processes tell of their caches."""

import os
import time

from gateway.background import in_background
from gateway.endpoint.response_cache import ResponseCache
from gateway.reporting import figures_of, report
from resolvers.cache.client import open_client
from resolvers.cache.redis_tier import RedisTier
from resolvers.cache.reports import Reports
from resolvers.cache.tiers import Tiers
from resolvers.model.revisions import Revisions
from tests.following import eventually
from tests.redis_server import OwnRedis


def _responses() -> ResponseCache:
    return ResponseCache(Revisions(), clock=time.time, max_bytes=1000)


async def test_a_process_tells_until_it_ends(own_redis: OwnRedis) -> None:
    """Then its figures go by themselves; those of another database are others."""
    client = open_client(own_redis.url)
    tier = RedisTier(client, budget_seconds=5)
    tiers = Tiers(origin="one", redis=tier)
    told = Reports(tier, "one", life_seconds=1)

    async def is_told() -> bool:
        return any(figures.get("quote.memory_hits") == 7 for figures in (await told.all() or {}).values())

    async def is_gone() -> bool:
        return await told.all() == {}

    async with in_background(report(tiers, _responses(), seconds=0.05)):
        tiers.counters.of("quote").memory_hits = 7
        await eventually(is_told)
        (process,) = (await told.all()) or {}
        assert process.endswith(f"-{os.getpid()}")
        assert await Reports(tier, "two", life_seconds=1).all() == {}
    await eventually(is_gone)
    await client.aclose()


async def test_it_goes_on_without_redis(own_redis: OwnRedis) -> None:
    """And is there again when Redis is."""
    client = open_client(own_redis.url)
    tier = RedisTier(client, budget_seconds=5, pause_seconds=0.05)
    own_redis.stop()
    told = Reports(tier, "one", life_seconds=1)

    async def is_told() -> bool:
        return bool(await told.all())

    async with in_background(report(Tiers(origin="one", redis=tier), _responses(), seconds=0.05)):
        assert await told.all() is None
        await own_redis.start()
        await eventually(is_told)
    await client.aclose()


async def test_garbage_among_the_reports_is_left_out(own_redis: OwnRedis) -> None:
    """Another type, and what is no number."""
    client = open_client(own_redis.url)
    told = Reports(RedisTier(client, budget_seconds=5), "one", life_seconds=60)
    await told.tell("good", {"a.b": 1})
    await client.sadd("stats:one", "bad", "odd")
    await client.set("stats:one:bad", "text")
    await client.hset("stats:one:odd", mapping={"a.b": "many", "a.c": "-2"})
    assert await told.all() == {"good": {"a.b": 1}, "odd": {"a.c": -2}}
    await client.aclose()


def test_every_noun_and_every_count_is_told() -> None:
    """Also of nouns that nobody has asked for."""
    figures = figures_of(Tiers(), _responses())
    assert {"instrument.held", "window.bytes", "response.hits", "response.dropped_in_resets"} <= set(figures)
