"""Bars of a longer interval from bars of a shorter one."""

from types import MappingProxyType

import numpy as np

from resolvers.model.bars import Bars, IntArray
from resolvers.model.interval import Interval
from resolvers.model.session import DAY, SessionCalendar, week_starts

# What each interval is derived from. One chain, so that a bar stored at any level counts in all above it.
# D1 skips H4, because a session that rolls at 17:00 New York cuts through four-hour bars.
DERIVED_FROM = MappingProxyType(
    {
        Interval.M5: Interval.M1,
        Interval.M15: Interval.M5,
        Interval.M30: Interval.M15,
        Interval.H1: Interval.M30,
        Interval.H4: Interval.H1,
        Interval.D1: Interval.H1,
        Interval.W1: Interval.D1,
    }
)

# The furthest a session date's midnight in UTC lies from an instant of that session, in seconds:
# zones reach from UTC-12 to UTC+14, and a session may begin up to a day before its date.
_SESSION_SLACK = 38 * 3600


def bucket_starts(interval: Interval, time: IntArray, calendar: SessionCalendar) -> IntArray:
    """
    The time that the bar of *interval* carries into which each shorter bar falls; same shape.

    A bar belongs to the session in which it starts. Intraday buckets are aligned to UTC.
    """
    if interval is Interval.W1:
        return week_starts(time // DAY) * DAY
    if interval is Interval.D1:
        return calendar.session_days(time) * DAY
    return time // interval.seconds * interval.seconds


def touched_range(interval: Interval, first: int, last: int, calendar: SessionCalendar) -> tuple[int, int]:
    """
    The times [start, end) between which all shorter bars lie that share a bucket with a bar in [first, last].

    It may hold more than those: `rollup` is told which buckets count.
    """
    start, end = (int(bound) for bound in bucket_starts(interval, np.array([first, last], np.int64), calendar))
    slack = _SESSION_SLACK if interval is Interval.D1 else 0
    return start - slack, end + interval.seconds + slack


def rollup(interval: Interval, bars: Bars, calendar: SessionCalendar) -> Bars:
    """
    Bars of *interval* from shorter ones: first open, highest high, lowest low, last close, summed volume.

    The volume is NaN where one of the parts has none, because a partial sum would look like a total.
    """
    if not len(bars):
        return Bars.empty()
    buckets = bucket_starts(interval, bars.time, calendar)
    starts = np.flatnonzero(np.diff(buckets, prepend=buckets[0] - 1))
    return Bars(
        time=buckets[starts],
        open=bars.open[starts],
        high=np.maximum.reduceat(bars.high, starts),
        low=np.minimum.reduceat(bars.low, starts),
        close=bars.close[np.append(starts[1:], len(bars)) - 1],
        volume=np.add.reduceat(bars.volume, starts),
    )
