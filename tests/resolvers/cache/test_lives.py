"""How long values live, and that they end at one moment everywhere."""

from collections.abc import Sequence
from uuid import uuid4

import redis.asyncio as redis

from resolvers.cache.found import Loaded, Tier
from resolvers.cache.tiers import Tiers
from tests.resolvers.cache.stored import Store, at, got, numbers, process_on, settled


async def test_every_key_in_redis_expires_and_names_its_database(client: redis.Redis) -> None:
    """Noun, subject and revision can be read; the request is a digest."""
    origin, store = uuid4().hex, Store()
    tiers = process_on(client, origin)
    await got(tiers, store, 3, 100)
    await settled(tiers)
    keys = [key.decode() async for key in client.scan_iter(match=f"cache:{origin}:*")]
    assert len(keys) == 2
    assert {key.rpartition(":")[0] for key in keys} == {f"cache:{origin}:number:numbers:7"}
    assert all([await client.pttl(key) > 0 for key in keys])
    assert await got(process_on(client, uuid4().hex), store, 3) == [(9, Tier.STORAGE)]


async def test_what_does_not_exist_is_held_too_and_not_for_long(client: redis.Redis) -> None:
    """In both tiers."""
    origin, store, now = uuid4().hex, Store(), [1000.0]
    tiers = process_on(client, origin, clock=lambda: now[0], chance=lambda _: 0.0)
    other = process_on(client, origin, clock=lambda: now[0], chance=lambda _: 0.0)
    assert await got(tiers, store, 100, 3) == [(None, Tier.STORAGE), (9, Tier.STORAGE)]
    await settled(tiers)
    assert await got(tiers, store, 100) == [(None, Tier.MEMORY)]
    assert await got(other, store, 100) == [(None, Tier.REDIS)]
    now[0] += 30
    for one in (tiers, other):
        assert await got(one, store, 100, 3) == [
            (None, Tier.STORAGE),
            (9, Tier.MEMORY if one is tiers else Tier.REDIS),
        ]
        await settled(one)
        now[0] += 30
    assert store.asked == [[100, 3], [100], [100]]


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
    one, other = (process_on(client, origin, clock=lambda: now[0]) for _ in range(2))
    await got(one, store, *keys, noun=noun)
    await settled(one)
    now[0] += 90
    held = [key for key in keys if one.peek(noun, key, 7) is not None]
    found = await other.get_many(noun, at(7, *keys), store.load)
    assert [key for key in keys if found[key].tier is Tier.REDIS] == held
    assert 20 < len(held) < 80
    assert [other.memory(noun).get(key, 7, now[0]).ends_at for key in held] == [  # type: ignore[union-attr]
        one.memory(noun).get(key, 7, now[0]).ends_at  # type: ignore[union-attr]
        for key in held
    ]
    await settled(other)


async def test_a_value_from_redis_has_the_rest_of_its_life(client: redis.Redis) -> None:
    """Not a new one: a lost event is bounded from the read on, however many tiers a value has passed."""
    origin, store, now = uuid4().hex, Store(), [1000.0]
    noun = numbers(life=100.0)
    one, other = (process_on(client, origin, clock=lambda: now[0], chance=lambda _: 0.0) for _ in range(2))
    await got(one, store, 3, noun=noun)
    await settled(one)
    now[0] += 99
    found = (await other.get_many(noun, at(7, 3), store.load))[3]
    assert (found.tier, found.age) == (Tier.REDIS, 99.0)
    now[0] += 1
    third = process_on(client, origin, clock=lambda: now[0], chance=lambda _: 0.0)
    for tiers in (other, third):
        assert await got(tiers, store, 3, noun=noun) == [(9, Tier.STORAGE)]
        await settled(tiers)
        now[0] += 200
