"""When bars end, and until when a signal of one holds: by the calendar, whatever is traded later."""

from functools import lru_cache

import numpy as np

from resolvers.model.bars import IntArray
from resolvers.model.interval import Interval
from resolvers.model.session import DAY, SessionCalendar

_WEEK = 7


def ends(interval: Interval, time: IntArray, calendar: SessionCalendar) -> IntArray:
    """
    When the bars that begin at these times end, in unix seconds; same shape.

    A day ends with its session, and a week with the session of its Sunday.
    """
    if interval.is_intraday:
        return time + interval.seconds
    return session_ends(time // DAY + (_WEEK - 1 if interval is Interval.W1 else 0), calendar)


def valid_until(
    interval: Interval, time: IntArray, horizon: int, calendar: SessionCalendar, *, trades_daily: bool = False
) -> IntArray:
    """
    When the bar ends that is *horizon* bars after each of these, in unix seconds; same shape.

    It is not looked up which bars came: then a signal would change when they do. Days are weekdays, unless the
    instrument *trades_daily*; holidays are not known, and nor are the hours of a market within its day.
    """
    if interval is not Interval.D1:
        return ends(interval, time + horizon * interval.seconds, calendar)
    days = time // DAY
    if trades_daily:
        return session_ends(days + horizon, calendar)
    # A session of a weekend counts as that of the Friday before.
    later = np.busday_offset(days.astype("datetime64[D]"), horizon, roll="backward")
    return session_ends(later.astype(np.int64), calendar)


def session_ends(days: IntArray, calendar: SessionCalendar) -> IntArray:
    """When the sessions of these dates (days since 1970-01-01) end, in unix seconds; same shape."""
    found = np.empty(days.shape, np.int64)
    years = days.astype("datetime64[D]").astype("datetime64[Y]")
    for year in np.unique(years):
        first = year.astype("datetime64[D]").astype(np.int64)
        is_in = years == year
        found[is_in] = _ends_of_year(calendar, int(first))[days[is_in] - first]
    return found


@lru_cache(maxsize=1_000)
def _ends_of_year(calendar: SessionCalendar, first: int) -> IntArray:
    """Of each day of the year that begins with *first*; zones are slow, and all instruments of a market share one."""
    ends_of_year = np.array([calendar.session_end(day) for day in range(first, first + 366)], np.int64)
    ends_of_year.setflags(write=False)
    return ends_of_year
