"""
From which bar on agents look at a series.

Some of what they look at depends on all bars before. Of an interval of an hour or more that is everything since the
first stored bar. Shorter intervals have too many: their bars are seen from the beginning of the UTC month before their
own one on, so that what is said of a bar depends on one or two months, and on nothing older.
"""

from collections.abc import Iterator

import numpy as np

from resolvers.compute.outcomes import months_of
from resolvers.model.bars import IntArray
from resolvers.model.interval import Interval


def anchor(interval: Interval, time: int) -> int | None:
    """Whence a bar of this time is seen, in unix seconds; None for the first stored bar."""
    if interval >= Interval.H1:
        return None
    return month_begins(int(months_of(np.array([time], np.int64))[0]) - 1)


def month_begins(month: int) -> int:
    """The first second of a month that is counted from January 1970."""
    return int(np.datetime64(month, "M").astype("datetime64[s]").astype(np.int64))


def stretches(interval: Interval, time: IntArray, first: int) -> Iterator[tuple[slice, int]]:
    """
    The parts of a series that are seen in one go, oldest first.

    Args:
        time: Starts of its bars in unix seconds, increasing.
        first: The first bar of which something is wanted; all later ones are.

    Yields:
        Bars to look at, and which of them is the first one that is wanted.
    """
    if interval >= Interval.H1:
        if first < len(time):
            yield slice(0, len(time)), first
        return
    while first < len(time):
        month = int(months_of(time[first : first + 1])[0])
        start, end = np.searchsorted(time, (month_begins(month - 1), month_begins(month + 1))).tolist()
        yield slice(start, end), first - start
        first = end
