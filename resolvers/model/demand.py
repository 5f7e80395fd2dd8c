"""What is asked for, counted."""

from collections.abc import Hashable
from typing import Final

COUNTED: Final = ("window", "quote", "instrument")
"""The nouns of which it is counted; what else an answer needs is small, and found beside them."""


class Demand:
    """
    How often each value was asked for since somebody looked.

    Args:
        most: Most values of a noun. What comes when it is full is not counted: what is busy was there before.
    """

    __slots__ = ("_counts", "_most")

    def __init__(self, *, most: int = 5000) -> None:
        self._most = most
        self._counts: dict[str, dict[Hashable, int]] = {noun: {} for noun in COUNTED}

    def asked(self, noun: str, key: Hashable) -> None:
        """Counts one more who asks for *key*."""
        counts = self._counts.get(noun)
        if counts is None:
            return
        count = counts.get(key, 0)
        if count or len(counts) < self._most:
            counts[key] = count + 1

    def taken(self) -> dict[str, dict[Hashable, int]]:
        """The counts by noun and key, which begin anew."""
        counts, self._counts = self._counts, {noun: {} for noun in COUNTED}
        return counts
