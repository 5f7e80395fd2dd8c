"""The way of a key through the tiers, and what must never be held."""

import asyncio
from uuid import uuid4

import pytest
import redis.asyncio as redis

from resolvers.cache.found import Tier
from tests.resolvers.cache.stored import NUMBER, Store, assert_balanced, at, got, process_on, settled


async def test_a_value_comes_from_the_first_tier_that_holds_it(client: redis.Redis) -> None:
    """One load for three processes; each holds it from then on."""
    origin, store = uuid4().hex, Store()
    one, other = process_on(client, origin), process_on(client, origin)
    assert await got(one, store, 3, 4) == [(9, Tier.STORAGE), (16, Tier.STORAGE)]
    assert await got(one, store, 3) == [(9, Tier.MEMORY)]
    await settled(one)
    assert await got(other, store, 3, 5) == [(9, Tier.REDIS), (25, Tier.STORAGE)]
    assert await got(other, store, 3, 5) == [(9, Tier.MEMORY), (25, Tier.MEMORY)]
    assert store.asked == [[3, 4], [5]]
    await settled(other)
    assert_balanced(one.counters.of("number"), asked=3)
    assert_balanced(other.counters.of("number"), asked=4)
    assert other.counters.of("number").redis_hits == 1


async def test_a_moved_revision_is_another_value(client: redis.Redis) -> None:
    """Nothing was deleted; nothing old is served."""
    store = Store()
    tiers = process_on(client, uuid4().hex)
    await got(tiers, store, 3)
    store.revision = 8
    assert await got(tiers, store, 3, revision=8) == [(9, Tier.STORAGE)]
    assert await got(tiers, store, 3, revision=7) == [(9, Tier.MEMORY)]
    assert store.asked == [[3], [3]]


@pytest.mark.parametrize("has_redis", [True, False])
async def test_what_was_read_before_a_change_is_never_what_was_changed(client: redis.Redis, has_redis: bool) -> None:
    """
    A load reads revision 7, revision 8 arrives, and then the load is stored: as 7.

        reader                          writer
        looks 7 up: nothing
        reads the database: 7
                                        commits 8, whose event arrives
        stores what it has read
                                        a request asks for 8
    """
    origin, store = uuid4().hex, Store()
    tiers, other = (process_on(client if has_redis else None, origin) for _ in range(2))
    known = {"revision": 7}
    store.gate.clear()
    reader = asyncio.create_task(tiers.get_many(NUMBER, at(known["revision"], 3), store.load))
    await store.begun.wait()
    known["revision"] = store.revision = 8
    store.gate.set()
    found = (await reader)[3]
    assert (found.value, found.revision) == (9, 7)
    await settled(tiers)
    for process in (tiers, other):
        for _ in range(2):
            after = (await process.get_many(NUMBER, at(known["revision"], 3), store.load))[3]
            assert after.revision == 8
        await settled(process)
    assert store.asked == [[3]] * (2 if has_redis else 3)


async def test_a_read_that_overtakes_its_event_is_held_as_what_it_is(client: redis.Redis) -> None:
    """Revision 8 is read while 7 is what one has heard of: it serves now, and when the event has come."""
    origin, store = uuid4().hex, Store()
    tiers = process_on(client, origin)
    store.revision = 8
    assert await got(tiers, store, 3, revision=7) == [(9, Tier.STORAGE)]
    assert await got(tiers, store, 3, revision=7) == [(9, Tier.MEMORY)]
    assert await got(tiers, store, 3, revision=8) == [(9, Tier.MEMORY)]
    await settled(tiers)
    assert await got(process_on(client, origin), store, 3, revision=8) == [(9, Tier.REDIS)]
    assert store.asked == [[3]]


async def test_whoever_knows_more_reads_past_both_tiers(client: redis.Redis) -> None:
    """Also past a load that is under way, which may have begun before the change; what is read is held."""
    store, tiers = Store(), process_on(client, uuid4().hex)
    await got(tiers, store, 3)
    await settled(tiers)
    store.gate.clear()
    store.begun.clear()
    under_way = asyncio.create_task(got(tiers, store, 4))
    await store.begun.wait()
    store.gate.set()
    store.revision = 8
    found = await tiers.get_many(NUMBER, at(7, 3, 4), store.load, fresh=True)
    assert [(one.tier, one.revision) for one in found.values()] == [(Tier.STORAGE, 8)] * 2
    await under_way
    assert await got(tiers, store, 3, 4, revision=8) == [(9, Tier.MEMORY), (16, Tier.MEMORY)]
    assert store.asked == [[3], [4], [3, 4]]
    await settled(tiers)
    counts = tiers.counters.of("number")
    assert counts.past_tiers == 2
    assert_balanced(counts, asked=6)


async def test_a_database_that_was_restored_is_another_one(client: redis.Redis) -> None:
    """The same revisions come again with other values: nothing held serves, nor what is being read meanwhile."""
    store, tiers = Store(), process_on(client, uuid4().hex)
    await got(tiers, store, 3, revision=5)
    await settled(tiers)
    store.gate.clear()
    store.begun.clear()
    reader = asyncio.create_task(got(tiers, store, 4, revision=5))
    await store.begun.wait()
    tiers.begin_anew(uuid4().hex)
    store.gate.set()
    await reader
    await settled(tiers)
    assert await got(tiers, store, 3, 4, revision=5) == [(9, Tier.STORAGE), (16, Tier.STORAGE)]
