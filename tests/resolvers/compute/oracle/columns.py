"""Lists of floats and what is done with windows of them."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from resolvers.model.bars import Bars, IntArray

Column = list[float]
NAN = math.nan


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """Bars as lists, with the arguments of an indicator."""

    open: Column
    high: Column
    low: Column
    close: Column
    volume: Column
    days: list[int]
    arguments: Mapping[str, Any]

    @classmethod
    def of(cls, bars: Bars, days: IntArray, arguments: Mapping[str, Any]) -> "Given":
        """The same numbers without NumPy."""
        return cls(
            open=bars.open.tolist(),
            high=bars.high.tolist(),
            low=bars.low.tolist(),
            close=bars.close.tolist(),
            volume=bars.volume.tolist(),
            days=days.tolist(),
            arguments=arguments,
        )

    def __getitem__(self, name: str) -> Any:
        """An argument."""
        return self.arguments[name]

    @property
    def price(self) -> Column:
        """The price that ``of`` names."""
        named = {"OPEN": self.open, "HIGH": self.high, "LOW": self.low, "CLOSE": self.close}
        named["MEDIAN"] = [(high + low) / 2 for high, low in zip(self.high, self.low, strict=True)]
        named["TYPICAL"] = self.typical
        return named[str(self["of"])]

    @property
    def typical(self) -> Column:
        """Means of high, low and close."""
        return [sum(prices) / 3 for prices in zip(self.high, self.low, self.close, strict=True)]


Oracle = Callable[[Given], tuple[Column, ...]]


def rolling(values: Column, period: int, function: Callable[[Column], float]) -> Column:
    """*function* of each window of *period* values; NaN for a window that is short or holds a NaN."""
    return [
        NAN
        if at + 1 < period or any(map(math.isnan, values[at + 1 - period : at + 1]))
        else function(values[at + 1 - period : at + 1])
        for at in range(len(values))
    ]


def mean(values: Column) -> float:
    """Their mean, without rounding on the way."""
    return math.fsum(values) / len(values)


def deviation(values: Column, *, sample: bool = False) -> float:
    """Their standard deviation, in two passes."""
    middle = mean(values)
    return math.sqrt(math.fsum((value - middle) ** 2 for value in values) / (len(values) - sample))


def ratio(above: float, below: float) -> float:
    """Their quotient; NaN for anything over nothing."""
    return above / below if below else NAN


def smoothed(values: Column, period: int, weight: float) -> Column:
    """Seeded with the mean of the first *period* values that are there; each later one counts with *weight*."""
    result, seen = [], Column()
    last = NAN
    for value in values:
        if not math.isnan(value):
            seen.append(value)
            if len(seen) == period:
                last = mean(seen)
            elif len(seen) > period:
                last += weight * (value - last)
        result.append(last)
    return result


def exponential(values: Column, period: int) -> Column:
    """Exponential average."""
    return smoothed(values, period, 2 / (period + 1))


def wilder(values: Column, period: int) -> Column:
    """Wilder's average."""
    return smoothed(values, period, 1 / period)


def true_ranges(given: Given) -> Column:
    """The largest of the range and the distances from the close before; NaN for the first bar."""
    spans = zip(given.high[1:], given.low[1:], given.close, strict=False)
    return [NAN, *(max(high, before) - min(low, before) for high, low, before in spans)]
