"""Texts of cells: numbered, so that each is read once, and shown in messages."""

from collections.abc import Iterable

import numpy as np

from resolvers.model.bars import IntArray


class Numbered(dict[str, int]):
    """Numbers texts in the order in which they come, from 0."""

    def __missing__(self, text: str) -> int:
        self[text] = number = len(self)
        return number

    def of(self, texts: Iterable[str], count: int) -> IntArray:
        """The number of each of *count* texts."""
        return np.fromiter(map(self.__getitem__, texts), np.int64, count)


def shown(text: str) -> str:
    """A cell as a message shows it, not longer than 40 characters."""
    return repr(text if len(text) <= 40 else text[:37] + "...")
