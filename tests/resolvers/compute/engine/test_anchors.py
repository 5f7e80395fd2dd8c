"""Whence short intervals are seen."""

from datetime import UTC, datetime

import numpy as np
import pytest

from resolvers.compute.agents.panel import PANEL
from resolvers.compute.engine.anchors import anchor, stretches
from resolvers.compute.engine.measures import measured
from resolvers.compute.engine.subject import Subject, seen
from resolvers.model.interval import Interval
from resolvers.model.session import UTC_DAYS
from tests.bars import walk


def _time(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("interval", "time", "since"),
    [
        (Interval.M5, "2024-03-31T23:55", "2024-02-01"),
        (Interval.M30, "2024-01-01T00:00", "2023-12-01"),
        (Interval.H1, "2024-03-31T23:00", None),
        (Interval.D1, "2024-03-31", None),
    ],
)
def test_the_anchor(interval: Interval, time: str, since: str | None) -> None:
    """The beginning of the month before, and of longer intervals that of the series."""
    assert anchor(interval, _time(time)) == (None if since is None else _time(since))


def test_each_month_is_seen_from_the_one_before() -> None:
    """Half-hours of four months, wanted from the second on."""
    time = np.arange(_time("2024-01-10"), _time("2024-04-05"), 1800)
    begins = [int(np.searchsorted(time, _time(f"2024-0{month}-01"))) for month in (1, 2, 3, 4)]
    wanted = begins[1] + 3
    assert list(stretches(Interval.M30, time, wanted)) == [
        (slice(0, begins[2]), wanted),
        (slice(begins[1], begins[3]), begins[2] - begins[1]),
        (slice(begins[2], len(time)), begins[3] - begins[2]),
    ]
    assert list(stretches(Interval.H1, time, wanted)) == [(slice(0, len(time)), wanted)]
    for interval in (Interval.M30, Interval.H1):
        assert list(stretches(interval, time, len(time))) == []


def test_what_is_seen_of_a_short_interval_is_that_of_its_stretches() -> None:
    """Whatever is older than the month before changes nothing, and nothing is seen twice or left out."""
    time = np.arange(_time("2024-01-10"), _time("2024-04-03"), 1800)
    bars = walk(time)
    march = int(np.searchsorted(time, _time("2024-03-01")))

    def of(first_bar: int, first: int) -> Subject:
        return Subject(
            instrument_id=1,
            symbol="ACME",
            interval=Interval.M30,
            calendar=UTC_DAYS,
            trades_daily=False,
            bars=bars[first_bar:],
            member=None,
            first=first,
        )

    february, april = (int(np.searchsorted(time, _time(day))) for day in ("2024-02-01", "2024-04-01"))
    whole, later = seen(PANEL, of(0, march)), seen(PANEL, of(february, march - february))
    np.testing.assert_array_equal(whole.votes, later.votes)
    np.testing.assert_array_equal(whole.measures, later.measures)
    assert whole.votes.shape == (51, len(time) - march)
    np.testing.assert_array_equal(
        whole.votes[:, : april - march], PANEL.votes(bars[february:april])[:, march - february :]
    )
    np.testing.assert_array_equal(whole.measures[:, april - march :], measured(bars[march:])[:, april - march :])
    nothing = seen(PANEL, of(0, len(time)))
    assert nothing.votes.shape == (51, 0)
    assert nothing.measures.shape == (8, 0)
