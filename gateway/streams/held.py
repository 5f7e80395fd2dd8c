"""What a subject is at present, as an object that every selection can be executed on."""

from dataclasses import dataclass
from typing import Any, Final

ABSENT: Final = object()
"""The object of a subject that has no state."""


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """
    An object, made of the event or of the snapshot of that number.

    Attributes:
        is_outrun: Whether somebody who came was given a later one.
    """

    number: int
    made: Any
    is_outrun: bool = False
