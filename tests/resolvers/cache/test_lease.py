"""Who loads, agreed upon in Redis."""

from uuid import uuid4

import redis.asyncio as redis

from resolvers.cache.lease import Leases
from resolvers.cache.redis_tier import RedisTier


def _leases(client: redis.Redis, *, seconds: float = 60.0) -> Leases:
    return Leases(RedisTier(client, budget_seconds=5), seconds=seconds)


async def test_one_gets_the_lease(client: redis.Redis) -> None:
    """The other sees that it is held, until it is given back."""
    one, other, key = _leases(client), _leases(client), uuid4().hex
    first, second = await one.claim([key]), await other.claim([key])
    assert first is not None
    assert second is not None
    assert first.ours == {key}
    assert not second.ours
    assert await other.look([key]) == ({}, {key})
    await RedisTier(client, budget_seconds=5).send(one.returns([key]))
    assert await other.look([key]) == ({}, set())


async def test_a_claim_sees_what_was_stored_meanwhile(client: redis.Redis) -> None:
    """Between the look and the claim another process may have finished."""
    leases, key = _leases(client), uuid4().hex
    await client.set(key, b"value", px=9000)
    claim = await leases.claim([key, key + "2"])
    assert claim is not None
    assert claim.found == {key: b"value"}
    assert claim.ours == {key, key + "2"}


async def test_only_the_holder_gives_a_lease_back(client: redis.Redis) -> None:
    """One that ran out may be another's by now."""
    one, other, key = _leases(client), _leases(client), uuid4().hex
    await one.claim([key])
    await RedisTier(client, budget_seconds=5).send(other.returns([key]))
    assert await other.look([key]) == ({}, {key})


async def test_a_lease_runs_out(client: redis.Redis) -> None:
    """By itself: its holder may be dead."""
    key = uuid4().hex
    await _leases(client, seconds=60).claim([key])
    assert 0 < await client.pttl(key + ":lease") <= 60_000
    await _leases(client, seconds=0.001).claim([key + "2"])
    while await client.exists(key + "2:lease"):
        pass


async def test_without_room_nobody_gets_a_lease(own_redis: redis.Redis) -> None:
    """Everybody loads for himself then."""
    leases = _leases(own_redis)
    await own_redis.config_set("maxmemory-policy", "noeviction")
    await own_redis.config_set("maxmemory", "1")
    assert await leases.claim(["a"]) is None
    assert await leases.claim(["a"]) is None
