"""Which session a moment belongs to: the date that D1 and W1 bars carry."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]

DAY = 86_400
_QUARTER_HOUR = 900
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
        # Offsets change at quarter hours at the finest, so one look-up serves all bars of one.
        quarters, where = np.unique(time // _QUARTER_HOUR, return_inverse=True)
        zone = ZoneInfo(self.timezone)
        offsets = np.fromiter(
            (_utc_offset(zone, int(quarter) * _QUARTER_HOUR) for quarter in quarters), np.int64, len(quarters)
        )
        return (time + offsets[where] + self.roll_minutes * 60) // DAY

    def session_end(self, day: int) -> int:
        """The moment in unix seconds at which the session dated *day* (days since 1970-01-01) ends."""
        midnight = datetime.fromtimestamp((day + 1) * DAY, UTC).replace(tzinfo=ZoneInfo(self.timezone))
        return int((midnight - timedelta(minutes=self.roll_minutes)).timestamp())


UTC_DAYS = SessionCalendar()


def week_starts(days: IntArray) -> IntArray:
    """The Monday on or before each day; both as days since 1970-01-01."""
    return days - (days + _EPOCH_WEEKDAY) % 7


def _utc_offset(zone: ZoneInfo, seconds: int) -> int:
    offset = datetime.fromtimestamp(seconds, UTC).astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())
