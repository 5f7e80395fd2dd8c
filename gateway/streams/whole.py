"""A list that is told as a whole."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """
    What a subject of a field is whose lists are told as a whole.

    Attributes:
        items: The objects of the list.
        said: What it says. As long as an event does not change that, nobody is told of it again, whatever else in the
            items has become of the clock.
        is_present: Whether a query would still say the same: whoever comes later is given another one.
    """

    items: Sequence[Any]
    said: Hashable
    is_present: Callable[[], bool]


def executable(made: Any) -> Any:
    """What an executor completes of an object."""
    return made.items if isinstance(made, Whole) else made


def is_present(made: Any) -> bool:
    """Whether an object that is held may be shown to those who come now."""
    return not isinstance(made, Whole) or made.is_present()


def says_the_same(made: Any, before: Any) -> bool:
    """Whether an object is no news to those who were told the one *before*."""
    return isinstance(made, Whole) and isinstance(before, Whole) and made.said == before.said
