"""What the tiers did, counted."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Counts:
    """
    What happened to the keys of one noun. While nothing is under way:

        asked for                 = memory_hits + memory_misses + past_tiers
        memory_misses             = memory_waits + redis_hits + redis_misses
        redis_misses + past_tiers = memory_returns + redis_waits + loads
        loads                     = loaded + absent + failed + abandoned

    What is held in the process alone has the first two numbers and nothing below; its misses ask for other nouns.

    Attributes:
        memory_hits, memory_misses: Found in the process, or not.
        memory_waits: Of the misses, those that another request of the process was loading already.
        memory_returns: Not in Redis, but in the process by the time they would have been loaded.
        redis_hits, redis_misses: Found in Redis, or not.
        redis_errors: Of these misses, those that Redis did not answer for, or with bytes that are no such value.
        redis_waits: Loaded by another process, which was waited for.
        past_tiers: Asked for by requests that must not be answered from what is held.
        loads: Asked of storage.
        loaded, absent, failed, abandoned: Of the loads, those with a value, without one, with an error, and those that
            nobody waited for any more.
        evictions: Dropped from the process to make room.
    """

    memory_hits: int = 0
    memory_misses: int = 0
    memory_waits: int = 0
    memory_returns: int = 0
    redis_hits: int = 0
    redis_misses: int = 0
    redis_errors: int = 0
    redis_waits: int = 0
    past_tiers: int = 0
    loads: int = 0
    loaded: int = 0
    absent: int = 0
    failed: int = 0
    abandoned: int = 0
    evictions: int = 0


class Counters:
    """The counts of every noun."""

    def __init__(self) -> None:
        self._counts: dict[str, Counts] = {}

    def of(self, noun: str) -> Counts:
        """The counts of *noun*, which go on counting."""
        return self._counts.setdefault(noun, Counts())

    def __iter__(self) -> Iterator[tuple[str, str, int]]:
        """All of them: noun, what is counted, and the count."""
        for noun, counts in sorted(self._counts.items()):
            for name, count in asdict(counts).items():
                yield noun, name, count
