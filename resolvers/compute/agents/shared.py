"""The indicators that more than one agent looks at."""

import numpy as np
import talib

from resolvers.compute.agents.indicators import Indicators
from resolvers.compute.catalog import CATALOG, computed
from resolvers.compute.indicator import Argument
from resolvers.compute.momentum import relative_strength
from resolvers.compute.stochastics import place
from resolvers.compute.windows import highest, lowest, window_moments
from resolvers.model.bars import IntArray, Series

_NO_DAYS: IntArray = np.empty(0, np.int64)


def catalogued(of: Indicators, name: str, /, **arguments: Argument) -> tuple[Series, ...]:
    """The columns of an indicator that the API serves, with all of its *arguments*; none that needs session days."""
    return computed(CATALOG[name], of.bars, _NO_DAYS, arguments)


def sma(of: Indicators, period: int) -> Series:
    """Simple average of the close."""
    return talib.SMA(of.bars.close, period)


def ema(of: Indicators, period: int) -> Series:
    """Exponential average of the close, seeded with the simple one."""
    return talib.EMA(of.bars.close, period)


def change(of: Indicators, bars: int) -> Series:
    """The close less that of *bars* bars before."""
    column = np.full(len(of.bars), np.nan)
    np.subtract(of.bars.close[bars:], of.bars.close[:-bars], out=column[bars:])
    return column


def rsi(of: Indicators, period: int) -> Series:
    """Wilder's relative strength index of the close, 0 to 100."""
    return relative_strength(of.bars.close, period)


def true_range(of: Indicators) -> Series:
    """Range of each bar with the gap before it (Wilder 1978)."""
    return talib.TRANGE(of.bars.high, of.bars.low, of.bars.close)


def atr(of: Indicators, period: int) -> Series:
    """Average true range by Wilder's smoothing (Wilder 1978)."""
    return talib.ATR(of.bars.high, of.bars.low, of.bars.close, period)


def moments(of: Indicators, period: int) -> tuple[Series, Series]:
    """Mean and sum of squared deviations of the last closes, the second exactly 0 where they are equal."""
    return window_moments(of.bars.close, period)


def z_score(of: Indicators, period: int) -> Series:
    """Distance of the close from its mean in population standard deviations; NaN where it stood still."""
    mean, squares = of(moments, period)
    return (of.bars.close - mean) / np.sqrt(squares / period)


def range_place(of: Indicators, period: int) -> Series:
    """Where the close lies in the range of the last bars, 0 to 100; NaN where that range is one price."""
    return place(of.bars.close, of(highest_high, period), of(lowest_low, period))


def highest_high(of: Indicators, period: int) -> Series:
    """Highest high of the last bars, this one among them."""
    return highest(of.bars.high, period)


def lowest_low(of: Indicators, period: int) -> Series:
    """Lowest low of the last bars, this one among them."""
    return lowest(of.bars.low, period)
