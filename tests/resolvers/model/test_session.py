"""Session dates."""

from datetime import UTC, date, datetime

import numpy as np

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
