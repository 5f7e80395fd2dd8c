"""Rows that tell the same bar twice: those that agree, and those that contradict the first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resolvers.model.bars import IntArray, Series

_Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class RepeatedRows:
    """
    Rows sorted by series and time; all columns are in that order.

    Attributes:
        order: Position of each row before sorting.
        first: Position before sorting of the first row in file order with the same series and time.
        repeats, contradicts: Whether a row is not the first one, and agrees with it or does not.
    """

    order: IntArray
    first: IntArray
    repeats: _Flags
    contradicts: _Flags


def repeated_rows(series: IntArray, time: IntArray, values: Sequence[Series]) -> RepeatedRows:
    """Rows of the same *series* and *time*, compared in *values*, where a missing value equals a missing value."""
    order = np.lexsort((time, series))  # stable: file order remains within one moment
    if not len(order):
        nothing = np.zeros(0, bool)
        return RepeatedRows(order=order, first=order, repeats=nothing, contradicts=nothing)
    is_later = np.zeros(len(order), bool)
    is_later[1:] = (np.diff(time[order]) == 0) & (np.diff(series[order]) == 0)
    first = order[np.maximum.accumulate(np.where(is_later, 0, np.arange(len(order))))]
    later, earlier = order[is_later], first[is_later]
    agrees = np.ones(len(later), bool)
    for column in values:
        agrees &= (column[later] == column[earlier]) | (np.isnan(column[later]) & np.isnan(column[earlier]))
    repeats, contradicts = is_later.copy(), is_later.copy()
    repeats[is_later], contradicts[is_later] = agrees, ~agrees
    return RepeatedRows(order=order, first=first, repeats=repeats, contradicts=contradicts)


def settled_times(series: IntArray, time: IntArray, second: IntArray, values: Sequence[Series]) -> IntArray:
    """
    *time*, moved to *second* where another bar has the first.

    When clocks go back, 01:30 comes twice. Of two different bars at 01:30 the earlier row has the first
    of the two instants; in a file that runs backwards that is the later row.
    """
    doubtful = np.flatnonzero(time != second)
    if not len(doubtful):
        return time
    steps = np.diff(time)[np.diff(series) == 0]
    if np.sum(steps < 0) > np.sum(steps > 0):
        doubtful = doubtful[::-1]
    found = repeated_rows(series[doubtful], time[doubtful], [column[doubtful] for column in values])
    moved = doubtful[found.order[found.contradicts]]
    settled = time.copy()
    settled[moved] = second[moved]
    return settled
