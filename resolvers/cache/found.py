"""What is asked of the tiers, and what comes back."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

from resolvers.cache.noun import Noun

V = TypeVar("V")


class Tier(StrEnum):
    """Where a value came from."""

    MEMORY = "memory"
    REDIS = "redis"
    STORAGE = "storage"


class Version(NamedTuple):
    """The revision of a subject that a value must have at least."""

    subject: str
    revision: int


class Found(NamedTuple, Generic[V]):
    """
    A value from one of the tiers.

    Attributes:
        value: None for what does not exist; an exception for what could not be loaded.
        revision: Of its subject, as it was read from storage.
        age: How long ago that was, in seconds.
    """

    value: V | Exception | None
    revision: int
    tier: Tier
    age: float


@dataclass(frozen=True, slots=True)
class Beside:
    """A value of another noun that a load came by, which is held as if it had been asked for."""

    noun: Noun[Any]
    key: Hashable
    subject: str
    value: Any
    revision: int


@dataclass(frozen=True, slots=True)
class Loaded(Generic[V]):
    """
    What storage holds for a key.

    Attributes:
        value: None for what does not exist.
        revision: Of its subject, read in the same snapshot.
        besides: Held before the value itself, so that whoever has waited for the value finds them.
        read_at: When the oldest part of it was read, in unix seconds; None for now.
    """

    value: V | None
    revision: int
    besides: Sequence[Beside] = ()
    read_at: float | None = None
