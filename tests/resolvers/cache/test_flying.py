"""One load of all processes, and what becomes of it when it fails, hangs or is given up."""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import pytest
import redis.asyncio as redis

from resolvers.cache.found import Beside, Found, Loaded, Tier, Version
from resolvers.cache.lease import Leases
from resolvers.cache.tiers import Tiers
from tests.resolvers.cache.conftest import GatedRedis
from tests.resolvers.cache.stored import NUMBER, Store, assert_balanced, at, got, numbers, process_on, settled


async def test_the_process_is_looked_at_again_before_a_load(gated: GatedRedis) -> None:
    """A load for revision 7 brings 8 while a request for 8 is on its way to Redis."""
    client = redis.Redis.from_url(gated.url)
    tiers, store = process_on(client, uuid4().hex), Store()
    store.gate.clear()
    first = asyncio.create_task(got(tiers, store, 3, revision=7))
    await store.begun.wait()
    gated.gate.clear()
    second = asyncio.create_task(got(tiers, store, 3, revision=8))
    await asyncio.sleep(0)
    # The snapshot that the first one reads is already the new one.
    tiers.hold(NUMBER, 3, 9, 8, tiers.clock())
    gated.gate.set()
    async with asyncio.timeout(30):
        assert await second == [(9, Tier.MEMORY)]
    store.gate.set()
    await first
    await settled(tiers)
    assert store.asked == [[3]]
    counts = tiers.counters.of("number")
    assert counts.memory_returns == 1
    assert_balanced(counts, asked=2)
    await client.aclose()


async def test_a_failed_load_leaves_nothing(client: redis.Redis) -> None:
    """Everybody who waited hears of it, and the next one tries again at once, the lease being given back."""
    origin, store = uuid4().hex, Store()
    tiers, other = process_on(client, origin), process_on(client, origin)
    store.error = OSError("gone")
    store.gate.clear()
    tasks = [asyncio.create_task(got(tiers, store, 3)) for _ in range(3)]
    await store.begun.wait()
    store.gate.set()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(end) for end in ends] == ["gone"] * 3
    await settled(tiers)
    assert [key async for key in client.scan_iter(match=f"cache:{origin}:*")] == []
    store.error = None
    assert await got(other, store, 3) == [(9, Tier.STORAGE)]
    await settled(other)
    assert await got(tiers, store, 3) == [(9, Tier.REDIS)]
    counts = tiers.counters.of("number")
    assert (counts.failed, counts.memory_waits) == (1, 2)
    assert_balanced(counts, asked=4)


async def test_a_key_that_fails_alone_costs_the_others_nothing(client: redis.Redis) -> None:
    """Its error is its value, and is not held."""
    origin, store = uuid4().hex, Store()
    tiers = process_on(client, origin)
    for _ in range(2):
        found = await tiers.get_many(NUMBER, at(7, -1, 3), store.load)
        assert isinstance(found[-1].value, ValueError)
        assert found[3].value == 9
        await settled(tiers)
    assert store.asked == [[-1, 3], [-1]]
    assert len([key async for key in client.scan_iter(match=f"cache:{origin}:*")]) == 1
    assert_balanced(tiers.counters.of("number"), asked=4)


async def test_the_last_caller_takes_the_load_with_him(client: redis.Redis) -> None:
    """The lease is given back, so that other processes need not wait for it, and every key is counted."""
    origin, store = uuid4().hex, Store()
    tiers, other = process_on(client, origin), process_on(client, origin)
    store.gate.clear()
    caller = asyncio.create_task(got(tiers, store, 3, 4))
    await store.begun.wait()
    caller.cancel()
    await asyncio.wait([caller])
    await settled(tiers)
    assert [key async for key in client.scan_iter(match=f"cache:{origin}:*")] == []
    store.gate.set()
    assert await got(other, store, 3) == [(9, Tier.STORAGE)]
    counts = tiers.counters.of("number")
    assert counts.abandoned == 2
    assert_balanced(counts, asked=2)
    # Before its first step, too.
    caller = asyncio.create_task(got(tiers, store, 8, 9))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.wait([caller])
    await settled(tiers)
    assert_balanced(counts, asked=4)


async def test_two_processes_load_once(client: redis.Redis) -> None:
    """The one that comes second waits for the value, and what it alone wants it loads meanwhile."""
    origin, first, second = uuid4().hex, Store(), Store()
    one, other = process_on(client, origin), process_on(client, origin)
    first.gate.clear()
    holder = asyncio.create_task(got(one, first, 3))
    await first.begun.wait()
    waiter = asyncio.create_task(got(other, second, 3, 4))
    await second.begun.wait()
    assert second.asked == [[4]]
    first.gate.set()
    assert await waiter == [(9, Tier.REDIS), (16, Tier.STORAGE)]
    await holder
    await settled(other)
    counts = other.counters.of("number")
    assert (counts.redis_waits, counts.loads) == (1, 1)
    assert_balanced(counts, asked=2)


async def test_a_holder_that_has_failed_is_replaced_at_once(client: redis.Redis) -> None:
    """Its lease is gone, its value has not come: the one who waited loads, long before the lease would have ended."""
    origin, first, second = uuid4().hex, Store(), Store()
    one, other = process_on(client, origin), process_on(client, origin)
    first.gate.clear()
    first.error = OSError("gone")
    holder = asyncio.create_task(got(one, first, 3))
    await first.begun.wait()
    waiter = asyncio.create_task(got(other, second, 3))
    await asyncio.sleep(0.02)
    first.gate.set()
    assert await waiter == [(9, Tier.STORAGE)]
    with pytest.raises(OSError, match="gone"):
        await holder


async def test_a_holder_that_hangs_is_not_waited_for_for_ever(client: redis.Redis) -> None:
    """Its lease runs out, and the one who waited loads."""
    origin, first, second = uuid4().hex, Store(), Store()
    one, other = process_on(client, origin), process_on(client, origin)
    for tiers in (one, other):
        assert tiers.redis is not None
        tiers.leases = Leases(tiers.redis, seconds=0.2)
    first.gate.clear()
    holder = asyncio.create_task(got(one, first, 3))
    await first.begun.wait()
    assert await got(other, second, 3) == [(9, Tier.STORAGE)]
    first.gate.set()
    assert await holder == [(9, Tier.STORAGE)]


async def test_what_a_load_brings_along_is_there_before_its_value(client: redis.Redis) -> None:
    """Whoever waits in another process for the value finds it."""
    origin, other_noun = uuid4().hex, numbers("other")
    tiers, other, store = process_on(client, origin), process_on(client, origin), Store()

    async def load(keys: Sequence[int]) -> dict[int, Loaded[int] | Exception]:
        return {key: Loaded(key, 7, (Beside(other_noun, "b", "beside", 5, 3),)) for key in keys}

    assert (await tiers.get_many(NUMBER, at(7, 3), load))[3].value == 3
    wanted = {"b": Version("beside", 3)}

    async def nothing(_: Sequence[str]) -> dict[str, Loaded[int] | Exception]:
        raise AssertionError

    async def tier(process: Tiers) -> Found[int]:
        return (await process.get_many(other_noun, wanted, nothing))["b"]

    assert (await tier(tiers)).tier is Tier.MEMORY
    assert (await other.get_many(NUMBER, at(7, 3), store.load))[3].tier is Tier.REDIS
    assert (await tier(other)).value == 5


async def test_closing_ends_what_is_under_way(client: redis.Redis) -> None:
    """And whoever waits hears it."""
    tiers, store = process_on(client, uuid4().hex), Store()
    store.gate.clear()
    waiting = asyncio.create_task(got(tiers, store, 3))
    await store.begun.wait()
    await tiers.close()
    with pytest.raises(Exception, match="given up"):
        await waiting
    assert not tiers.flights.running
