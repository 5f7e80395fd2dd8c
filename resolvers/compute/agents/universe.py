"""
The closes of many instruments side by side, and how each did among the others.

An instrument's bar is judged by the last moment *before* it that the universe had completed, which is known when the
bar closes, whichever instruments close late or have no bar of that time at all. A moment is complete when at least 80 %
of the universe have a bar of it; to the universe belongs, at each moment, who had a bar in the 21 moments up
to it. So nothing depends on who is listed, or has vanished, later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from resolvers.model.bars import Bars, IntArray, Series

COMPLETE_SHARE = 0.8
RECENT_MOMENTS = 21
FEWEST = 10
"""Instruments among which a rank means something."""
TAIL_SHARE = 0.3
"""The share of the universe that are winners, and that are losers (Fama and French 1993 cut at 30 % and 70 %)."""


class Universe:
    """
    The instruments of one interval.

    Building it takes a few passes over the matrix, and each kind of standing one sort of its rows; both are shared by
    all instruments, and done anew when a moment has come to an end. For new bars alone the last moments suffice: as
    many complete ones as the longest look-back, one more, and 21 before them.

    Args:
        times: Start of each bar time in unix seconds, increasing, shape ``(t,)``.
        symbols: Unique, one for each column.
        closes: Closes in each instrument's currency, NaN where it has no bar, shape ``(t, symbols)``.

    Raises:
        ValueError: If the shapes do not fit, or a symbol is there twice.
    """

    def __init__(self, *, times: IntArray, symbols: Sequence[str], closes: Series) -> None:
        if closes.shape != (len(times), len(symbols)):
            raise ValueError(f"closes must have the shape {(len(times), len(symbols))}, was {closes.shape}")
        self._column = {symbol: at for at, symbol in enumerate(symbols)}
        if len(self._column) != len(symbols):
            raise ValueError(f"symbols must be unique, {len(symbols) - len(self._column)} were there twice")
        complete = _complete(closes)
        self.times = times[complete]
        """The complete moments, in unix seconds, shape ``(k,)``."""
        self._closes = closes[complete]
        self._standings: dict[tuple[int, int], Series] = {}

    @classmethod
    def of(cls, series: Mapping[str, Bars]) -> "Universe":
        """The universe of these series, by symbol."""
        times = np.unique(np.concatenate([bars.time for bars in series.values()])) if series else np.empty(0, np.int64)
        closes = np.full((len(times), len(series)), np.nan)
        for column, bars in enumerate(series.values()):
            closes[np.searchsorted(times, bars.time), column] = bars.close
        return cls(times=times, symbols=list(series), closes=closes)

    def member(self, symbol: str) -> "Member | None":
        """The instrument among its universe, None where it is not part of it."""
        column = self._column.get(symbol)
        return None if column is None else Member(universe=self, column=column)

    @property
    def asked(self) -> tuple[tuple[int, int], ...]:
        """The look-backs and skips of all standings that somebody has asked for, in order."""
        return tuple(sorted(self._standings))

    def standings(self, lookback: int, skip: int) -> Series:
        """
        How each instrument's return stood among the others', at each complete moment.

        Args:
            lookback: Moments back to the first close of the return.
            skip: Moments back to its last close, less than *lookback*.

        Returns:
            Shape ``(symbols, k)``: 1 for one of the 30 % with the highest returns, -1 for one of the 30 % with the
            lowest, 0 between; NaN where a close is missing or fewer than 10 can be compared. Who ties with one that
            is left out is left out.
        """
        # Threads that ask for it at once compute the same twice, which harms nobody.
        key = lookback, skip
        if key not in self._standings:
            self._standings[key] = _standings(self._closes, lookback, skip)
        return self._standings[key]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Member:
    """One instrument of a universe."""

    universe: Universe
    column: int

    def standing(self, times: IntArray, lookback: int, skip: int) -> Series:
        """Its standing at the last moment that was complete before each of *times*, NaN where there was none."""
        at = np.searchsorted(self.universe.times, times, side="left")
        row = self.universe.standings(lookback, skip)[self.column]
        return np.concatenate(([np.nan], row))[at]


def _complete(closes: Series) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which rows at least 80 % of those have that were there lately."""
    there = np.isfinite(closes)
    moment = np.arange(1, len(closes) + 1)[:, np.newaxis]
    last = np.maximum.accumulate(moment * there, axis=0)
    belongs = (last > 0) & (moment - last < RECENT_MOMENTS)
    complete: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
        there.sum(axis=1) >= COMPLETE_SHARE * belongs.sum(axis=1) - 1e-9
    )
    return complete & there.any(axis=1)


def _standings(closes: Series, lookback: int, skip: int) -> Series:
    table = np.full(closes.T.shape, np.nan)
    count = len(closes) - lookback
    if count <= 0:
        return table
    change = closes[lookback - skip : len(closes) - skip] / closes[:count]
    ranked = np.isfinite(change).sum(axis=1)
    tail = np.floor(TAIL_SHARE * ranked + 1e-9).astype(np.int64)
    ordered, row = np.sort(change, axis=1), np.arange(count)
    # Not a number sorts last, so the ranked ones are the first of each row; none of a row without any is looked at.
    high = ordered[row, ranked - tail - 1][:, np.newaxis]
    low = ordered[row, np.minimum(tail, closes.shape[1] - 1)][:, np.newaxis]
    standing = np.subtract(change > high, change < low, dtype=np.float64)
    standing[(ranked < FEWEST)[:, np.newaxis] | np.isnan(change)] = np.nan
    table[:, lookback:] = standing.T
    return table
