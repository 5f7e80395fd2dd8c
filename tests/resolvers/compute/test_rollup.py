"""Bars of a longer interval, against sums made in plain Python."""

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.compute.rollup import DERIVED_FROM, bucket_starts, rollup, touched_range
from resolvers.model.bars import Bars
from resolvers.model.interval import Interval
from resolvers.model.session import DAY, UTC_DAYS, SessionCalendar
from tests.bars import spaced, walk
from tests.resolvers.storage.rollup_oracle import Bar, bucket, expected_bars

_CALENDARS = [
    UTC_DAYS,
    SessionCalendar(timezone="America/New_York", roll_minutes=420),
    SessionCalendar(timezone="Asia/Kolkata"),
    SessionCalendar(timezone="Pacific/Kiritimati", roll_minutes=720),
    SessionCalendar(timezone="Etc/GMT+12"),
    SessionCalendar(timezone="Australia/Lord_Howe", roll_minutes=60),
]
_TIMES = st.integers(1_500_000_000 // 60, 1_800_000_000 // 60).map(lambda minutes: minutes * 60)


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@given(interval=st.sampled_from(list(DERIVED_FROM)), calendar=st.sampled_from(_CALENDARS), times=st.sets(_TIMES))
def test_every_bar_falls_into_the_bucket_of_the_rules(
    interval: Interval, calendar: SessionCalendar, times: set[int]
) -> None:
    """Session dates by the wall clock, weeks from Monday, intraday buckets by UTC; dates are moved by no zone."""
    if interval is Interval.W1:
        times = {time // DAY * DAY for time in times}
    found = bucket_starts(interval, np.array(sorted(times), np.int64), calendar)
    assert found.tolist() == [bucket(interval, time, calendar) for time in sorted(times)]


@pytest.mark.parametrize("calendar", _CALENDARS, ids=lambda one: one.timezone)
@given(
    interval=st.sampled_from([Interval.M15, Interval.H4, Interval.D1, Interval.D1, Interval.W1]),
    first=_TIMES,
    steps=st.lists(st.integers(1, 3), min_size=20, max_size=60),
)
def test_touched_range_holds_every_part_of_the_touched_buckets(
    interval: Interval, calendar: SessionCalendar, first: int, steps: list[int]
) -> None:
    """Whatever shorter bar shares a bucket with a changed one lies within it."""
    unit = DERIVED_FROM[interval].seconds
    times = first // unit * unit + np.cumsum([0, *steps]) * unit
    buckets = [bucket(interval, time, calendar) for time in times.tolist()]
    low, high = len(times) // 3, 2 * len(times) // 3
    start, end = touched_range(interval, int(times[low]), int(times[high]), calendar)
    shared = [time for time, one in zip(times.tolist(), buckets, strict=True) if buckets[low] <= one <= buckets[high]]
    assert all(start <= time < end for time in shared)


@pytest.mark.parametrize("calendar", _CALENDARS, ids=lambda one: one.timezone)
@pytest.mark.parametrize("interval", list(DERIVED_FROM), ids=lambda one: one.name)
def test_a_rollup_is_first_highest_lowest_last_and_sum(interval: Interval, calendar: SessionCalendar) -> None:
    """Over weeks of bars around a change of clocks and of year."""
    parent = DERIVED_FROM[interval]
    for start in ("2024-03-08", "2024-10-30", "2023-12-29"):
        bars = spaced(600, parent, start=_at(start), seed=3)
        columns = (bars.time, bars.open, bars.high, bars.low, bars.close, bars.volume)
        stored: dict[int, Bar] = {
            int(row[0]): (row[1], row[2], row[3], row[4], row[5]) for row in zip(*columns, strict=True)
        }
        expected = expected_bars({parent: stored}, calendar)[interval]
        rolled = rollup(interval, bars, calendar)
        assert rolled.time.tolist() == sorted(expected)
        for number, time in enumerate(rolled.time.tolist()):
            row = [getattr(rolled, name)[number] for name in ("open", "high", "low", "close", "volume")]
            assert tuple(row) == expected[time][0]


def test_a_part_without_a_volume_leaves_the_whole_without() -> None:
    """Only its own bucket."""
    bars = walk(_at("2024-01-08") + np.arange(6) * 3600 * 2)
    volume = bars.volume.copy()
    volume[1] = math.nan
    bars = Bars(time=bars.time, open=bars.open, high=bars.high, low=bars.low, close=bars.close, volume=volume)
    assert np.isnan(rollup(Interval.H4, bars, UTC_DAYS).volume).tolist() == [True, False, False]


def test_no_bars_are_no_rollup() -> None:
    """For every interval."""
    assert [len(rollup(interval, Bars.empty(), UTC_DAYS)) for interval in DERIVED_FROM] == [0] * 7
