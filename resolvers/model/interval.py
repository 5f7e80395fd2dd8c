"""The eight bar lengths."""

from enum import IntEnum
from typing import Self

from resolvers.errors import BadInput


class Interval(IntEnum):
    """Length of a bar; the value is its minutes, which is also how it is stored."""

    M1 = 1
    M5 = 5
    M15 = 15
    M30 = 30
    H1 = 60
    H4 = 240
    D1 = 1440
    W1 = 10080

    @property
    def seconds(self) -> int:
        """Length in seconds; sessions may be shorter."""
        return self.value * 60

    @property
    def is_intraday(self) -> bool:
        """Whether bars carry an instant; D1 and W1 carry a session date instead."""
        return self < Interval.D1

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        The interval named *text*, in any case.

        Raises:
            BadInput: If there is no such interval.
        """
        try:
            return cls[text.strip().upper()]
        except KeyError:
            names = ", ".join(cls.__members__)
            raise BadInput(f"an interval is one of {names}, was {text!r}") from None
