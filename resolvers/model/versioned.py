"""What was read, and the revision of its subject in the same snapshot."""

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
