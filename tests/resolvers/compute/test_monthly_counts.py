"""Counts by month."""

import numpy as np

from resolvers.compute.monthly_counts import MonthlyCounts


def _counts(months: list[int], *things: list[int]) -> MonthlyCounts:
    return MonthlyCounts.of(np.array(months, np.int64), np.array(things))


def test_a_month_without_anything_counts_nothing() -> None:
    """Here the sixth."""
    counts = _counts([5, 5, 7], [1, 0, 1], [2, 2, 2])
    assert counts.first == 5
    assert counts.counts.tolist() == [[1, 4], [0, 0], [1, 2]]
    assert counts.total().tolist() == [2, 6]


def test_flags_are_counted() -> None:
    """However many there are: not in the bytes that they are kept in."""
    counts = MonthlyCounts.of(np.full(1000, 3), np.ones((2, 1000), bool))
    assert counts.counts.tolist() == [[1000, 1000]]


def test_a_month_knows_those_before_it() -> None:
    """Not its own; and one far away knows none or all."""
    counts = _counts([5, 5, 7], [1, 0, 1])
    assert counts.before(np.array([-9, 5, 6, 7, 8, 99]))[:, 0].tolist() == [0, 0, 1, 1, 2, 2]


def test_counts_are_added_up_month_by_month() -> None:
    """In any order, whichever begins or ends first; nothing adds nothing."""
    one, other, nothing = _counts([5, 7], [1, 1]), _counts([6, 7, 9], [1, 1, 1]), _counts([], [])
    for whole in (one + other, other + one, nothing + one + other, one + nothing + other):
        assert whole.first == 5
        assert whole.counts[:, 0].tolist() == [1, 1, 2, 0, 1]
    assert (nothing + nothing).before(np.array([3])).tolist() == [[0]]
