"""Timetables of the simulated markets."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from gateway.feeds.trading_hours import CURRENCY_MARKET, NEW_YORK_EXCHANGE, ROUND_THE_CLOCK, TradingHours
from resolvers.model.session import DAY


def _day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


def _week(hours: TradingHours, first: str, last: str) -> list[tuple[str, str, str]]:
    """Session date, first and last minute of the sessions from *first* to *last*."""
    sessions = hours.sessions(_day(first), (_day(last) + 2) * DAY)
    rows = []
    for day, times in zip(sessions.day, hours.minute_times(sessions), strict=True):
        if day <= _day(last):
            first_minute, last_minute = (
                datetime.fromtimestamp(int(time), UTC).strftime("%d %H:%M") for time in (times[0], times[-1])
            )
            name = datetime.fromtimestamp(int(day) * DAY, UTC).date().isoformat()
            rows.append((name, first_minute, last_minute))
    return rows


def test_an_exchange_keeps_local_hours_when_clocks_change() -> None:
    """New York went to summer time on 8 March 2026; 09:30 to 16:00 moved by an hour in UTC."""
    assert _week(NEW_YORK_EXCHANGE, "2026-03-06", "2026-03-10") == [
        ("2026-03-06", "06 14:30", "06 20:59"),
        ("2026-03-09", "09 13:30", "09 19:59"),
        ("2026-03-10", "10 13:30", "10 19:59"),
    ]


def test_currencies_trade_from_sunday_to_friday_at_17_new_york() -> None:
    """Both ways of changing clocks: 8 March and 1 November 2026 are Sundays."""
    assert _week(CURRENCY_MARKET, "2026-03-06", "2026-03-09") == [
        ("2026-03-06", "05 22:00", "06 21:59"),
        ("2026-03-09", "08 21:00", "09 20:59"),
    ]
    assert _week(CURRENCY_MARKET, "2026-10-30", "2026-11-02") == [
        ("2026-10-30", "29 21:00", "30 20:59"),
        ("2026-11-02", "01 22:00", "02 21:59"),
    ]


def test_an_exchange_rests_on_its_holidays() -> None:
    """25 December and 1 January are not traded, the days between are."""
    days = [row[0] for row in _week(NEW_YORK_EXCHANGE, "2025-12-24", "2026-01-02")]
    assert days == ["2025-12-24", "2025-12-26", "2025-12-29", "2025-12-30", "2025-12-31", "2026-01-02"]


def test_the_first_hour_of_an_exchange_is_half() -> None:
    """Hour bars start on UTC hours; the one that holds 09:30 has thirty minutes."""
    sessions = NEW_YORK_EXCHANGE.sessions(_day("2026-03-06"), _day("2026-03-07") * DAY)
    starts = [datetime.fromtimestamp(int(time), UTC).hour for time in NEW_YORK_EXCHANGE.hour_times(sessions)[0]]
    assert starts == [14, 15, 16, 17, 18, 19, 20]
    assert NEW_YORK_EXCHANGE.hour_lengths.tolist() == [30, 60, 60, 60, 60, 60, 60]


def test_pauses_are_what_the_market_was_closed() -> None:
    """A night is 17.5 hours on the exchange, a weekend 48 for currencies, less the hour that the clocks took."""
    friday = _day("2026-03-13")
    assert NEW_YORK_EXCHANGE.sessions(friday, (friday + 1) * DAY).closed_seconds.tolist() == [17.5 * 3600]
    currencies = CURRENCY_MARKET.sessions(_day("2026-03-06"), _day("2026-03-09") * DAY)
    assert currencies.closed_seconds.tolist() == [0, 47 * 3600]
    assert not ROUND_THE_CLOCK.sessions(friday, (friday + 9) * DAY).closed_seconds.any()


@pytest.mark.parametrize("hours", [NEW_YORK_EXCHANGE, CURRENCY_MARKET, ROUND_THE_CLOCK])
def test_sessions_agree_with_the_calendar(hours: TradingHours) -> None:
    """Every minute of a session has its date by the calendar that rollups use, in a whole year."""
    sessions = hours.sessions(_day("2026-01-01"), _day("2027-01-01") * DAY)
    times = hours.minute_times(sessions)
    ends = np.column_stack((times[:, 0], times[:, -1]))
    assert (hours.calendar.session_days(ends.ravel()).reshape(ends.shape) == sessions.day[:, None]).all()


def test_a_session_begins_before_the_end_or_not_at_all() -> None:
    """A market that ends at 22:00 on a Sunday in winter has no currency session of Monday yet."""
    sunday = _day("2026-01-11") * DAY
    before, after = (CURRENCY_MARKET.sessions(_day("2026-01-09"), sunday + 22 * 3600 + more) for more in (0, 60))
    assert (len(before), len(after)) == (1, 2)
