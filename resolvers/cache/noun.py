"""A kind of value that is held: how long, how much of it, and how it is written down."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

V = TypeVar("V")


def _weighed(_: Any, value: Any) -> int:
    return sys.getsizeof(value)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Noun(Generic[V]):
    """
    A kind of value.

    Attributes:
        name: Part of its keys, and what counters call it.
        life_seconds: The longest that a value is held, whatever its revision: a bound against a lost event.
        absent_seconds: The same for what does not exist.
        entries, size_bytes: Most values, and most bytes of them, that a process holds.
        encode: A value as bytes; None for one that only the process itself holds.
        decode: The value of such bytes, which may be a view of them. Raises anything for others.
        weigh: Estimated bytes that a key and its value take in the process.
    """

    name: str
    life_seconds: float
    entries: int
    size_bytes: int
    absent_seconds: float = 30.0
    encode: Callable[[V], bytes] | None = None
    decode: Callable[[memoryview], V] | None = None
    weigh: Callable[[Any, V], int] = _weighed

    def seconds(self, value: V | None) -> float:
        """How long *value* may be held at most; None is what does not exist."""
        return self.absent_seconds if value is None else self.life_seconds
