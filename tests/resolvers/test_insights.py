"""Which bars an insight takes for closed: those that candles say are."""

import numpy as np
import pytest

from resolvers.indicators import WindowIndicators
from resolvers.insights import _open_from, _step
from resolvers.market import CandleWindow
from resolvers.model.bars import IntArray
from resolvers.model.instrument import Instrument, InstrumentSpec, Source
from resolvers.model.interval import Interval
from resolvers.model.session import DAY, SessionCalendar
from resolvers.model.window import SeriesState, StoredWindow, WindowRequest
from tests.bars import walk

_CALENDARS = (
    SessionCalendar(),
    SessionCalendar(timezone="America/New_York"),
    SessionCalendar(timezone="America/New_York", roll_minutes=420),
    SessionCalendar(timezone="Asia/Tokyo"),
)


def _closed(interval: Interval, calendar: SessionCalendar, times: IntArray, now: float) -> list[bool]:
    """What candles say of bars at *times*."""
    bars = walk(times)
    state = SeriesState(
        instrument_id=1, interval=interval, source=Source.FILE, revision=1, first_time=0, last_time=int(times[-1])
    )
    stored = StoredWindow(state=state, bars=bars, offset=0)
    window = CandleWindow(
        instrument=Instrument(id=1, spec=InstrumentSpec(symbol="ACME", sessions=calendar)),
        request=WindowRequest(instrument_id=1, interval=interval, start=None, end=None, last=None, limit=100),
        state=state,
        bars=bars,
        indicators=WindowIndicators(stored, calendar),
        kept={},
        now=now,
    )
    return [bool(one) for one in window.is_closed()]


@pytest.mark.parametrize("calendar", _CALENDARS, ids=str)
@pytest.mark.parametrize("interval", Interval)
def test_bars_before_the_bound_are_the_closed_ones(interval: Interval, calendar: SessionCalendar) -> None:
    """At any moment, over weeks in which the clocks are moved; and the bound stands until it is said to move."""
    step = 7 * DAY if interval is Interval.W1 else interval.seconds
    chance = np.random.default_rng(interval.value)
    for now in (1_710_000_000 + chance.uniform(0, 14 * DAY, 200)).tolist():
        monday = 4 * DAY if interval is Interval.W1 else 0
        newest = (int(now) + 2 * DAY - monday) // step * step + monday
        times = newest - np.arange(6 if interval.is_intraday is False else 2 * DAY // step + 3)[::-1] * step
        end, changes_at = _open_from(interval, calendar, _step(interval, now))
        assert (times < end).tolist() == _closed(interval, calendar, times, now)
        assert end <= now + DAY
        assert now < changes_at <= now + step + 2 * DAY
        later = _open_from(interval, calendar, _step(interval, changes_at - 0.5))
        assert later == (end, changes_at)
        assert _open_from(interval, calendar, _step(interval, changes_at))[0] > end
