"""Any sequence of writes leaves every interval as if it were made from scratch."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvers.model.instrument import Instrument, Source
from resolvers.model.interval import Interval
from resolvers.model.session import UTC_DAYS, SessionCalendar
from resolvers.storage.bars import SeriesWrite, rederive_sessions, store_bars
from resolvers.storage.instrument_changes import update_instrument
from resolvers.storage.pool import Pool
from tests.bars import LATER, instrument
from tests.resolvers.storage.rollup_oracle import Bar
from tests.resolvers.storage.tables import (
    Found,
    Stored,
    assert_as_from_scratch,
    assert_truthful,
    columns,
    flat,
    found,
    store_at_once,
)

_DAY, _HOUR = 86_400, 3_600
FX = SessionCalendar(timezone="America/New_York", roll_minutes=420)
INDIA = SessionCalendar(timezone="Asia/Kolkata")
CALENDARS = {"CLOCK": UTC_DAYS, "EURUSD": FX, "NIFTY": INDIA}

# Clocks go forward and back in New York, a year ends within a week and with one, sessions roll in New York and India.
MOMENTS = [1_710_050_400, 1_730_610_000, 1_704_067_200, 1_672_614_000, 1_704_837_600, 1_704_825_000]


@st.composite
def _bar(draw: st.DrawFn) -> Bar:
    low, *inner, high = sorted(draw(st.lists(st.integers(1, 9), min_size=4, max_size=4)))
    if draw(st.booleans()):
        inner.reverse()
    volume = draw(st.sampled_from([math.nan, 0.0, 1.0, 2.0, 3.0]))
    return float(inner[0]), float(high), float(low), float(inner[1]), volume


def _times(interval: Interval, moment: int) -> st.SearchStrategy[int]:
    """Times around a moment, few enough that writes meet each other; intraday ones also between the buckets."""
    if interval is Interval.W1:
        monday = moment // _DAY - (moment // _DAY + 3) % 7
        return st.integers(-1, 1).map(lambda weeks: (monday + 7 * weeks) * _DAY)
    if interval is Interval.D1:
        return st.integers(-8, 8).map(lambda days: (moment // _DAY + days) * _DAY)
    first = moment // interval.seconds * interval.seconds
    # Half an hour and a quarter of one lie between buckets; so do sessions that begin at 18:30 or 17:00.
    shifts = st.sampled_from([0, 0, interval.seconds // 120 * 60])
    near = st.integers(-2, 2) | st.integers(-30 * _HOUR // interval.seconds, 30 * _HOUR // interval.seconds)
    return st.builds(lambda steps, shift: first + steps * interval.seconds + shift, near, shifts)


@st.composite
def _writes(draw: st.DrawFn) -> list[Stored]:
    """A few calls with the bars of one interval or of several, all around one moment."""
    moment = draw(st.sampled_from(MOMENTS))
    calls: list[Stored] = []
    for _ in range(draw(st.integers(1, 5))):
        intervals = draw(st.lists(st.sampled_from(list(Interval)), min_size=1, max_size=2, unique=True))
        calls.append(
            {
                interval: draw(st.dictionaries(_times(interval, moment), _bar(), min_size=1, max_size=5))
                for interval in intervals
            }
        )
    return calls


@pytest.fixture
async def listed(pool: Pool) -> dict[str, Instrument]:
    """An instrument for each calendar."""
    return {symbol: await instrument(pool, symbol, sessions=sessions) for symbol, sessions in CALENDARS.items()}


async def test_a_day_is_gone_with_its_last_hour(pool: Pool, listed: dict[str, Instrument]) -> None:
    """The hour of 18:00 lies in the old session of Kolkata; one stored at 18:30 takes its place, in the new one."""
    nifty, six_pm = listed["NIFTY"], 1_704_823_200
    await store_at_once(pool, nifty, {Interval.M30: flat(six_pm)})
    changes = await store_at_once(pool, nifty, {Interval.H1: flat(six_pm + 1800)})
    bars = (await found(pool, nifty.id)).bars
    midnight = six_pm // _DAY * _DAY
    assert [time for time, (_, derived) in bars[Interval.H1].items() if not derived] == [six_pm + 1800]
    assert list(bars[Interval.D1]) == [midnight + _DAY]
    days = [change for change in changes if change.interval is Interval.D1]
    assert [(change.bars, change.gone) for change in days] == [(2, 1)]


async def test_a_series_begins_at_the_bar_that_took_the_first_ones_place(
    pool: Pool, listed: dict[str, Instrument]
) -> None:
    """A stored hour of 14:30 removes the derived one of 14:00, which was the first."""
    clock, two_pm = listed["CLOCK"], 1_704_808_800
    await store_at_once(pool, clock, {Interval.M30: flat(two_pm)})
    await store_at_once(pool, clock, {Interval.H1: flat(two_pm + 1800)})
    assert (await found(pool, clock.id)).series[Interval.H1]["first_time"] == two_pm + 1800


async def test_two_sources_of_one_instrument_in_one_call(pool: Pool, listed: dict[str, Instrument]) -> None:
    """Rollups belong to the source of what they are made of, and stay out of series of another one."""
    clock, moment = listed["CLOCK"], 1_704_808_800
    minutes, days = columns(flat(moment)), columns(flat(moment // _DAY * _DAY, price=7.0))
    writes = [
        SeriesWrite(instrument=clock, interval=Interval.M1, source=Source.FEED, bars=minutes),
        SeriesWrite(instrument=clock, interval=Interval.D1, source=Source.FILE, bars=days),
    ]
    await store_bars(pool, writes, now=LATER)
    series = (await found(pool, clock.id)).series
    assert {row["source"] for interval, row in series.items() if interval < Interval.D1} == {"FEED"}
    assert {row["source"] for interval, row in series.items() if interval >= Interval.D1} == {"FILE"}
    await store_bars(pool, writes, now=LATER)


async def test_minutes_and_hours_in_one_call(pool: Pool, listed: dict[str, Instrument]) -> None:
    """The hours that were stored stay, those that were not are made of the minutes, and days of both."""
    clock, two_pm = listed["CLOCK"], 1_704_808_800
    stored = {Interval.M1: flat(two_pm, two_pm + 3600, price=3.0), Interval.H1: flat(two_pm, price=4.0)}
    changes = await store_at_once(pool, clock, stored)
    after = await found(pool, clock.id)
    assert_as_from_scratch(after, stored, UTC_DAYS)
    assert_truthful(changes, Found({interval: {} for interval in Interval}, {}), after)
    (day,) = after.bars[Interval.D1].values()
    assert day == ((4.0, 4.0, 3.0, 3.0, 2.0), True)


@given(symbol=st.sampled_from(list(CALENDARS)), writes=_writes())
@settings(
    max_examples=60,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_every_interval_is_as_if_made_from_scratch(
    pool: Pool, listed: dict[str, Instrument], symbol: str, writes: list[Stored]
) -> None:
    """Late, corrected, repeated, unaligned and overlapping bars of any intervals, in any order."""
    await pool.execute("DELETE FROM candles; DELETE FROM series; DELETE FROM quotes")
    asked, stored = listed[symbol], {interval: dict[int, Bar]() for interval in Interval}
    before = await found(pool, asked.id)
    for write in writes:
        changes = await store_at_once(pool, asked, write)
        for interval, bars in write.items():
            stored[interval] |= bars
        after = await found(pool, asked.id)
        assert_as_from_scratch(after, stored, CALENDARS[symbol])
        assert_truthful(changes, before, after)
        assert await store_at_once(pool, asked, write) == []
        before = after


@given(symbol=st.sampled_from(list(CALENDARS)), other=st.sampled_from(list(CALENDARS)), writes=_writes())
@settings(
    max_examples=30,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_another_calendar_is_as_if_it_had_always_been(
    pool: Pool, listed: dict[str, Instrument], symbol: str, other: str, writes: list[Stored]
) -> None:
    """After a change of zone and session the days are those of a fresh load; stored ones and untouched weeks stay."""
    await pool.execute("DELETE FROM candles; DELETE FROM series; DELETE FROM quotes")
    before_edit, stored = listed[symbol], {interval: dict[int, Bar]() for interval in Interval}
    for write in writes:
        await store_at_once(pool, before_edit, write)
        for interval, bars in write.items():
            stored[interval] |= bars
    before = await found(pool, before_edit.id)
    edited = await _edited(pool, before_edit, CALENDARS[other])
    changes = (await rederive_sessions(pool, edited)).changes
    after = await found(pool, edited.id)
    assert_as_from_scratch(after, stored, CALENDARS[other])
    assert_truthful(changes, before, after)
    assert list((await rederive_sessions(pool, edited)).changes) == []
    # The writer has read the instrument before the edit.
    await store_at_once(pool, before_edit, {Interval.H1: flat(MOMENTS[0])})
    stored[Interval.H1] |= flat(MOMENTS[0])
    assert_as_from_scratch(await found(pool, edited.id), stored, CALENDARS[other])
    await _edited(pool, edited, CALENDARS[symbol])


async def _edited(pool: Pool, instrument: Instrument, calendar: SessionCalendar) -> Instrument:
    columns = {"timezone": calendar.timezone, "roll_minutes": calendar.roll_minutes}
    return await update_instrument(pool, instrument, columns, None)


async def test_days_of_another_source_stay_with_their_weeks(pool: Pool, listed: dict[str, Instrument]) -> None:
    """Hours from a feed say nothing about imported days, and a new calendar of the hours leaves both alone."""
    clock, moment = listed["CLOCK"], 1_704_808_800
    days = SeriesWrite(
        instrument=clock, interval=Interval.D1, source=Source.FILE, bars=columns(flat(moment // _DAY * _DAY))
    )
    hours = SeriesWrite(instrument=clock, interval=Interval.H1, source=Source.FEED, bars=columns(flat(moment)))
    await store_bars(pool, [days], now=LATER)
    await store_bars(pool, [hours], now=LATER)
    before = await found(pool, clock.id)
    assert list((await rederive_sessions(pool, await _edited(pool, clock, FX))).changes) == []
    assert await found(pool, clock.id) == before
    assert len(before.bars[Interval.W1]) == 1


async def test_weeks_of_days_without_hours_stay(pool: Pool, listed: dict[str, Instrument]) -> None:
    """Days were imported long before the first hour: a new calendar moves nothing there."""
    clock, moment = listed["CLOCK"], 1_704_808_800
    stored = {Interval.D1: flat(*range(0, 30 * _DAY, _DAY)), Interval.H1: flat(moment)}
    await store_at_once(pool, clock, stored)
    await rederive_sessions(pool, await _edited(pool, clock, INDIA))
    assert_as_from_scratch(await found(pool, clock.id), stored, INDIA)
