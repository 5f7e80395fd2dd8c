"""Percentiles against values worked by hand."""

import pytest

from loadtests.percentiles import percentile


@pytest.mark.parametrize(
    ("percent", "expected"),
    [(5, 15), (30, 20), (40, 20), (50, 35), (100, 50)],
)
def test_the_nearest_rank_of_five_values(percent: float, expected: float) -> None:
    """The worked example of the nearest-rank method: ranks 0.25, 1.5, 2, 2.5 and 5, rounded up."""
    assert percentile([35, 20, 15, 50, 40], percent) == expected


@pytest.mark.parametrize(
    ("percent", "expected"), [(50, 500), (90, 900), (95, 950), (99, 990), (99.9, 999), (100, 1000)]
)
def test_the_ranks_of_a_thousand_values(percent: float, expected: float) -> None:
    """Exactly the rank, also where the product is not exact in floating point."""
    assert percentile(list(range(1000, 0, -1)), percent) == expected


def test_one_value_is_every_percentile() -> None:
    """From the first to the last."""
    assert [percentile([7.0], percent) for percent in (0.1, 50, 99, 100)] == [7.0] * 4


def test_high_percentiles_of_few_values_are_the_maximum() -> None:
    """Nothing is made up between the values, or beyond them."""
    assert percentile([1, 2, 3, 100], 95) == 100


def test_what_has_no_percentile_is_refused() -> None:
    """No values, and percentages outside (0, 100]."""
    with pytest.raises(ValueError, match="at least 1 value"):
        percentile([], 50)
    for percent in (0, -1, 100.1):
        with pytest.raises(ValueError, match="percent must be above 0"):
            percentile([1.0], percent)
