"""When a simulated instrument trades, and how busy each minute of its session is."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from resolvers.model.bars import IntArray, Series
from resolvers.model.session import DAY, SessionCalendar

_HOUR = 3600


@dataclass(frozen=True, kw_only=True, slots=True)
class Sessions:
    """
    Consecutive sessions, oldest first, as columns of equal length.

    Attributes:
        day: Session dates as days since 1970-01-01.
        start: First second of trading, unix seconds.
        closed_seconds: How long the market was closed before the session; 0 where it trades round the clock.
    """

    day: IntArray
    start: IntArray
    closed_seconds: IntArray

    def __len__(self) -> int:
        """Number of sessions."""
        return len(self.day)


@dataclass(frozen=True, kw_only=True)
class TradingHours:
    """
    The weekly timetable of a market; every session has the same length.

    Attributes:
        calendar: What its session dates mean.
        opens_minute: Local minutes after 00:00 of the session date; negative on the evening before.
        session_minutes: Length of a session; it ends on a full hour.
        weekdays: How many days of the week trade, from Monday on.
        holidays: Dates without a session, as (month, day), the same in every year.
        bumps: Busy times as (minute of the session, width in minutes, height over a quiet minute's 1).
    """

    calendar: SessionCalendar
    opens_minute: int
    session_minutes: int
    weekdays: int
    holidays: tuple[tuple[int, int], ...] = ()
    bumps: tuple[tuple[int, int, float], ...]

    def sessions(self, first_day: int, until: int) -> Sessions:
        """All sessions dated *first_day* or later that begin before *until* (unix seconds)."""
        # A week earlier for the pause before the first session, a day later for one that begins on the evening before.
        days = np.arange(first_day - 7, until // DAY + 2)
        days = days[self._is_trading_day(days)]
        start = days * DAY + self.opens_minute * 60 - self._utc_offsets(days)
        closed = np.diff(start, prepend=start[0]) - self.session_minutes * 60
        kept = (days >= first_day) & (start < until)
        return Sessions(day=days[kept], start=start[kept], closed_seconds=np.maximum(closed[kept], 0))

    @cached_property
    def hour_begins(self) -> IntArray:
        """Minute of the session at which each hour bar begins; the first bar may hold less than an hour."""
        first_full = -self.opens_minute % 60
        begins = np.arange(first_full, self.session_minutes, 60)
        return begins if first_full == 0 else np.concatenate(([0], begins))

    @cached_property
    def hour_lengths(self) -> IntArray:
        """Minutes of trading in each hour bar of a session."""
        return np.diff(self.hour_begins, append=self.session_minutes)

    @cached_property
    def activity(self) -> Series:
        """How busy each minute of a session is, adding up to 1."""
        minute = np.arange(self.session_minutes)
        busy = np.ones(self.session_minutes)
        for centre, width, height in self.bumps:
            busy += height * np.exp(-(np.abs((minute - centre) / width) ** 1.5))
        return np.asarray(busy / busy.sum())

    def hour_times(self, sessions: Sessions) -> IntArray:
        """UTC hours in which the hour bars begin, shape (sessions, hours)."""
        times = sessions.start[:, None] + self.hour_begins * 60
        return times // _HOUR * _HOUR

    def minute_times(self, sessions: Sessions) -> IntArray:
        """Starts of the minute bars, shape (sessions, minutes)."""
        return sessions.start[:, None] + np.arange(self.session_minutes) * 60

    def _is_trading_day(self, days: IntArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        months = days.astype("datetime64[D]").astype("datetime64[M]")
        month = months.astype(np.int64) % 12 + 1
        day_of_month = days - months.astype("datetime64[D]").astype(np.int64) + 1
        closed = np.isin(month * 100 + day_of_month, [100 * month + day for month, day in self.holidays])
        return np.asarray(((days + 3) % 7 < self.weekdays) & ~closed)

    def _utc_offsets(self, days: IntArray) -> IntArray:
        if self.calendar.timezone == "UTC":
            return np.zeros(len(days), np.int64)
        # New York changes its clocks on Sundays at 02:00, when nothing of ours trades, and the session
        # that opens on Sunday evening is Monday's: one offset, that of noon, holds for a whole session.
        zone = ZoneInfo(self.calendar.timezone)
        noons = (datetime.fromtimestamp(int(day) * DAY + DAY // 2, zone) for day in days)
        return np.array([int(offset.total_seconds()) for noon in noons if (offset := noon.utcoffset()) is not None])


NEW_YORK_EXCHANGE = TradingHours(
    calendar=SessionCalendar(timezone="America/New_York"),
    opens_minute=9 * 60 + 30,
    session_minutes=390,
    weekdays=5,
    holidays=((1, 1), (7, 4), (12, 25)),
    bumps=((0, 35, 3.0), (390, 30, 2.2)),
)

# The day begins at 17:00 in New York; Tokyo, London and the hours that London and New York share are busy.
CURRENCY_MARKET = TradingHours(
    calendar=SessionCalendar(timezone="America/New_York", roll_minutes=7 * 60),
    opens_minute=-7 * 60,
    session_minutes=24 * 60,
    weekdays=5,
    bumps=((240, 120, 1.0), (620, 110, 2.5), (950, 140, 3.5)),
)

ROUND_THE_CLOCK = TradingHours(
    calendar=SessionCalendar(),
    opens_minute=0,
    session_minutes=24 * 60,
    weekdays=7,
    bumps=((60, 120, 0.4), (900, 240, 1.2)),
)
