"""Something to be held: numbers in a storage that counts who asks it."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import redis.asyncio as redis

from resolvers.cache.counters import Counts
from resolvers.cache.found import Loaded, Version
from resolvers.cache.lease import Leases
from resolvers.cache.noun import Noun
from resolvers.cache.redis_tier import RedisTier
from resolvers.cache.tiers import Tiers


def numbers(name: str = "number", *, life: float = 600.0, entries: int = 1000, size_bytes: int = 2**20) -> Noun[int]:
    """A noun of whole numbers, as text."""
    return Noun(
        name=name,
        life_seconds=life,
        absent_seconds=30.0,
        entries=entries,
        size_bytes=size_bytes,
        encode=lambda number: str(number).encode(),
        decode=lambda payload: int(bytes(payload)),
    )


class Store:
    """
    Squares of numbers; -1 cannot be loaded, and what is above 99 does not exist.

    Attributes:
        asked: What was loaded, call by call.
        begun: Set when a load has begun, which then waits for
        gate: which is open at first.
        revision: What is read next is of this one.
    """

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.revision = 7
        self.error: Exception | None = None

    async def load(self, keys: Sequence[int]) -> Mapping[int, Loaded[int] | Exception]:
        """The squares of *keys*, at the revision of the moment in which the load began."""
        self.asked.append(list(keys))
        revision = self.revision
        self.begun.set()
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return {
            key: ValueError("no square of -1") if key == -1 else Loaded(key * key if key < 100 else None, revision)
            for key in keys
        }


def at(revision: int, *keys: int) -> dict[int, Version]:
    """*keys* at a revision."""
    return dict.fromkeys(keys, Version("numbers", revision))


def assert_balanced(counts: Counts, *, asked: int) -> None:
    """The identities that the counters promise."""
    assert counts.memory_hits + counts.memory_misses + counts.past_tiers == asked, counts
    assert counts.memory_misses == counts.memory_waits + counts.redis_hits + counts.redis_misses, counts
    assert counts.redis_misses + counts.past_tiers == counts.memory_returns + counts.redis_waits + counts.loads, counts
    assert counts.loads == counts.loaded + counts.absent + counts.failed + counts.abandoned, counts
    assert counts.redis_errors <= counts.redis_misses, counts


NUMBER = numbers()


def process_on(client: redis.Redis | None, origin: str = "", **settings: Any) -> Tiers:
    """The tiers of one process; a patient one, because the machine may be busy."""
    if client is None:
        return Tiers(origin=origin, **settings)
    tier = RedisTier(client, budget_seconds=20)
    return Tiers(origin=origin, redis=tier, leases=Leases(tier, seconds=20), **settings)


async def got(tiers: Tiers, store: Store, *keys: int, revision: int = 7, noun: Noun[int] = NUMBER) -> list[Any]:
    """Value and tier of each key."""
    found = await tiers.get_many(noun, at(revision, *keys), store.load)
    return [(found[key].value, found[key].tier) for key in keys]


async def settled(tiers: Tiers) -> None:
    """Returns when everything is stored."""
    while tiers.flights.running:
        await asyncio.wait(list(tiers.flights.running))
