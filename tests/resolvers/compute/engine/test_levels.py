"""Entry, stop and target by hand."""

import numpy as np

from resolvers.compute.engine.levels import levels

NAN = float("nan")


def test_levels_by_hand() -> None:
    """Two ranges to the stop and three to the target, whichever the side."""
    found = levels(np.array([1, -1], np.int8), np.array([100.0, 50.0]), np.array([2.5, 4.0]))
    assert found.entry.tolist() == [100.0, 50.0]
    assert found.stop.tolist() == [95.0, 58.0]
    assert found.target.tolist() == [107.5, 38.0]


def test_where_there_are_none() -> None:
    """To hold; while the range warms up; where the price stands still; where a level would not be positive."""
    direction = np.array([0, 1, 1, 1, -1, -1], np.int8)
    close = np.array([100.0, 100.0, 100.0, 4.0, 6.0, 1e308])
    atr = np.array([1.0, NAN, 0.0, 2.0, 2.0, 1e308])
    for column in levels(direction, close, atr):
        assert np.isnan(column).all()


def test_a_level_just_above_zero() -> None:
    """The smallest distance at which there still are levels."""
    found = levels(np.array([-1], np.int8), np.array([6.0]), np.array([1.9]))
    assert found.target[0] > 0
