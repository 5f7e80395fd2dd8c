"""Given bars as columns, each with the reason that speaks against it."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from resolvers.compute.bar_rules import bar_faults, fault_reason
from resolvers.errors import BadInput
from resolvers.given import GivenBar, Refusal
from resolvers.model.bars import Bars, IntArray
from resolvers.model.interval import Interval
from resolvers.model.session import DAY, week_starts

# As of imports: a year beyond is a slip, and would make a partition of its own.
_FIRST_SECOND = int(datetime(1800, 1, 1, tzinfo=UTC).timestamp())

# Sessions of the Pacific are a day ahead, and clocks are not exact.
_AHEAD_SECONDS = 2 * DAY

_VALUES = ("open", "high", "low", "close", "volume")


def columns_of(bars: Sequence[GivenBar]) -> Bars:
    """The bars in the order given; a missing volume is NaN. Their times need not be rising yet."""
    return Bars(
        time=np.array([int(bar.time.timestamp()) for bar in bars], np.int64),
        open=np.array([bar.open for bar in bars], np.float64),
        high=np.array([bar.high for bar in bars], np.float64),
        low=np.array([bar.low for bar in bars], np.float64),
        close=np.array([bar.close for bar in bars], np.float64),
        volume=np.array([np.nan if bar.volume is None else bar.volume for bar in bars], np.float64),
    )


def refused_bars(
    index: int, interval: Interval, given: Sequence[GivenBar], bars: Bars, *, now: float
) -> dict[int, Refusal]:
    """The bars of an item that cannot be right, by their place in it."""
    faults = bar_faults(**{name: getattr(bars, name) for name in _VALUES})
    refused: dict[int, Refusal] = {}
    for at in np.flatnonzero(faults).tolist():
        reason = fault_reason(int(faults[at]), **{name: float(getattr(bars, name)[at]) for name in _VALUES})
        # Every reason begins with what it is about.
        refused[at] = Refusal(index=index, error=BadInput(reason), path=("bars", at, reason.partition(" ")[0]))
    for at in np.flatnonzero(_are_odd(interval, bars.time, now)).tolist() + _with_fractions(given):
        error = BadInput(f"time {expected_time(interval)}, was {given[at].time.isoformat()}")
        refused[at] = Refusal(index=index, error=error, path=("bars", at, "time"))
    return dict(sorted(refused.items()))


def is_bar_time(interval: Interval, time: datetime, now: float) -> bool:
    """Whether a bar of *interval* can begin at *time*, and has by *now* (unix seconds)."""
    times = np.array([int(time.timestamp())], np.int64)
    return not time.microsecond and not _are_odd(interval, times, now)[0]


def expected_time(interval: Interval) -> str:
    """What is expected of the time of a bar, to be put behind its name."""
    if interval is Interval.W1:
        moment = "00:00 UTC of a Monday's date"
    elif interval is Interval.D1:
        moment = "00:00 UTC of the session's date"
    else:
        moment = "a whole minute"
    return f"must be {moment}, from the year 1800 to the present"


def _with_fractions(given: Sequence[GivenBar]) -> list[int]:
    return [at for at, bar in enumerate(given) if bar.time.microsecond]


def _are_odd(interval: Interval, time: IntArray, now: float) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Which times no bar of *interval* can have."""
    if interval is Interval.W1:
        starts = week_starts(time // DAY) * DAY
    else:
        step = 60 if interval.is_intraday else DAY
        starts = time // step * step
    odd: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
        (time != starts) | (time < _FIRST_SECOND) | (time > now + _AHEAD_SECONDS)
    )
    return odd
