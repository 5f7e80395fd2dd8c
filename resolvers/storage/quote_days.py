"""The days that a quote is compared with: its own session, and the one before."""

import math
from datetime import date
from typing import Final

import numpy as np

from resolvers.model.session import SessionCalendar

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

DAYS: Final = (
    "LEFT JOIN LATERAL (SELECT time, volume FROM candles WHERE instrument_id = n.id AND bar_minutes = 1440"
    "  AND time >= n.first_day AND time <= n.last_day ORDER BY time DESC LIMIT 1) AS today ON true"
    " LEFT JOIN LATERAL (SELECT close FROM candles WHERE instrument_id = n.id AND bar_minutes = 1440"
    "  AND time < coalesce(today.time, n.first_day) ORDER BY time DESC LIMIT 1) AS before ON true"
)
"""
Joins to rows ``n (id, first_day, last_day)``: the session of a quote is the newest that is stored in
[first_day, last_day], its volume ``today.volume``; the close of the one before is ``before.close``.
"""


def days_of_quote(sessions: SessionCalendar, as_of: float) -> tuple[int, int]:
    """
    Between which days the session of a quote lies, as days since 1970-01-01, both inclusive.

    As of a session's very end (*as_of* in unix seconds) it belongs to that session.
    """
    day = int(sessions.session_days(np.array([math.ceil(as_of) - 1]))[0])
    is_end_of_week = (day + 4) % 7 == 0 and sessions.session_end(day) == as_of
    return (day - 6 if is_end_of_week else day), day


def date_of(day: int) -> date:
    """*day*, counted from 1970-01-01, as PostgreSQL's driver takes it."""
    return date.fromordinal(_EPOCH_ORDINAL + day)
