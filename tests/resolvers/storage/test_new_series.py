"""Rollups of a series that was empty come from what was written; they equal those that are read back."""

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from resolvers.model.instrument import Instrument, InstrumentSpec, Source
from resolvers.model.interval import Interval
from resolvers.model.session import SessionCalendar
from resolvers.model.window import WindowRequest
from resolvers.storage.bars import SeriesWrite, rederive_sessions, store_bars
from resolvers.storage.instrument_changes import create_instruments
from resolvers.storage.pool import Pool, connection
from resolvers.storage.windows import stored_windows
from tests.bars import LATER, NOON, spaced

_DAY = 86_400
_ROLL = SessionCalendar(timezone="America/New_York", roll_minutes=420)


async def _pair(pool: Pool) -> tuple[Instrument, Instrument]:
    made = await create_instruments(pool, [InstrumentSpec(symbol=name, sessions=_ROLL) for name in ("ONE", "MANY")])
    return made["ONE"], made["MANY"]


async def _all_bars(pool: Pool, instrument: Instrument) -> dict[Interval, list[npt.NDArray[Any]]]:
    found: dict[Interval, list[npt.NDArray[Any]]] = {}
    for interval in Interval:
        request = WindowRequest(
            instrument_id=instrument.id, interval=interval, start=None, end=None, last=100_000, limit=100_000
        )
        (window,) = await stored_windows(pool, interval, [request])
        if window is not None:
            bars = window.bars
            found[interval] = [bars.time, bars.open, bars.high, bars.low, bars.close, bars.volume]
    return found


@pytest.mark.parametrize("overlap_days", [0, 2])
async def test_one_write_equals_many(pool: Pool, overlap_days: int) -> None:
    """Hours and minutes at once, end to end or overlapping, against the same bars in small pieces."""
    one, many = await _pair(pool)
    hours = spaced(24 * 10, Interval.H1, seed=2)
    minutes = spaced(1440 * 4, Interval.M1, start=NOON + (10 - overlap_days) * _DAY, seed=3)

    def write(instrument: Instrument, interval: Interval, part: slice) -> SeriesWrite:
        bars = (hours if interval is Interval.H1 else minutes)[part]
        return SeriesWrite(instrument=instrument, interval=interval, source=Source.FILE, bars=bars)

    whole = slice(None)
    await store_bars(pool, [write(one, Interval.H1, whole), write(one, Interval.M1, whole)], now=LATER)
    for low, high in pairwise(range(0, len(hours) + 1, 30)):
        await store_bars(pool, [write(many, Interval.H1, slice(low, high))], now=LATER)
    for low, high in pairwise(range(0, len(minutes) + 1, 576)):
        await store_bars(pool, [write(many, Interval.M1, slice(low, high))], now=LATER)

    found, expected = await _all_bars(pool, one), await _all_bars(pool, many)
    assert set(found) == set(expected) == set(Interval)
    for interval in Interval:
        for column, other in zip(found[interval], expected[interval], strict=True):
            np.testing.assert_array_equal(column, other, err_msg=interval.name)


async def test_a_series_that_was_emptied_by_a_new_calendar_is_empty(pool: Pool) -> None:
    """Its sessions are made anew from the stored hours alone."""
    one, _ = await _pair(pool)
    write = SeriesWrite(
        instrument=one, interval=Interval.H1, source=Source.FILE, bars=spaced(24 * 20, Interval.H1, seed=2)
    )
    await store_bars(pool, [write], now=LATER)
    before = await _all_bars(pool, one)
    await rederive_sessions(pool, one)
    after = await _all_bars(pool, one)
    for interval in Interval:
        if interval in before:
            for column, other in zip(before[interval], after[interval], strict=True):
                np.testing.assert_array_equal(column, other, err_msg=interval.name)
    async with connection(pool) as session:
        assert await session.fetchval("SELECT count(*) FROM candles WHERE instrument_id = $1", one.id) == sum(
            len(columns[0]) for columns in after.values()
        )
