"""What was read, and the revision of its subject in the same snapshot."""

from collections.abc import Mapping
from typing import Generic, NamedTuple, TypeVar

V = TypeVar("V")


class Versioned(NamedTuple, Generic[V]):
    """
    A value that was read together with the revision of what it is about.

    Attributes:
        value: None where nothing is stored.
        revision: Of its subject, in the snapshot that the value was read in.
    """

    value: V
    revision: int


class VersionedEach(NamedTuple, Generic[V]):
    """
    Values about several instruments that were read together with the revisions of each.

    Attributes:
        revision: Of all instruments together, in the snapshot that the values were read in.
        revisions: Of each instrument that was asked for or found, by its id, in the same.
    """

    value: V
    revision: int
    revisions: Mapping[int, int]
