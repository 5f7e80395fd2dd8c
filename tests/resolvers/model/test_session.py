"""Session dates."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from resolvers.model.session import DAY, SessionCalendar, week_starts


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def _dates(calendar: SessionCalendar, *texts: str) -> list[date]:
    days = calendar.session_days(np.array([_seconds(text) for text in texts], np.int64))
    return [datetime.fromtimestamp(int(day) * DAY, UTC).date() for day in days]


def test_fx_rolls_at_17_new_york_in_summer_and_winter() -> None:
    """17:00 in New York is 22:00 UTC in winter and 21:00 UTC in summer."""
    fx = SessionCalendar(timezone="America/New_York", roll_minutes=420)
    assert _dates(fx, "2024-01-15T21:59", "2024-01-15T22:00") == [date(2024, 1, 15), date(2024, 1, 16)]
    assert _dates(fx, "2024-07-15T20:59", "2024-07-15T21:00") == [date(2024, 7, 15), date(2024, 7, 16)]


def test_sunday_evening_belongs_to_monday() -> None:
    """The FX week opens on Sunday at 17:00 New York, in Monday's session."""
    fx = SessionCalendar(timezone="America/New_York", roll_minutes=420)
    assert _dates(fx, "2024-01-14T22:00") == [date(2024, 1, 15)]


def test_half_hour_zones() -> None:
    """Midnight in Kolkata is 18:30 UTC."""
    india = SessionCalendar(timezone="Asia/Kolkata")
    assert _dates(india, "2024-01-15T18:29", "2024-01-15T18:30") == [date(2024, 1, 15), date(2024, 1, 16)]


def test_weeks_start_on_monday() -> None:
    """Sunday belongs to the week before."""
    sunday, monday = (_seconds(text) // DAY for text in ("2024-01-14", "2024-01-15"))
    assert week_starts(np.array([sunday, monday], np.int64)).tolist() == [monday - 7, monday]


@pytest.mark.parametrize("timezone", ["America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_every_quarter_hour_of_three_years_has_its_local_date(timezone: str) -> None:
    """Days on which the clocks are moved included, by half an hour on Lord Howe."""
    start = _seconds("2022-12-20T00:00")
    times = np.arange(start, start + 3 * 366 * DAY, 900)
    zone = ZoneInfo(timezone)
    local = [datetime.fromtimestamp(int(time), UTC).astimezone(zone).date() for time in times[::4]]
    days = SessionCalendar(timezone=timezone).session_days(times)[::4]
    assert [date.fromordinal(date(1970, 1, 1).toordinal() + int(day)) for day in days] == local
