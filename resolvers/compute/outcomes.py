"""What became of a price, and when that was known."""

import numpy as np
import numpy.typing as npt

from resolvers.model.bars import IntArray, Series

Outcomes = npt.NDArray[np.int8]


def outcomes(close: Series, horizon: int) -> Outcomes:
    """
    What the close did over the next *horizon* bars, for each bar of which that is known.

    Returns:
        Shape ``(max(n - horizon, 0),)``: 1 where it rose, -1 where it fell, 0 where it is what it was.
    """
    before, after = close[: max(len(close) - horizon, 0)], close[horizon:]
    return np.subtract(after > before, after < before, dtype=np.int8)


def months_of(time: IntArray) -> IntArray:
    """The month of each time in UTC, counted from January 1970."""
    return time.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)


def month_name(month: int) -> str:
    """``2016-03`` for the month with this number."""
    return str(np.datetime64(month, "M"))
