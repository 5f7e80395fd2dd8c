"""Whether rows can be bars of the interval that was asked for."""

import numpy as np
import pytest

from gateway.feeds.files.row_spacing import check_spacing, spoken
from resolvers.errors import BadInput
from resolvers.model.interval import Interval


def _check(interval: Interval, time: list[int]) -> None:
    check_spacing(interval, np.zeros(len(time), np.int64), np.array(time, np.int64), are_dates=False)


def test_rows_of_the_interval_itself_pass() -> None:
    """At every length, few rows or many."""
    for interval in Interval:
        for count in (0, 1, 2, 3, 50):
            _check(interval, [n * interval.seconds for n in range(count)])


@pytest.mark.parametrize("asked", Interval)
@pytest.mark.parametrize("actual", Interval)
def test_rows_of_another_interval_do_not(asked: Interval, actual: Interval) -> None:
    """The message gives the right one."""
    time = [n * actual.seconds for n in range(20)]
    if asked == actual:
        return
    with pytest.raises(BadInput, match=f"give --interval {actual.name}$"):
        _check(asked, time)


def test_gaps_are_no_other_interval() -> None:
    """Days without weekends, thin minutes, and months between daily rows."""
    _check(Interval.D1, [day * 86_400 for day in range(100) if day % 7 < 5])
    _check(Interval.M1, [0, 180, 240, 600, 660, 1020, 1500, 1620])
    _check(Interval.D1, [month * 30 * 86_400 for month in range(24)])


def test_series_are_looked_at_apart() -> None:
    """The step from one series to the next is none."""
    series = np.repeat(np.arange(50), 2)
    time = np.tile(np.array([0, 86_400]), 50)
    check_spacing(Interval.D1, series, time, are_dates=True)


def test_spoken() -> None:
    """The largest whole unit."""
    assert [spoken(seconds) for seconds in (1, 60, 90, 14_400, 604_800)] == [
        *("1 second", "1 minute", "90 seconds", "4 hours", "1 week")
    ]
