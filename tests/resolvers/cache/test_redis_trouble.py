"""A Redis that is gone, full, or holds what is no value costs no answer."""

from uuid import uuid4

import pytest
import redis.asyncio as redis

from resolvers.cache.found import Tier, Version
from resolvers.cache.lease import Leases
from resolvers.cache.noun import Noun
from resolvers.cache.redis_tier import RedisTier
from resolvers.cache.tiers import Tiers
from resolvers.cache.trouble import Trouble
from tests.resolvers.cache.conftest import GatedRedis
from tests.resolvers.cache.stored import NUMBER, Store, assert_balanced, got, process_on, settled


@pytest.mark.parametrize("garbage", [b"", b"nonsense", b"\xff" * 100], ids=["nothing", "short", "long"])
async def test_garbage_in_redis_is_a_miss(client: redis.Redis, garbage: bytes) -> None:
    """It is counted, and overwritten."""
    store, tiers = Store(), process_on(client, uuid4().hex)
    name = tiers.redis_key(NUMBER, 3, Version("numbers", 7))
    await client.set(name, garbage, px=60_000)
    assert await got(tiers, store, 3) == [(9, Tier.STORAGE)]
    await settled(tiers)
    assert await got(process_on(client, tiers.origin), store, 3) == [(9, Tier.REDIS)]
    assert tiers.redis is not None
    assert tiers.redis.troubles.counts[Trouble.GARBAGE] >= 1
    counts = tiers.counters.of("number")
    assert counts.redis_errors == 1
    assert_balanced(counts, asked=1)


async def test_a_key_of_another_type_is_a_miss(client: redis.Redis) -> None:
    """Both the value's and the lease's."""
    store, tiers = Store(), process_on(client, uuid4().hex)
    name = tiers.redis_key(NUMBER, 3, Version("numbers", 7))
    await client.lpush(name, "x")
    assert await got(tiers, store, 3) == [(9, Tier.STORAGE)]
    await settled(tiers)
    assert await client.type(name) == b"string"
    await client.lpush(tiers.redis_key(NUMBER, 4, Version("numbers", 7)) + ":lease", "x")
    assert tiers.redis is not None
    tiers.leases = Leases(tiers.redis, seconds=0.1)
    assert await got(tiers, store, 4) == [(16, Tier.STORAGE)]


@pytest.mark.parametrize("has_decoder", [True, False])
async def test_a_decoder_that_stumbles_is_a_miss(client: redis.Redis, has_decoder: bool) -> None:
    """A value that another release wrote under the same version; an encoder that stumbles costs the storing alone."""

    def stumble(_: object) -> int:
        raise KeyError("field")

    store, origin = Store(), uuid4().hex
    clumsy: Noun[int] = Noun(
        name="number",
        life_seconds=60,
        entries=9,
        size_bytes=10**6,
        encode=NUMBER.encode if has_decoder else stumble,  # type: ignore[arg-type]
        decode=stumble,
    )
    await got(one := process_on(client, origin), store, 3, noun=NUMBER if has_decoder else clumsy)
    await settled(one)
    assert await got(process_on(client, origin), store, 3, noun=clumsy) == [(9, Tier.STORAGE)]


async def test_without_redis_everything_is_answered(gated: GatedRedis) -> None:
    """One that hangs costs its budget once; every key is a miss and an error of that tier."""
    client = redis.Redis.from_url(gated.url)
    tier, store = RedisTier(client, budget_seconds=0.05, pause_seconds=1000), Store()
    tiers = Tiers(origin=uuid4().hex, redis=tier, leases=Leases(tier))
    gated.gate.clear()
    for number in range(20):
        assert await got(tiers, store, number) == [(number * number, Tier.STORAGE)]
    await settled(tiers)
    counts = tiers.counters.of("number")
    assert counts.redis_errors == counts.redis_misses == 20
    assert tier.troubles.counts[Trouble.SLOW] == 1
    assert_balanced(counts, asked=20)
    gated.gate.set()
    await client.aclose()


async def test_a_full_redis_costs_no_answer(own_redis: redis.Redis) -> None:
    """Nothing is stored, and nobody waits for anybody."""
    tiers, store = process_on(own_redis), Store()
    await own_redis.config_set("maxmemory-policy", "noeviction")
    await own_redis.config_set("maxmemory", "1")
    assert await got(tiers, store, 3, 4) == [(9, Tier.STORAGE), (16, Tier.STORAGE)]
    assert await got(tiers, store, 5) == [(25, Tier.STORAGE)]
    await settled(tiers)
    assert await own_redis.dbsize() == 0
    assert_balanced(tiers.counters.of("number"), asked=3)
