"""
What every interval must hold, from scratch and in plain Python.

Written from the rules and not from the program: one chain from M1 to W1, a stored bar in the place of the derived
one of its bucket, a bar in the session in which it starts, intraday buckets by UTC, weeks from Monday.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from resolvers.model.interval import Interval
from resolvers.model.session import SessionCalendar

Bar = tuple[float, float, float, float, float]
"""Open, high, low, close, volume."""

BarsByTime = Mapping[int, Bar]

# (made, made from), in the order in which they are made
CHAIN = (
    (Interval.M5, Interval.M1),
    (Interval.M15, Interval.M5),
    (Interval.M30, Interval.M15),
    (Interval.H1, Interval.M30),
    (Interval.H4, Interval.H1),
    (Interval.D1, Interval.H1),
    (Interval.W1, Interval.D1),
)


def expected_bars(
    stored: Mapping[Interval, BarsByTime], calendar: SessionCalendar
) -> dict[Interval, dict[int, tuple[Bar, bool]]]:
    """The bars of every interval by time, each with whether it is derived."""
    bars = {interval: {time: (bar, False) for time, bar in stored.get(interval, {}).items()} for interval in Interval}
    for made, source in CHAIN:
        taken = {own_bucket(made, time) for time in bars[made]}
        buckets: dict[int, list[Bar]] = {}
        for time in sorted(bars[source]):
            buckets.setdefault(bucket(made, time, calendar), []).append(bars[source][time][0])
        bars[made] |= {time: (_whole(parts), True) for time, parts in buckets.items() if time not in taken}
    return bars


def bucket(made: Interval, time: int, calendar: SessionCalendar) -> int:
    """The time of the bar of interval *made* that the shorter bar at *time* belongs to."""
    if made is Interval.W1:
        day = datetime.fromtimestamp(time, UTC).date()
        return _midnight(day - timedelta(days=day.weekday()))
    if made is Interval.D1:
        wall = datetime.fromtimestamp(time, UTC).astimezone(ZoneInfo(calendar.timezone)).replace(tzinfo=None)
        return _midnight((wall + timedelta(minutes=calendar.roll_minutes)).date())
    return time - time % (made.value * 60)


def own_bucket(interval: Interval, time: int) -> int:
    """The time of the derived bar whose place a stored bar of the same interval takes."""
    return time - time % (interval.value * 60) if interval < Interval.D1 else time


def _whole(parts: Iterable[Bar]) -> Bar:
    opens, highs, lows, closes, volumes = zip(*parts, strict=True)
    return opens[0], max(highs), min(lows), closes[-1], math.nan if any(map(math.isnan, volumes)) else sum(volumes)


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
