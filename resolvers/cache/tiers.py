"""Values from the first tier that holds them: the process, then Redis, and last whoever loads them."""

import time
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, TypeVar
from zlib import crc32

from resolvers.cache.counters import Counters
from resolvers.cache.flights import Failed, Flight, Flights
from resolvers.cache.flying import Flying
from resolvers.cache.found import Found, Loaded, Tier, Version
from resolvers.cache.lease import Leases
from resolvers.cache.memory import Entry, Memory
from resolvers.cache.noun import Noun
from resolvers.cache.nouns import Nouns
from resolvers.cache.redis_tier import RedisTier

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

# Expiry is spread over the second half of a life, so that what was loaded together is not renewed together. Over the
# last fifth a thousand keys that were loaded at once had 3.5 times the mean in their busiest second.
_SPREAD = 0.5


def _fraction(text: str) -> float:
    return crc32(text.encode()) / 2**32


class Tiers:
    """
    What is held of stored values.

    Every value is of a revision of its subject, the one that it was read with, and is never changed. Nothing is
    deleted when something is written: the revision moves, and what is held of the old one is not asked for any more.

    Args:
        origin: Which database the values are of, in keys.
        redis: The second tier, if there is one.
        leases: Who loads what, if processes are to agree on that.
        clock: The present in unix seconds.
        chance: A number in [0, 1) for each text, equal in all processes.

    Attributes:
        nouns: The kinds of values.
        counters: What was found where.
        era: Raised when the database has become another one; what was read before is not held any more.
    """

    def __init__(
        self,
        *,
        nouns: Nouns | None = None,
        origin: str = "",
        redis: RedisTier | None = None,
        leases: Leases | None = None,
        clock: Callable[[], float] = time.time,
        chance: Callable[[str], float] = _fraction,
    ) -> None:
        self.nouns = nouns or Nouns()
        self.origin = origin
        self.redis = redis
        self.leases = leases
        self.clock = clock
        self.counters = Counters()
        self.flights = Flights()
        self.era = 0
        self._chance = chance
        self._memories: dict[str, Memory[Any, Any]] = {}

    def memory(self, noun: Noun[V]) -> Memory[Any, V]:
        """What the process holds of *noun*."""
        memory = self._memories.get(noun.name)
        if memory is None:
            memory = self._memories[noun.name] = Memory(noun, self.counters.of(noun.name))
        return memory

    def peek(self, noun: Noun[V], key: Hashable, revision: int) -> Entry[V] | None:
        """What the process holds of *key* at *revision* or later. A hit is counted, a miss is not."""
        entry = self.memory(noun).get(key, revision, self.clock())
        if entry is not None:
            self.counters.of(noun.name).memory_hits += 1
        return entry

    async def get_many(
        self,
        noun: Noun[V],
        wanted: Mapping[K, Version],
        load: Callable[[Sequence[K]], Awaitable[Mapping[K, Loaded[V] | Exception]]],
        *,
        fresh: bool = False,
    ) -> dict[K, Found[V]]:
        """
        The value of each key at the revision that is wanted, or at a later one.

        Args:
            load: Reads keys from storage, each with the revision that it was read with. What it gives as an
                exception is passed on to whoever asked for the key, and not held.
            fresh: Whether to answer with nothing that is held, or that anybody else has begun to load. What is
                loaded is held nevertheless.

        Raises:
            Exception: What *load* raises, to all who wait for it. Nothing is held then.
        """
        counts, now = self.counters.of(noun.name), self.clock()
        found: dict[K, Found[V]] = {}
        missing: dict[Hashable, K] = {}
        for key, version in wanted.items():
            entry = None if fresh else self.memory(noun).get(key, version.revision, now)
            if entry is not None:
                counts.memory_hits += 1
                found[key] = Found(entry.value, entry.revision, Tier.MEMORY, now - entry.read_at)
                continue
            seat: Hashable = (noun.name, key, version.revision)
            missing[seat] = key
            if fresh:
                counts.past_tiers += 1
            else:
                counts.memory_misses += 1
                counts.memory_waits += seat in self.flights
        if not missing:
            return found

        def begun(flight: Flight) -> Any:
            versions = {missing[seat]: wanted[missing[seat]] for seat in flight.seats}
            return Flying(self, noun, versions, load, flight, is_fresh=fresh).run()

        for place, outcome in (await self.flights.get(missing, begun, alone=fresh)).items():
            if isinstance(outcome, Failed):
                raise outcome.error
            found[missing[place]] = outcome
        return found

    def redis_key(self, noun: Noun[Any], key: Hashable, version: Version) -> str:
        """
        Where Redis holds a value.

        The request is in it as a digest of its text, so a request that gains a field is another one.
        """
        digest = blake2b(repr(key).encode(), digest_size=16).hexdigest()
        return f"cache:{self.origin}:{noun.name}:{version.subject}:{version.revision}:{digest}"

    def end_of(self, noun: Noun[V], key: Hashable, value: V | None, read_at: float) -> float:
        """
        When the life of a value ends that was read at *read_at*; both in unix seconds.

        It is the same moment in every tier and process. If each drew its own, a value would live on where the latest
        moment was drawn, and return from there to the others: most would end near the very end, together.
        """
        return read_at + noun.seconds(value) * (1 - _SPREAD * self._chance(f"{noun.name} {key!r} {read_at!r}"))

    def hold(self, noun: Noun[V], key: Hashable, value: V | None, revision: int, read_at: float) -> Entry[V]:
        """Holds a value in the process."""
        entry = Entry(value, revision, read_at=read_at, ends_at=self.end_of(noun, key, value, read_at))
        self.memory(noun).put(key, entry)
        return entry

    def forget(self) -> None:
        """Drops all that the process holds."""
        for memory in self._memories.values():
            memory.clear()

    def begin_anew(self, origin: str) -> None:
        """
        Holds values of the database *origin* from now on, and nothing of what was read before.

        That is for a database whose revisions have gone back, as they do in one that was restored from a backup: the
        same revisions come again with other values. Restored under its old id it needs a new one, because Redis may
        hold what it has forgotten.
        """
        self.origin = origin
        self.era += 1
        self.forget()

    async def close(self) -> None:
        """Gives up what is being loaded or stored."""
        await self.flights.close()
