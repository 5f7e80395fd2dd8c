"""Which session a moment belongs to: the date that D1 and W1 bars carry."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]

DAY = 86_400
_CHANGES = -(2**31)
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday; weeks start on Monday


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionCalendar:
    """
    When an instrument's day begins.

    Attributes:
        timezone: IANA name of the zone that the session dates are in.
        roll_minutes: Minutes before local midnight at which the next session's date begins;
            0 for calendar days, 420 for FX, whose day rolls at 17:00 in New York.
    """

    timezone: str = "UTC"
    roll_minutes: int = 0

    def session_days(self, time: IntArray) -> IntArray:
        """Session dates of instants in unix seconds, as days since 1970-01-01; same shape."""
        if self.timezone == "UTC":
            return (time + self.roll_minutes * 60) // DAY
        return (time + self._utc_offsets(time) + self.roll_minutes * 60) // DAY

    def _utc_offsets(self, time: IntArray) -> IntArray:
        """Seconds that the zone is ahead of UTC at each instant; one look-up serves all instants of a UTC day."""
        days, where = np.unique(time // DAY, return_inverse=True)
        offsets = np.array([_offset_of_day(self.timezone, int(day)) for day in days], np.int64)[where]
        changing = np.flatnonzero(offsets == _CHANGES)
        if len(changing):
            zone = ZoneInfo(self.timezone)
            offsets[changing] = [_utc_offset(zone, int(instant)) for instant in time[changing]]
        return offsets

    def session_end(self, day: int) -> int:
        """The moment in unix seconds at which the session dated *day* (days since 1970-01-01) ends."""
        midnight = datetime.fromtimestamp((day + 1) * DAY, UTC).replace(tzinfo=ZoneInfo(self.timezone))
        return int((midnight - timedelta(minutes=self.roll_minutes)).timestamp())


UTC_DAYS = SessionCalendar()


def week_starts(days: IntArray) -> IntArray:
    """The Monday on or before each day; both as days since 1970-01-01."""
    return days - (days + _EPOCH_WEEKDAY) % 7


@lru_cache(maxsize=100_000)
def _offset_of_day(timezone: str, day: int) -> int:
    """The offset from UTC, in seconds, that holds all of a UTC day, or `_CHANGES` if the clocks are moved in it."""
    zone = ZoneInfo(timezone)
    # No zone moves its clocks back and forth within half a day.
    offsets = {_utc_offset(zone, day * DAY + seconds) for seconds in (0, DAY // 2, DAY - 1)}
    return offsets.pop() if len(offsets) == 1 else _CHANGES


def _utc_offset(zone: ZoneInfo, seconds: int) -> int:
    offset = datetime.fromtimestamp(seconds, UTC).astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())
