"""What makes a bar impossible, for every way in: files, feeds and published candles."""

from collections.abc import Callable
from enum import IntEnum

import numpy as np

from resolvers.model.bars import IntArray, Series

VALUE_LIMIT = 1e18
"""Prices and volumes stay below this, so that sums over any window stay exact enough."""


class BarFault(IntEnum):
    """Why a bar cannot be right; of several reasons, the one with the lowest number is told."""

    NONE = 0
    MISSING_PRICE = 1
    NOT_FINITE = 2
    NOT_POSITIVE = 3
    TOO_LARGE = 4
    HIGH_BELOW_LOW = 5
    OPEN_OUTSIDE = 6
    CLOSE_OUTSIDE = 7
    NEGATIVE_VOLUME = 8
    VOLUME_TOO_LARGE = 9


def bar_faults(
    open: Series,  # noqa: A002 - the columns go by their own names
    high: Series,
    low: Series,
    close: Series,
    volume: Series,
) -> IntArray:
    """
    A ``BarFault`` for each bar, 0 where it can be right.

    Args:
        open, high, low, close: Prices, same shape; NaN where the source gave none.
        volume: Units traded; NaN is allowed and means that the source did not say.
    """
    prices = np.stack((open, high, low, close))
    faults = {
        BarFault.MISSING_PRICE: np.isnan(prices).any(axis=0),
        BarFault.NOT_FINITE: np.isinf(prices).any(axis=0),
        BarFault.NOT_POSITIVE: (prices <= 0).any(axis=0),
        BarFault.TOO_LARGE: (prices >= VALUE_LIMIT).any(axis=0),
        BarFault.HIGH_BELOW_LOW: high < low,
        BarFault.OPEN_OUTSIDE: (open < low) | (open > high),
        BarFault.CLOSE_OUTSIDE: (close < low) | (close > high),
        BarFault.NEGATIVE_VOLUME: volume < 0,
        BarFault.VOLUME_TOO_LARGE: volume >= VALUE_LIMIT,
    }
    codes = [np.int64(fault) for fault in faults]
    return np.select(list(faults.values()), codes, default=np.int64(BarFault.NONE))


def fault_reason(
    fault: int,
    *,
    open: float,  # noqa: A002
    high: float,
    low: float,
    close: float,
    volume: float,
) -> str:
    """Why the bar with these values has this *fault*: what was expected, then what was found."""
    prices = {"open": open, "high": high, "low": low, "close": close}
    match BarFault(fault):
        case BarFault.NONE:
            return ""
        case BarFault.MISSING_PRICE:
            missing = [name for name, price in prices.items() if np.isnan(price)]
            return f"{_listed(missing)} must be given, {'was' if len(missing) == 1 else 'were'} missing"
        case BarFault.NOT_FINITE:
            return _first(prices, np.isinf, "must be finite")
        case BarFault.NOT_POSITIVE:
            return _first(prices, lambda price: price <= 0, "must be positive")
        case BarFault.TOO_LARGE:
            return _first(prices, lambda price: price >= VALUE_LIMIT, f"must be below {VALUE_LIMIT:g}")
        case BarFault.HIGH_BELOW_LOW:
            return f"high must be at least the low {plain(low)}, was {plain(high)}"
        case BarFault.OPEN_OUTSIDE:
            return f"open must lie between low {plain(low)} and high {plain(high)}, was {plain(open)}"
        case BarFault.CLOSE_OUTSIDE:
            return f"close must lie between low {plain(low)} and high {plain(high)}, was {plain(close)}"
        case BarFault.NEGATIVE_VOLUME:
            return f"volume must not be negative, was {plain(volume)}"
        case BarFault.VOLUME_TOO_LARGE:
            return f"volume must be below {VALUE_LIMIT:g}, was {plain(volume)}"


def plain(value: float) -> str:
    """The number as people write it: every digit that matters, no ``.0``."""
    return repr(float(value)).removesuffix(".0")


def _first(prices: dict[str, float], is_wrong: Callable[[float], object], expected: str) -> str:
    name, price = next((name, price) for name, price in prices.items() if is_wrong(price))
    return f"{name} {expected}, was {plain(price)}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
