"""Columns of bars: what a price series is everywhere in this project."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Series = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Bars:
    """
    Bars of one series, oldest first, as read-only columns of equal length.

    Attributes:
        time: Start of each bar in unix seconds, strictly increasing. D1 and W1 bars carry
            00:00 UTC of their session date.
        open, high, low, close: Prices in the instrument's currency, finite and positive.
        volume: Units traded; NaN where the source did not say.
    """

    time: IntArray
    open: Series
    high: Series
    low: Series
    close: Series
    volume: Series

    def __post_init__(self) -> None:
        """Makes the columns read-only, because they are shared."""
        for column in (self.time, self.open, self.high, self.low, self.close, self.volume):
            column.setflags(write=False)

    def __len__(self) -> int:
        """Number of bars."""
        return len(self.time)

    def __getitem__(self, part: slice) -> Self:
        """A view of consecutive bars; nothing is copied."""
        # Spelled out: a write of many short series cuts thousands, and `dataclasses.fields` costs more than the cut.
        return type(self)(
            time=self.time[part],
            open=self.open[part],
            high=self.high[part],
            low=self.low[part],
            close=self.close[part],
            volume=self.volume[part],
        )

    @classmethod
    def empty(cls) -> Self:
        """No bars."""
        nothing = np.empty(0)
        return cls(time=np.empty(0, np.int64), open=nothing, high=nothing, low=nothing, close=nothing, volume=nothing)
