"""What makes a bar impossible."""

from math import inf, nan

import numpy as np
import pytest

from resolvers.compute.bar_rules import BarFault, bar_faults, fault_reason

_NAMES = ("open", "high", "low", "close", "volume")

CASES = [
    ((10, 12, 9, 11, 100), BarFault.NONE, ""),
    ((10, 10, 10, 10, 0), BarFault.NONE, ""),
    ((10, 12, 9, 11, nan), BarFault.NONE, ""),
    ((4e13, 5e13, 3e13, 4e13, 9e17), BarFault.NONE, ""),
    ((nan, 12, 9, 11, 100), BarFault.MISSING_PRICE, "open must be given, was missing"),
    ((nan, nan, nan, 11, 100), BarFault.MISSING_PRICE, "open, high and low must be given, were missing"),
    ((10, inf, 9, 11, 100), BarFault.NOT_FINITE, "high must be finite, was inf"),
    ((10, 12, 0, 11, 100), BarFault.NOT_POSITIVE, "low must be positive, was 0"),
    ((10, 12, 9, -1.5, 100), BarFault.NOT_POSITIVE, "close must be positive, was -1.5"),
    ((10, 1e18, 9, 11, 100), BarFault.TOO_LARGE, "high must be below 1e+18, was 1e+18"),
    ((10, 9, 12, 11, 100), BarFault.HIGH_BELOW_LOW, "high must be at least the low 12, was 9"),
    ((13, 12, 9, 11, 100), BarFault.OPEN_OUTSIDE, "open must lie between low 9 and high 12, was 13"),
    ((10, 12, 9, 8.5, 100), BarFault.CLOSE_OUTSIDE, "close must lie between low 9 and high 12, was 8.5"),
    ((10, 12, 9, 11, -1), BarFault.NEGATIVE_VOLUME, "volume must not be negative, was -1"),
    ((10, 12, 9, 11, inf), BarFault.VOLUME_TOO_LARGE, "volume must be below 1e+18, was inf"),
]


@pytest.mark.parametrize(("bar", "fault", "reason"), CASES)
def test_each_fault_has_its_reason(bar: tuple[float, ...], fault: BarFault, reason: str) -> None:
    """A bar gets its code, and the code its words: expected, then found."""
    columns = [np.array([value], np.float64) for value in bar]
    assert bar_faults(*columns).tolist() == [fault]
    assert fault_reason(fault, **dict(zip(_NAMES, bar, strict=True))) == reason


def test_all_bars_at_once() -> None:
    """The codes of many bars are those of each bar alone."""
    columns = [np.array(column, np.float64) for column in zip(*(bar for bar, _, _ in CASES), strict=True)]
    codes = bar_faults(*columns)
    assert codes.dtype == np.int64
    assert codes.tolist() == [fault for _, fault, _ in CASES]


def test_no_bars_have_no_faults() -> None:
    """Empty columns give an empty answer."""
    assert bar_faults(*[np.empty(0)] * 5).tolist() == []
