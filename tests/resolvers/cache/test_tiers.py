"""The way of a key through the tiers, and what must never be held."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest
import redis.asyncio as redis

from resolvers.cache.found import Beside, Found, Loaded, Tier, Version
from resolvers.cache.lease import Leases
from resolvers.cache.noun import Noun
from resolvers.cache.redis_tier import RedisTier
from resolvers.cache.tiers import Tiers
from resolvers.cache.trouble import Trouble
from tests.resolvers.cache.conftest import GatedRedis
from tests.resolvers.cache.stored import Store, assert_balanced, at, numbers

NUMBER = numbers()


def _process(client: redis.Redis | None, origin: str = "", **settings: Any) -> Tiers:
    """The tiers of one process; a patient one, because the machine may be busy."""
    if client is None:
        return Tiers(origin=origin, **settings)
    tier = RedisTier(client, budget_seconds=20)
    return Tiers(origin=origin, redis=tier, leases=Leases(tier, seconds=20), **settings)


async def _get(tiers: Tiers, store: Store, *keys: int, revision: int = 7, noun: Noun[int] = NUMBER) -> list[Any]:
    """Value and tier of each key."""
    found = await tiers.get_many(noun, at(revision, *keys), store.load)
    return [(found[key].value, found[key].tier) for key in keys]


async def _settled(tiers: Tiers) -> None:
    """Returns when everything is stored."""
    while tiers.flights.running:
        await asyncio.wait(list(tiers.flights.running))


async def test_a_value_comes_from_the_first_tier_that_holds_it(client: redis.Redis) -> None:
    """One load for three processes; each holds it from then on."""
    origin, store = uuid4().hex, Store()
    one, other = _process(client, origin), _process(client, origin)
    assert await _get(one, store, 3, 4) == [(9, Tier.STORAGE), (16, Tier.STORAGE)]
    assert await _get(one, store, 3) == [(9, Tier.MEMORY)]
    await _settled(one)
    assert await _get(other, store, 3, 5) == [(9, Tier.REDIS), (25, Tier.STORAGE)]
    assert await _get(other, store, 3, 5) == [(9, Tier.MEMORY), (25, Tier.MEMORY)]
    assert store.asked == [[3, 4], [5]]
    await _settled(other)
    assert_balanced(one.counters.of("number"), asked=3)
    assert_balanced(other.counters.of("number"), asked=4)
    assert other.counters.of("number").redis_hits == 1


async def test_every_key_in_redis_expires_and_names_its_database(client: redis.Redis) -> None:
    """Noun, subject and revision can be read; the request is a digest."""
    origin, store = uuid4().hex, Store()
    tiers = _process(client, origin)
    await _get(tiers, store, 3, 100)
    await _settled(tiers)
    keys = [key.decode() async for key in client.scan_iter(match=f"cache:{origin}:*")]
    assert len(keys) == 2
    assert {key.rpartition(":")[0] for key in keys} == {f"cache:{origin}:number:numbers:7"}
    assert all([await client.pttl(key) > 0 for key in keys])
    assert await _get(_process(client, uuid4().hex), store, 3) == [(9, Tier.STORAGE)]


async def test_what_does_not_exist_is_held_too_and_not_for_long(client: redis.Redis) -> None:
    """In both tiers."""
    origin, store, now = uuid4().hex, Store(), [1000.0]
    tiers = _process(client, origin, clock=lambda: now[0], chance=lambda _: 0.0)
    other = _process(client, origin, clock=lambda: now[0], chance=lambda _: 0.0)
    assert await _get(tiers, store, 100, 3) == [(None, Tier.STORAGE), (9, Tier.STORAGE)]
    await _settled(tiers)
    assert await _get(tiers, store, 100) == [(None, Tier.MEMORY)]
    assert await _get(other, store, 100) == [(None, Tier.REDIS)]
    now[0] += 30
    for one in (tiers, other):
        assert await _get(one, store, 100, 3) == [
            (None, Tier.STORAGE),
            (9, Tier.MEMORY if one is tiers else Tier.REDIS),
        ]
        await _settled(one)
        now[0] += 30
    assert store.asked == [[100, 3], [100], [100]]


async def test_a_moved_revision_is_another_value(client: redis.Redis) -> None:
    """Nothing was deleted; nothing old is served."""
    store = Store()
    tiers = _process(client, uuid4().hex)
    await _get(tiers, store, 3)
    store.revision = 8
    assert await _get(tiers, store, 3, revision=8) == [(9, Tier.STORAGE)]
    assert await _get(tiers, store, 3, revision=7) == [(9, Tier.MEMORY)]
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
    tiers, other = (_process(client if has_redis else None, origin) for _ in range(2))
    known = {"revision": 7}
    store.gate.clear()
    reader = asyncio.create_task(tiers.get_many(NUMBER, at(known["revision"], 3), store.load))
    await store.begun.wait()
    known["revision"] = store.revision = 8
    store.gate.set()
    found = (await reader)[3]
    assert (found.value, found.revision) == (9, 7)
    await _settled(tiers)
    for process in (tiers, other):
        for _ in range(2):
            after = (await process.get_many(NUMBER, at(known["revision"], 3), store.load))[3]
            assert after.revision == 8
        await _settled(process)
    assert store.asked == [[3]] * (2 if has_redis else 3)


async def test_a_read_that_overtakes_its_event_is_held_as_what_it_is(client: redis.Redis) -> None:
    """Revision 8 is read while 7 is what one has heard of: it serves now, and when the event has come."""
    origin, store = uuid4().hex, Store()
    tiers = _process(client, origin)
    store.revision = 8
    assert await _get(tiers, store, 3, revision=7) == [(9, Tier.STORAGE)]
    assert await _get(tiers, store, 3, revision=7) == [(9, Tier.MEMORY)]
    assert await _get(tiers, store, 3, revision=8) == [(9, Tier.MEMORY)]
    await _settled(tiers)
    assert await _get(_process(client, origin), store, 3, revision=8) == [(9, Tier.REDIS)]
    assert store.asked == [[3]]


async def test_the_process_is_looked_at_again_before_a_load(gated: GatedRedis) -> None:
    """A load for revision 7 brings 8 while a request for 8 is on its way to Redis."""
    client = redis.Redis.from_url(gated.url)
    tiers, store = _process(client, uuid4().hex), Store()
    store.gate.clear()
    first = asyncio.create_task(_get(tiers, store, 3, revision=7))
    await store.begun.wait()
    gated.gate.clear()
    second = asyncio.create_task(_get(tiers, store, 3, revision=8))
    await asyncio.sleep(0)
    # The snapshot that the first one reads is already the new one.
    tiers.hold(NUMBER, 3, 9, 8, tiers.clock())
    gated.gate.set()
    async with asyncio.timeout(30):
        assert await second == [(9, Tier.MEMORY)]
    store.gate.set()
    await first
    await _settled(tiers)
    assert store.asked == [[3]]
    counts = tiers.counters.of("number")
    assert counts.memory_returns == 1
    assert_balanced(counts, asked=2)
    await client.aclose()


async def test_a_failed_load_leaves_nothing(client: redis.Redis) -> None:
    """Everybody who waited hears of it, and the next one tries again at once, the lease being given back."""
    origin, store = uuid4().hex, Store()
    tiers, other = _process(client, origin), _process(client, origin)
    store.error = OSError("gone")
    store.gate.clear()
    tasks = [asyncio.create_task(_get(tiers, store, 3)) for _ in range(3)]
    await store.begun.wait()
    store.gate.set()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(end) for end in ends] == ["gone"] * 3
    await _settled(tiers)
    assert [key async for key in client.scan_iter(match=f"cache:{origin}:*")] == []
    store.error = None
    assert await _get(other, store, 3) == [(9, Tier.STORAGE)]
    await _settled(other)
    assert await _get(tiers, store, 3) == [(9, Tier.REDIS)]
    counts = tiers.counters.of("number")
    assert (counts.failed, counts.memory_waits) == (1, 2)
    assert_balanced(counts, asked=4)


async def test_a_key_that_fails_alone_costs_the_others_nothing(client: redis.Redis) -> None:
    """Its error is its value, and is not held."""
    origin, store = uuid4().hex, Store()
    tiers = _process(client, origin)
    for _ in range(2):
        found = await tiers.get_many(NUMBER, at(7, -1, 3), store.load)
        assert isinstance(found[-1].value, ValueError)
        assert found[3].value == 9
        await _settled(tiers)
    assert store.asked == [[-1, 3], [-1]]
    assert len([key async for key in client.scan_iter(match=f"cache:{origin}:*")]) == 1
    assert_balanced(tiers.counters.of("number"), asked=4)


async def test_whoever_knows_more_reads_past_both_tiers(client: redis.Redis) -> None:
    """Also past a load that is under way, which may have begun before the change; what is read is held."""
    store, tiers = Store(), _process(client, uuid4().hex)
    await _get(tiers, store, 3)
    await _settled(tiers)
    store.gate.clear()
    store.begun.clear()
    under_way = asyncio.create_task(_get(tiers, store, 4))
    await store.begun.wait()
    store.gate.set()
    store.revision = 8
    found = await tiers.get_many(NUMBER, at(7, 3, 4), store.load, fresh=True)
    assert [(one.tier, one.revision) for one in found.values()] == [(Tier.STORAGE, 8)] * 2
    await under_way
    assert await _get(tiers, store, 3, 4, revision=8) == [(9, Tier.MEMORY), (16, Tier.MEMORY)]
    assert store.asked == [[3], [4], [3, 4]]
    await _settled(tiers)
    counts = tiers.counters.of("number")
    assert counts.past_tiers == 2
    assert_balanced(counts, asked=6)


async def test_the_last_caller_takes_the_load_with_him(client: redis.Redis) -> None:
    """The lease is given back, so that other processes need not wait for it, and every key is counted."""
    origin, store = uuid4().hex, Store()
    tiers, other = _process(client, origin), _process(client, origin)
    store.gate.clear()
    caller = asyncio.create_task(_get(tiers, store, 3, 4))
    await store.begun.wait()
    caller.cancel()
    await asyncio.wait([caller])
    await _settled(tiers)
    assert [key async for key in client.scan_iter(match=f"cache:{origin}:*")] == []
    store.gate.set()
    assert await _get(other, store, 3) == [(9, Tier.STORAGE)]
    counts = tiers.counters.of("number")
    assert counts.abandoned == 2
    assert_balanced(counts, asked=2)
    # Before its first step, too.
    caller = asyncio.create_task(_get(tiers, store, 8, 9))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.wait([caller])
    await _settled(tiers)
    assert_balanced(counts, asked=4)


async def test_two_processes_load_once(client: redis.Redis) -> None:
    """The one that comes second waits for the value, and what it alone wants it loads meanwhile."""
    origin, first, second = uuid4().hex, Store(), Store()
    one, other = _process(client, origin), _process(client, origin)
    first.gate.clear()
    holder = asyncio.create_task(_get(one, first, 3))
    await first.begun.wait()
    waiter = asyncio.create_task(_get(other, second, 3, 4))
    await second.begun.wait()
    assert second.asked == [[4]]
    first.gate.set()
    assert await waiter == [(9, Tier.REDIS), (16, Tier.STORAGE)]
    await holder
    await _settled(other)
    counts = other.counters.of("number")
    assert (counts.redis_waits, counts.loads) == (1, 1)
    assert_balanced(counts, asked=2)


async def test_a_holder_that_has_failed_is_replaced_at_once(client: redis.Redis) -> None:
    """Its lease is gone, its value has not come: the one who waited loads, long before the lease would have ended."""
    origin, first, second = uuid4().hex, Store(), Store()
    one, other = _process(client, origin), _process(client, origin)
    first.gate.clear()
    first.error = OSError("gone")
    holder = asyncio.create_task(_get(one, first, 3))
    await first.begun.wait()
    waiter = asyncio.create_task(_get(other, second, 3))
    await asyncio.sleep(0.02)
    first.gate.set()
    assert await waiter == [(9, Tier.STORAGE)]
    with pytest.raises(OSError, match="gone"):
        await holder


async def test_a_holder_that_hangs_is_not_waited_for_for_ever(client: redis.Redis) -> None:
    """Its lease runs out, and the one who waited loads."""
    origin, first, second = uuid4().hex, Store(), Store()
    one, other = _process(client, origin), _process(client, origin)
    for tiers in (one, other):
        assert tiers.redis is not None
        tiers.leases = Leases(tiers.redis, seconds=0.2)
    first.gate.clear()
    holder = asyncio.create_task(_get(one, first, 3))
    await first.begun.wait()
    assert await _get(other, second, 3) == [(9, Tier.STORAGE)]
    first.gate.set()
    assert await holder == [(9, Tier.STORAGE)]


@pytest.mark.parametrize("garbage", [b"", b"nonsense", b"\xff" * 100], ids=["nothing", "short", "long"])
async def test_garbage_in_redis_is_a_miss(client: redis.Redis, garbage: bytes) -> None:
    """It is counted, and overwritten."""
    store, tiers = Store(), _process(client, uuid4().hex)
    name = tiers.redis_key(NUMBER, 3, Version("numbers", 7))
    await client.set(name, garbage, px=60_000)
    assert await _get(tiers, store, 3) == [(9, Tier.STORAGE)]
    await _settled(tiers)
    assert await _get(_process(client, tiers.origin), store, 3) == [(9, Tier.REDIS)]
    assert tiers.redis is not None
    assert tiers.redis.troubles.counts[Trouble.GARBAGE] >= 1
    counts = tiers.counters.of("number")
    assert counts.redis_errors == 1
    assert_balanced(counts, asked=1)


async def test_a_key_of_another_type_is_a_miss(client: redis.Redis) -> None:
    """Both the value's and the lease's."""
    store, tiers = Store(), _process(client, uuid4().hex)
    name = tiers.redis_key(NUMBER, 3, Version("numbers", 7))
    await client.lpush(name, "x")
    assert await _get(tiers, store, 3) == [(9, Tier.STORAGE)]
    await _settled(tiers)
    assert await client.type(name) == b"string"
    await client.lpush(tiers.redis_key(NUMBER, 4, Version("numbers", 7)) + ":lease", "x")
    assert tiers.redis is not None
    tiers.leases = Leases(tiers.redis, seconds=0.1)
    assert await _get(tiers, store, 4) == [(16, Tier.STORAGE)]


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
    await _get(one := _process(client, origin), store, 3, noun=NUMBER if has_decoder else clumsy)
    await _settled(one)
    assert await _get(_process(client, origin), store, 3, noun=clumsy) == [(9, Tier.STORAGE)]


async def test_without_redis_everything_is_answered(gated: GatedRedis) -> None:
    """One that hangs costs its budget once; every key is a miss and an error of that tier."""
    client = redis.Redis.from_url(gated.url)
    tier, store = RedisTier(client, budget_seconds=0.05, pause_seconds=1000), Store()
    tiers = Tiers(origin=uuid4().hex, redis=tier, leases=Leases(tier))
    gated.gate.clear()
    for number in range(20):
        assert await _get(tiers, store, number) == [(number * number, Tier.STORAGE)]
    await _settled(tiers)
    counts = tiers.counters.of("number")
    assert counts.redis_errors == counts.redis_misses == 20
    assert tier.troubles.counts[Trouble.SLOW] == 1
    assert_balanced(counts, asked=20)
    gated.gate.set()
    await client.aclose()


async def test_a_full_redis_costs_no_answer(own_redis: redis.Redis) -> None:
    """Nothing is stored, and nobody waits for anybody."""
    tiers, store = _process(own_redis), Store()
    await own_redis.config_set("maxmemory-policy", "noeviction")
    await own_redis.config_set("maxmemory", "1")
    assert await _get(tiers, store, 3, 4) == [(9, Tier.STORAGE), (16, Tier.STORAGE)]
    assert await _get(tiers, store, 5) == [(25, Tier.STORAGE)]
    await _settled(tiers)
    assert await own_redis.dbsize() == 0
    assert_balanced(tiers.counters.of("number"), asked=3)


async def test_lives_end_at_different_moments() -> None:
    """A thousand values that were loaded together do not have to be renewed together, and none lives too long."""
    store, now = Store(), [0.0]
    tiers = Tiers(clock=lambda: now[0])
    noun = numbers(life=100.0)
    keys = list(range(-1000, 0))

    async def load(keys: Sequence[int]) -> dict[int, Loaded[int] | Exception]:
        store.asked.append(list(keys))
        return {key: Loaded(key, 7) for key in keys}

    await tiers.get_many(noun, at(7, *keys), load)
    renewed = {}
    for second in (49, 60, 70, 80, 90, 100):
        now[0] = float(second)
        store.asked.clear()
        await tiers.get_many(noun, at(7, *keys), load)
        renewed[second] = sum(map(len, store.asked))
    assert renewed.pop(49) == 0
    assert sum(renewed.values()) == 1000
    assert all(100 < count < 350 for count in renewed.values()), renewed


async def test_a_value_ends_everywhere_at_one_moment(client: redis.Redis) -> None:
    """Drawn anew by each tier, the latest of several moments would count, and they would be close together again."""
    origin, store, now = uuid4().hex, Store(), [1000.0]
    noun, keys = numbers(life=100.0), range(100)
    one, other = (_process(client, origin, clock=lambda: now[0]) for _ in range(2))
    await _get(one, store, *keys, noun=noun)
    await _settled(one)
    now[0] += 90
    held = [key for key in keys if one.peek(noun, key, 7) is not None]
    found = await other.get_many(noun, at(7, *keys), store.load)
    assert [key for key in keys if found[key].tier is Tier.REDIS] == held
    assert 20 < len(held) < 80
    assert [other.memory(noun).get(key, 7, now[0]).ends_at for key in held] == [  # type: ignore[union-attr]
        one.memory(noun).get(key, 7, now[0]).ends_at  # type: ignore[union-attr]
        for key in held
    ]
    await _settled(other)


async def test_a_value_from_redis_has_the_rest_of_its_life(client: redis.Redis) -> None:
    """Not a new one: a lost event is bounded from the read on, however many tiers a value has passed."""
    origin, store, now = uuid4().hex, Store(), [1000.0]
    noun = numbers(life=100.0)
    one, other = (_process(client, origin, clock=lambda: now[0], chance=lambda _: 0.0) for _ in range(2))
    await _get(one, store, 3, noun=noun)
    await _settled(one)
    now[0] += 99
    found = (await other.get_many(noun, at(7, 3), store.load))[3]
    assert (found.tier, found.age) == (Tier.REDIS, 99.0)
    now[0] += 1
    third = _process(client, origin, clock=lambda: now[0], chance=lambda _: 0.0)
    for tiers in (other, third):
        assert await _get(tiers, store, 3, noun=noun) == [(9, Tier.STORAGE)]
        await _settled(tiers)
        now[0] += 200


async def test_what_a_load_brings_along_is_there_before_its_value(client: redis.Redis) -> None:
    """Whoever waits in another process for the value finds it."""
    origin, other_noun = uuid4().hex, numbers("other")
    tiers, other, store = _process(client, origin), _process(client, origin), Store()

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


async def test_a_database_that_was_restored_is_another_one(client: redis.Redis) -> None:
    """The same revisions come again with other values: nothing held serves, nor what is being read meanwhile."""
    store, tiers = Store(), _process(client, uuid4().hex)
    await _get(tiers, store, 3, revision=5)
    await _settled(tiers)
    store.gate.clear()
    store.begun.clear()
    reader = asyncio.create_task(_get(tiers, store, 4, revision=5))
    await store.begun.wait()
    tiers.begin_anew(uuid4().hex)
    store.gate.set()
    await reader
    await _settled(tiers)
    assert await _get(tiers, store, 3, 4, revision=5) == [(9, Tier.STORAGE), (16, Tier.STORAGE)]


async def test_closing_ends_what_is_under_way(client: redis.Redis) -> None:
    """And whoever waits hears it."""
    tiers, store = _process(client, uuid4().hex), Store()
    store.gate.clear()
    waiting = asyncio.create_task(_get(tiers, store, 3))
    await store.begun.wait()
    await tiers.close()
    with pytest.raises(Exception, match="given up"):
        await waiting
    assert not tiers.flights.running
