"""When bars end and signals expire, by the calendar."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from resolvers.compute.engine.validity import ends, valid_until
from resolvers.model.interval import Interval
from resolvers.model.session import UTC_DAYS, SessionCalendar

NEW_YORK = SessionCalendar(timezone="America/New_York")
CURRENCIES = SessionCalendar(timezone="America/New_York", roll_minutes=420)


def _time(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def _text(seconds: int, zone: str = "UTC") -> str:
    return datetime.fromtimestamp(seconds, ZoneInfo(zone)).isoformat()


@pytest.mark.parametrize(
    ("interval", "time", "calendar", "end"),
    [
        (Interval.M5, "2024-02-01T12:00", NEW_YORK, "2024-02-01T12:05:00+00:00"),
        (Interval.H1, "2024-12-31T23:00", UTC_DAYS, "2025-01-01T00:00:00+00:00"),
        (Interval.D1, "2024-02-01", UTC_DAYS, "2024-02-02T00:00:00+00:00"),
        # Midnight in New York, in winter and in summer; and its five in the afternoon.
        (Interval.D1, "2024-02-01", NEW_YORK, "2024-02-02T05:00:00+00:00"),
        (Interval.D1, "2024-07-01", NEW_YORK, "2024-07-02T04:00:00+00:00"),
        (Interval.D1, "2024-02-01", CURRENCIES, "2024-02-01T22:00:00+00:00"),
        # A week is dated by its Monday and ends with its Sunday.
        (Interval.W1, "2024-01-29", UTC_DAYS, "2024-02-05T00:00:00+00:00"),
    ],
)
def test_the_end_of_a_bar(interval: Interval, time: str, calendar: SessionCalendar, end: str) -> None:
    """Alone and among others."""
    assert _text(int(ends(interval, np.array([_time(time)]), calendar)[0])) == end


@pytest.mark.parametrize(
    ("interval", "time", "daily", "until"),
    [
        (Interval.M5, "2024-02-01T12:00", False, "2024-02-01T12:30:00+00:00"),
        # Thursday, and the Thursday after; over a month's end, and a leap day.
        (Interval.D1, "2024-02-22", False, "2024-03-01T00:00:00+00:00"),
        # A Saturday's session counts as the Friday's.
        (Interval.D1, "2024-02-24", False, "2024-03-02T00:00:00+00:00"),
        (Interval.D1, "2024-02-24", True, "2024-03-01T00:00:00+00:00"),
        (Interval.W1, "2024-01-29", False, "2024-03-11T00:00:00+00:00"),
    ],
)
def test_the_end_of_the_fifth_bar_after_it(interval: Interval, time: str, daily: bool, until: str) -> None:
    """Five bars ahead."""
    found = valid_until(interval, np.array([_time(time)]), 5, UTC_DAYS, trades_daily=daily)
    assert _text(int(found[0])) == until


def test_all_days_of_years_one_by_one() -> None:
    """Every session ends where the calendar says that it does, whichever year it is looked up in."""
    days = np.arange(_time("2019-12-20") // 86_400, _time("2021-01-10") // 86_400)
    for calendar in (NEW_YORK, CURRENCIES, UTC_DAYS):
        found = ends(Interval.D1, days * 86_400, calendar)
        assert found.tolist() == [calendar.session_end(day) for day in days.tolist()]
        assert ends(Interval.D1, days[:0] * 86_400, calendar).shape == (0,)
