"""What happens to keys that the process does not hold: Redis, a lease, the load, and its storing."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from resolvers.cache.flights import Failed, Flight
from resolvers.cache.found import Found, Loaded, Tier, Version
from resolvers.cache.frame import NotFramed, framed, unframed
from resolvers.cache.noun import Noun
from resolvers.cache.redis_tier import Command

if TYPE_CHECKING:
    from resolvers.cache.tiers import Tiers

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.004, 0.05
# What is larger would not pass Redis within its budget together with others.
_LARGEST_BYTES = 4 * 2**20


class Flying(Generic[K, V]):
    """The load of some keys of one noun, for all who wait for them; `wanted` are those keys."""

    def __init__(
        self,
        tiers: "Tiers",
        noun: Noun[V],
        wanted: Mapping[K, Version],
        load: Callable[[Sequence[K]], Awaitable[Mapping[K, Loaded[V] | Exception]]],
        flight: Flight,
        *,
        is_fresh: bool,
    ) -> None:
        self._tiers = tiers
        self._noun = noun
        self._wanted = wanted
        self._load = load
        self._flight = flight
        self._is_fresh = is_fresh
        self._era = tiers.era
        self._counts = tiers.counters.of(noun.name)
        self._redis = tiers.redis if noun.encode is not None else None
        # Keys that are counted as missing from Redis, and of these the ones that are counted further.
        self._missed = set(wanted) if is_fresh else set[K]()
        self._counted = set[K]()
        flight.at_end = self._count_the_rest

    async def run(self) -> None:
        """Lands every key."""
        if self._is_fresh:
            await self._from_storage(list(self._wanted))
            return
        missing = await self._from_redis()
        if missing is None:
            await self._from_storage(list(self._wanted))
        else:
            await self._one_for_all(missing)

    async def _from_redis(self) -> list[K] | None:
        """Lands what Redis holds, and returns the rest; None where Redis does not answer."""
        names = self._names(self._wanted)
        values = None if self._redis is None else await self._redis.get(list(names.values()))
        if values is None:
            self._missed.update(self._wanted)
            self._counts.redis_misses += len(self._wanted)
            self._counts.redis_errors += len(self._wanted) if self._redis is not None else 0
            return None
        missing = []
        for (key, name), value in zip(names.items(), values, strict=True):
            if value is not None and self._is_landed(key, name, value):
                self._counts.redis_hits += 1
                continue
            self._missed.add(key)
            self._counts.redis_misses += 1
            self._counts.redis_errors += value is not None
            missing.append(key)
        return missing

    async def _one_for_all(self, missing: list[K]) -> None:
        """Loads what no other process is loading, and waits for the rest."""
        leases = self._tiers.leases
        if leases is None:
            await self._from_storage(missing)
            return
        # Long enough for one holder to die, its lease to run out, and another to load.
        deadline = time.monotonic() + 2 * leases.seconds
        while missing:
            names = self._names(missing)
            claim = await leases.claim(list(names.values())) if time.monotonic() < deadline else None
            if claim is None:
                await self._from_storage(missing)
                return
            landed = {key for key, name in names.items() if self._has_come(key, name, claim.found.get(name))}
            ours = [key for key, name in names.items() if key not in landed and name in claim.ours]
            others = [key for key, name in names.items() if key not in landed and name not in claim.ours]
            # Together, so that a slow load of ours does not keep those waiting who wait for another process.
            _, missing = await asyncio.gather(
                self._from_storage(ours, leased=claim.ours), self._from_others(others, deadline)
            )

    async def _from_others(self, waiting: list[K], deadline: float) -> list[K]:
        """
        Waits for values that other processes load, and returns those that none is loading any more.

        Whoever has waited claims the lease before loading, so that of many who have waited for one that died a single
        one loads. Past *deadline* everybody loads for himself.
        """
        leases, orphans = self._tiers.leases, list[K]()
        pause = _FIRST_PAUSE_SECONDS
        while leases is not None and waiting and time.monotonic() < deadline:
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
            names = self._names(waiting)
            seen = await leases.look(list(names.values()))
            if seen is None:
                break
            found, held = seen
            waiting = [key for key in waiting if not self._has_come(key, names[key], found.get(names[key]))]
            orphans += [key for key in waiting if names[key] not in held]
            waiting = [key for key in waiting if names[key] in held]
        return orphans + waiting

    def _has_come(self, key: K, name: str, value: bytes | None) -> bool:
        """Whether another process has stored *key*, which lands it."""
        if value is None or not self._is_landed(key, name, value):
            return False
        self._counts.redis_waits += 1
        self._counted.add(key)
        return True

    async def _from_storage(self, keys: list[K], *, leased: Collection[str] = ()) -> None:
        """Loads and lands *keys*, stores them, and gives leases back, whatever happens."""
        writes: list[Command] = []
        try:
            keys = keys if self._is_fresh else [key for key in keys if not self._has_returned(key)]
            read = await self._loaded(keys) if keys else []
            if read and self._redis is not None:
                # Whoever waits goes on first; writing values down takes a while.
                await asyncio.sleep(0)
                writes = (
                    []
                    if self._tiers.era != self._era
                    else [command for one in read if (command := self._write(*one)) is not None]
                )
        finally:
            # Also when nobody waits any more: those of other processes need not wait for the lease to run out.
            if leased and self._tiers.leases is not None:
                writes += self._tiers.leases.returns(sorted(leased))
            if self._redis is not None and writes:
                await self._redis.send(writes)

    def _has_returned(self, key: K) -> bool:
        """
        Whether the process holds *key* by now, which lands it:

            one request                             another
            wants revision 7, holds nothing
            begins a load, whose snapshot has 8
                                                    (the event: 8)
                                                    wants revision 8, holds nothing,
                                                    and nobody is loading it for 8
            holds what it has read, as 8
                                                    (and would load it once more)
        """
        now = self._tiers.clock()
        entry = self._tiers.memory(self._noun).get(key, self._wanted[key].revision, now)
        if entry is None:
            return False
        self._counts.memory_returns += 1
        self._counted.add(key)
        self._land(key, Found(entry.value, entry.revision, Tier.MEMORY, now - entry.read_at))
        return True

    async def _loaded(self, keys: list[K]) -> list[tuple[Noun[Any], Hashable, Version, Any, float]]:
        """Loads, holds and lands *keys*, and returns what there is to be stored, in its order."""
        counts, read_at = self._counts, self._tiers.clock()
        counts.loads += len(keys)
        self._counted.update(keys)
        try:
            loaded = await self._load(keys)
        except asyncio.CancelledError:
            counts.abandoned += len(keys)
            raise
        except Exception as error:
            counts.failed += len(keys)
            for key in keys:
                self._land(key, Failed(error))
            return []
        besides: list[tuple[Noun[Any], Hashable, Version, Any, float]] = []
        values: list[tuple[Noun[Any], Hashable, Version, Any, float]] = []
        for key in keys:
            one = loaded[key]
            if isinstance(one, Exception):
                counts.failed += 1
                self._land(key, Found(one, 0, Tier.STORAGE, 0.0))
                continue
            counts.loaded += one.value is not None
            counts.absent += one.value is None
            for beside in one.besides:
                self._hold(beside.noun, beside.key, beside.value, beside.revision, read_at)
                version = Version(beside.subject, beside.revision)
                besides.append((beside.noun, beside.key, version, beside.value, read_at))
            # Under the revision that it was read with. Under the one that was looked up, a read that an event has
            # overtaken would be held as what the event tells of, for as long as it lives.
            oldest = read_at if one.read_at is None else min(one.read_at, read_at)
            self._hold(self._noun, key, one.value, one.revision, oldest)
            version = Version(self._wanted[key].subject, one.revision)
            values.append((self._noun, key, version, one.value, oldest))
            self._land(key, Found(one.value, one.revision, Tier.STORAGE, read_at - oldest))
        return besides + values

    def _hold(self, noun: Noun[Any], key: Hashable, value: Any, revision: int, read_at: float) -> None:
        """Holds a value in the process, unless the database has become another one since the flight began."""
        if self._tiers.era == self._era:
            self._tiers.hold(noun, key, value, revision, read_at)

    def _write(self, noun: Noun[Any], key: Hashable, version: Version, value: Any, read_at: float) -> Command | None:
        """What stores a value in Redis; None where it cannot be stored."""
        life = int((self._tiers.end_of(noun, key, value, read_at) - self._tiers.clock()) * 1000)
        if noun.encode is None or self._redis is None or not self._redis.is_writable or life <= 0:
            return None
        try:
            payload = None if value is None else noun.encode(value)
        # Whoever asked has the value already; that it cannot be written down must not cost others the rest.
        except Exception as error:
            self._redis.garbage(type(error).__name__)
            return None
        if payload is not None and len(payload) > _LARGEST_BYTES:
            return None
        name = self._tiers.redis_key(noun, key, version)
        return ("SET", name, framed(name, payload, revision=version.revision, read_at=read_at), "PX", life)

    def _is_landed(self, key: K, name: str, value: bytes) -> bool:
        """Whether bytes of Redis are a value of *key* that still lives, which lands it."""
        noun, now = self._noun, self._tiers.clock()
        try:
            payload, revision, read_at = unframed(name, value)
            decoded = None if payload is None or noun.decode is None else noun.decode(payload)
        # The checksum fits, so it is ours; a decoder that stumbles nevertheless must not cost anybody the answer.
        except Exception as error:
            if self._redis is not None:
                self._redis.garbage(error if isinstance(error, NotFramed) else type(error).__name__)
            return False
        # The clock of another machine may be ahead.
        read_at = min(read_at, now)
        if self._tiers.end_of(noun, key, decoded, read_at) <= now:
            return False
        self._hold(noun, key, decoded, revision, read_at)
        self._land(key, Found(decoded, revision, Tier.REDIS, now - read_at))
        return True

    def _names(self, keys: Collection[K]) -> dict[K, str]:
        return {key: self._tiers.redis_key(self._noun, key, self._wanted[key]) for key in keys}

    def _seat(self, key: K) -> Hashable:
        return self._noun.name, key, self._wanted[key].revision

    def _land(self, key: K, outcome: Any) -> None:
        self._flight.land(self._seat(key), outcome)

    def _count_the_rest(self) -> None:
        """Counts keys that the flight was given up for before they came as far."""
        counts = self._counts
        landed = {key for key in self._wanted if self._flight.is_landed(self._seat(key))}
        for key in self._wanted:
            if key not in landed and key not in self._missed:
                counts.redis_misses += 1
                self._missed.add(key)
            if key in self._missed and key not in self._counted:
                counts.loads += 1
                counts.abandoned += 1
