"""What was measured on a bar, and what a signal of it rests on."""

from typing import NamedTuple, Self

import numpy as np


class Measures(NamedTuple):
    """
    Indicator values on the bar of a signal, computed as the catalog's are; NaN where one has no value.

    Stored as float64 in this order: new ones are added at the end, and what is stored before has NaN there.

    Attributes:
        atr: Average true range of 14 bars, in the price's unit.
        rsi: Relative strength index of 14 bars, 0 to 100.
        macd_histogram: MACD of 12 and 26 bars less its signal line of 9, in the price's unit.
        percent_b: Place of the close within the Bollinger bands of 20 bars and 2 deviations: 0 the lower, 1 the upper.
        adx: Average directional index of 14 bars, 0 to 100.
        ema: Exponential average of 50 closes.
        volume_ratio: Volume in the mean of the 20 volumes before this bar.
        return_20: Change of the close over 20 bars, as a share of the earlier one.
    """

    atr: float
    rsi: float
    macd_histogram: float
    percent_b: float
    adx: float
    ema: float
    volume_ratio: float
    return_20: float

    @classmethod
    def of(cls, stored: bytes) -> Self:
        """The measures that were stored as *stored*."""
        values = np.frombuffer(stored, "<f8")[: len(cls._fields)].tolist()
        return cls(*values, *[float("nan")] * (len(cls._fields) - len(values)))

    def stored(self) -> bytes:
        """As they are stored."""
        return np.array(self, "<f8").tobytes()
