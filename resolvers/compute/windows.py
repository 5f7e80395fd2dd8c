"""
Sums, means, moments and extremes of sliding windows.

A running sum adds the new bar and subtracts the old one, so its rounding depends on where it
began. A price's mean does not mind, but a small deviation does: TA-Lib's STDDEV of two daily
closes differs by 7e-9 of itself between a window of 50 and one of 500, and that of two returns
by 5e-7. Here windows are put together from halves: ``log2(period)`` additions of whole columns,
after which every value is a function of its own window alone, bit for bit. A NaN spoils exactly
the windows that hold it.
"""

import numpy as np
import talib

from resolvers.model.bars import Series


def padded(values: Series, length: int) -> Series:
    """*values* at the end of a column of *length*, NaN before them."""
    column = np.full(length, np.nan)
    if len(values):
        column[-len(values) :] = values
    return column


def window_sums(values: Series, period: int) -> Series:
    """Sum of the last *period* values, shape ``(n,)``, NaN while the window fills."""
    if len(values) < period:
        return np.full(len(values), np.nan)
    block, size = values, 1
    total, summed = values[:0], 0
    while True:
        if period & size:
            total = block if not summed else total[size:] + block[: len(total) - size]
            summed += size
        if summed == period:
            return padded(total, len(values))
        block = block[size:] + block[:-size]
        size *= 2


def window_means(values: Series, period: int) -> Series:
    """Mean of the last *period* values, exact where they are equal; NaN while the window fills."""
    return window_moments(values, period, squares=False)[0]


def window_moments(values: Series, period: int, *, squares: bool = True) -> tuple[Series, Series]:
    """
    Mean and sum of squared deviations of the last *period* values.

    Halves are merged as Chan, Golub and LeVeque (1979) do, which adds nothing but squares: no
    digits cancel, and a window of equal values has a sum of exactly zero.

    Args:
        squares: Whether the second is wanted; it is all zero otherwise.

    Returns:
        Two columns of shape ``(n,)``, NaN while the window fills.
    """
    if len(values) < period:
        return np.full(len(values), np.nan), np.full(len(values), np.nan)
    block = (values, values - values)
    size, merged, whole = 1, 0, block
    while True:
        if period & size:
            whole = block if not merged else _merged(whole, merged, block, size, squares=squares)
            merged += size
        if merged == period:
            return padded(whole[0], len(values)), padded(whole[1], len(values))
        block = _merged(block, size, block, size, squares=squares)
        size *= 2


def highest(values: Series, period: int) -> Series:
    """Highest of the last *period* values, NaN while the window fills."""
    return talib.MAX(values, period) if period > 1 else values


def lowest(values: Series, period: int) -> Series:
    """Lowest of the last *period* values, NaN while the window fills."""
    return talib.MIN(values, period) if period > 1 else values


def _merged(
    late: tuple[Series, Series], late_size: int, early: tuple[Series, Series], early_size: int, *, squares: bool
) -> tuple[Series, Series]:
    """Moments of windows made of *early_size* values followed by *late_size* values."""
    # Both columns begin with their first full window, so the earlier part sits late_size rows before the later one.
    size = late_size + early_size
    count = len(late[0]) - early_size
    delta = early[0][:count] - late[0][early_size:]
    mean = late[0][early_size:] + delta * (early_size / size)
    if not squares:
        return mean, late[1][early_size:]
    delta *= delta
    delta *= late_size * early_size / size
    delta += early[1][:count]
    delta += late[1][early_size:]
    return mean, delta
