"""
From indicators to evidence, a column whose sign is the vote.

A NaN of the columns stays a NaN, so that an agent abstains where one of its indicators has no value.
"""

import numpy as np
import numpy.typing as npt

from resolvers.model.bars import Series

Flags = npt.NDArray[np.bool_]


def beyond(value: Series, tie: Series | float) -> Series:
    """*value* where it is more than *tie* away from zero, 0 elsewhere: rounding is no opinion."""
    return value * (np.abs(value) > tie)


def outside(value: Series, low: Series | float, high: Series | float) -> Series:
    """Evidence for a return: how far *value* is below *low*, less how far it is above *high*."""
    return np.maximum(low - value, 0.0) - np.maximum(value - high, 0.0)


def either(up: Flags, down: Flags, *known: Series) -> Series:
    """1 where *up*, -1 where *down*, 0 where both or neither; NaN where one of *known* is."""
    return _where_known(np.subtract(up, down, dtype=np.float64), known)


def only(value: Series, when: Flags, *known: Series) -> Series:
    """*value* where *when*, 0 elsewhere; NaN where it is NaN itself, or one of *known* is."""
    return _where_known(value * when, known)


def held(up: Flags, down: Flags, *known: Series) -> Series:
    """1 since an *up* with no *down* after it, -1 the other way round, 0 before either; NaN where one of *known* is."""
    bar = np.arange(1, len(up) + 1)
    last_up, last_down = (np.maximum.accumulate(bar * flags) for flags in (up, down))
    return either(last_up > last_down, last_up < last_down, *known)


def earlier(values: Series, bars: int = 1) -> Series:
    """The value of *bars* bars before, NaN at the start."""
    column = np.full(len(values), np.nan)
    column[bars:] = values[: max(len(values) - bars, 0)]
    return column


def _where_known(votes: Series, known: tuple[Series, ...]) -> Series:
    for column in known:
        votes += 0.0 * column
    return votes
