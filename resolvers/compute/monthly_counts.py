"""Counts that are kept by month, so that each month may know those of the months before it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from resolvers.model.bars import IntArray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MonthlyCounts:
    """
    Counts of things that came to be known in each month; those of several instruments or processes are added up.

    Attributes:
        first: The month of the first row, counted from January 1970.
        counts: Whole numbers, shape ``(months, …)``.
    """

    first: int
    counts: IntArray

    @classmethod
    def of(cls, months: IntArray, things: npt.NDArray[Any]) -> "MonthlyCounts":
        """
        The sums of *things* in each month.

        Args:
            months: Not decreasing, shape ``(n,)``.
            things: Whole numbers or flags, shape ``(…, n)``.
        """
        if not len(months):
            return cls(first=0, counts=np.zeros((0, *things.shape[:-1]), np.int64))
        starts = np.flatnonzero(np.diff(months, prepend=months[0] - 1))
        numbers = things.view(np.int8) if things.dtype == np.bool_ else things
        counts = np.zeros((months[-1] - months[0] + 1, *things.shape[:-1]), np.int64)
        counts[months[starts] - months[0]] = np.moveaxis(
            np.add.reduceat(numbers, starts, axis=-1, dtype=np.int64), -1, 0
        )
        return cls(first=int(months[0]), counts=counts)

    def __add__(self, other: "MonthlyCounts") -> "MonthlyCounts":
        """The counts of both."""
        parts = [one for one in (self, other) if len(one.counts)]
        if len(parts) < 2:
            return parts[0] if parts else self
        first = min(one.first for one in parts)
        end = max(one.first + len(one.counts) for one in parts)
        counts = np.zeros((end - first, *self.counts.shape[1:]), np.int64)
        for one in parts:
            counts[one.first - first : one.first - first + len(one.counts)] += one.counts
        return MonthlyCounts(first=first, counts=counts)

    def before(self, months: IntArray) -> IntArray:
        """What was known when each of *months* began, shape ``(k, …)``: the sum of all earlier months."""
        sums = np.concatenate((np.zeros_like(self.counts[:1], shape=(1, *self.counts.shape[1:])), self.counts)).cumsum(
            0
        )
        found: IntArray = sums[np.clip(months - self.first, 0, len(self.counts))]
        return found

    def total(self) -> IntArray:
        """All of them."""
        found: IntArray = self.counts.sum(axis=0)
        return found
