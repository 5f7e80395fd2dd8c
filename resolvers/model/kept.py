"""Things made of a value that live as long as it."""

from collections.abc import Callable
from typing import Any


class Kept(dict[Any, Any]):
    """
    What was made of a value, by name.

    Attributes:
        grew: Called when something was added, by whoever holds the value and has to know how large it is.
    """

    __slots__ = ("grew",)

    def __init__(self) -> None:
        super().__init__()
        self.grew: Callable[[], None] | None = None

    def __setitem__(self, name: Any, value: Any) -> None:
        """Keeps *value*."""
        super().__setitem__(name, value)
        if self.grew is not None:
            self.grew()
