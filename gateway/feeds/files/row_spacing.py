"""How far apart the rows of a file are, and whether that is the interval it is said to have."""

import numpy as np

from resolvers.errors import BadInput
from resolvers.model.bars import IntArray
from resolvers.model.interval import Interval

_CLEAR_SHARE = 0.8  # holidays shift a few weekly bars; thin minute bars never fall on every fifth minute this often
_CLEAR_STEPS = 4
_UNITS = ((604_800, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def check_spacing(interval: Interval, series: IntArray, time: IntArray, *, are_dates: bool) -> None:
    """
    Passes if rows may be bars of *interval*.

    Args:
        series: The series of each row, sorted.
        time: Seconds, sorted within a series.
        are_dates: Whether no row has a time of day.

    Raises:
        BadInput: If rows are at most half an interval apart, or nearly all a multiple of a longer one.
    """
    steps = np.diff(time)[np.diff(series) == 0]
    steps = steps[steps > 0]
    if interval.is_intraday and are_dates and len(time):
        raise BadInput(f"rows of {interval.name} bars carry a time of day, these carry dates only; give --interval D1")
    if not len(steps):
        return
    step = int(np.median(steps))
    longer = _longer(interval, steps)
    if step * 2 <= interval.seconds or longer is not None:
        known = longer or _nearest(step)
        raise BadInput(
            f"rows are {spoken(known.seconds if longer else step)} apart;"
            f" --interval {interval.name} expects {spoken(interval.seconds)}, give --interval {known.name}"
        )


def spoken(seconds: int) -> str:
    """A length of time in its largest whole unit, such as ``1 minute`` or ``4 hours``."""
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    count = seconds // size
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def _longer(interval: Interval, steps: IntArray) -> Interval | None:
    """The longest interval above *interval* of which nearly all *steps* are multiples."""
    if len(steps) < _CLEAR_STEPS:
        return None
    longer = [other for other in Interval if other > interval]
    return next(
        (other for other in reversed(longer) if np.mean(steps % other.seconds == 0) >= _CLEAR_SHARE),
        None,
    )


def _nearest(step: int) -> Interval:
    return min(Interval, key=lambda interval: abs(np.log(interval.seconds / step)))
