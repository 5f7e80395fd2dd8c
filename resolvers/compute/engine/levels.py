"""Where a signal would be entered, where it would be wrong, and where it would be right."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from resolvers.model.bars import Series

ATR_BARS = 14
STOP_RANGES, TARGET_RANGES = 2.0, 3.0
"""
Average true ranges from the close to the stop and to the target.

The range is Wilder's (1978). The multiples are a convention: a target further away than the stop, and both outside what
the price does in a bar or two anyway. Nothing was fitted, and nobody claims that they earn money.
"""


class Levels(NamedTuple):
    """One value for each bar; all three are NaN where there are none."""

    entry: Series
    stop: Series
    target: Series


def levels(direction: npt.NDArray[np.int8], close: Series, atr: Series) -> Levels:
    """
    The levels of signals on bars with these closes.

    There are none for a signal to hold, where the average true range has no value or is nothing, and where a level
    would not be positive.

    Args:
        direction: -1, 0 or 1, shape ``(n,)`` as all of them.
        atr: In the price's unit; NaN while it warms up.
    """
    with np.errstate(over="ignore"):
        stop = close - direction * STOP_RANGES * atr
        target = close + direction * TARGET_RANGES * atr
    # What is not a number compares as false, and so has no levels either.
    holds = (direction != 0) & (atr > 0) & (stop > 0) & (target > 0) & np.isfinite(target) & np.isfinite(stop)
    return Levels(*(np.where(holds, column, np.nan) for column in (close, stop, target)))
