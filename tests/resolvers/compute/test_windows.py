"""Sums, moments and extremes of sliding windows."""

import numpy as np
import pytest

from resolvers.compute.windows import highest, lowest, window_means, window_moments, window_sums
from resolvers.model.bars import Series

PERIODS = [1, 2, 3, 4, 5, 7, 8, 13, 20, 31, 64, 100]


def _walk(count: int = 300) -> Series:
    return np.cumsum(np.random.default_rng(5).normal(size=count))


@pytest.mark.parametrize("period", PERIODS)
def test_equals_each_window_by_itself(period: int) -> None:
    """Against NumPy on every window."""
    values = _walk()
    windows = np.lib.stride_tricks.sliding_window_view(values, period)
    mean, squares = window_moments(values, period)
    for column, expected in [
        (window_sums(values, period), windows.sum(axis=1)),
        (window_means(values, period), windows.mean(axis=1)),
        (mean, windows.mean(axis=1)),
        (squares, windows.var(axis=1) * period),
        (highest(values, period), windows.max(axis=1)),
        (lowest(values, period), windows.min(axis=1)),
    ]:
        assert np.isnan(column[: period - 1]).all()
        np.testing.assert_allclose(column[period - 1 :], expected, rtol=1e-12, atol=1e-11)


@pytest.mark.parametrize("period", PERIODS)
def test_where_the_values_begin_does_not_show(period: int) -> None:
    """Bit for bit."""
    values = _walk()
    for start in (1, 17, 100):
        np.testing.assert_array_equal(window_sums(values[start:], period)[-50:], window_sums(values, period)[-50:])
        for part, whole in zip(window_moments(values[start:], period), window_moments(values, period), strict=True):
            np.testing.assert_array_equal(part[-50:], whole[-50:])


@pytest.mark.parametrize("period", PERIODS)
def test_equal_values_have_their_own_mean_and_no_spread(period: int) -> None:
    """Exactly, although twenty tenths do not add up to two."""
    mean, squares = window_moments(np.full(200, 0.1), period)
    assert (mean[period - 1 :] == 0.1).all()
    assert (squares[period - 1 :] == 0).all()


@pytest.mark.parametrize("period", PERIODS)
def test_a_nan_spoils_the_windows_that_hold_it(period: int) -> None:
    """Those and no others."""
    values = _walk()
    values[120] = np.nan
    for column in (window_sums(values, period), *window_moments(values, period)):
        assert np.flatnonzero(np.isnan(column[period - 1 :])).tolist() == [
            at for at in range(len(values) - period + 1) if at <= 120 < at + period
        ]


def test_fewer_values_than_a_window() -> None:
    """All NaN, even of none."""
    for count in (0, 1, 4):
        assert np.isnan(window_sums(np.ones(count), 5)).sum() == count
        assert np.isnan(window_moments(np.ones(count), 5)[1]).sum() == count
