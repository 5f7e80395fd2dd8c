"""Values of a window do not depend on where it begins: the whole way, from the tables to the indicator."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from gateway.feeds.files import FileOptions, read_prices
from resolvers.compute.catalog import CATALOG, Anchor, Arguments, Indicator, checked_arguments, computed
from resolvers.indicators import furthest, reach_of
from resolvers.ingest import Ingest
from resolvers.loaders import Loaders
from resolvers.market import CandleWindow, candles
from resolvers.model.bars import Bars, Series
from resolvers.model.instrument import Instrument, InstrumentSpec, Source
from resolvers.model.interval import Interval
from resolvers.model.session import SessionCalendar
from resolvers.model.window import Reach
from resolvers.services import Services
from resolvers.storage.bars import SeriesWrite, store_bars
from resolvers.storage.instrument_changes import create_instruments
from resolvers.storage.pool import Pool, open_pool
from tests.bars import LATER, instrument, store, walk
from tests.servers import Servers, fresh_database

FEW, MANY = 50, 500
_NEW_YORK = SessionCalendar(timezone="America/New_York")
_FX = SessionCalendar(timezone="America/New_York", roll_minutes=420)


def loaders(pool: Pool, *, now: float = LATER) -> Loaders:
    """Loaders of a new operation."""
    return Loaders(
        Services(
            pool=pool,
            ingest=Ingest(pool),
            clock=lambda: now,
            max_bars=100_000,
            bar_grace_seconds=0.0,
            quote_stale_seconds=60.0,
        )
    )


async def _values(
    pool: Pool, one: Instrument, interval: Interval, reach: Reach, *, last: int, end: int | None
) -> CandleWindow:
    return await candles(loaders(pool), one, interval, last=last, start=None, end=end, reach=reach)


REAL = {
    "large-caps-daily-5y.csv.gz": (Interval.D1, _NEW_YORK, ("AAPL", "XOM"), (Interval.D1, Interval.W1)),
    "fx-hourly.csv.gz": (Interval.H1, _FX, ("USDJPY", "XAUUSD"), (Interval.H1, Interval.H4, Interval.D1)),
    "spy-1min.csv": (Interval.M1, _NEW_YORK, ("SPY",), (Interval.M1, Interval.M5)),
}


@pytest.fixture(scope="module")
async def real(servers: Servers, template: str, real_prices: Path) -> AsyncIterator[tuple[Pool, dict[str, Instrument]]]:
    """Real prices in a database of their own, with what is derived from them."""
    async with fresh_database(template, "real_windows") as url:
        pool = await open_pool(url, size=4)
        stored: dict[str, Instrument] = {}
        for file, (interval, sessions, symbols, _) in REAL.items():
            options = FileOptions(
                symbol=symbols[0] if file.endswith(".csv") else None, interval=interval, timezone="America/New_York"
            )
            series = (await asyncio.to_thread(read_prices, real_prices / file, options)).series
            specs = [InstrumentSpec(symbol=symbol, sessions=sessions) for symbol in symbols]
            stored |= await create_instruments(pool, specs)
            writes = [
                # Enough for the longest warm-up, and little enough for a quick load.
                SeriesWrite(
                    instrument=stored[symbol], interval=interval, source=Source.FILE, bars=series[symbol][-16_000:]
                )
                for symbol in symbols
            ]
            await store_bars(pool, writes, now=LATER)
        yield pool, stored
        await pool.close()


SERIES = [
    pytest.param(symbol, interval, id=f"{symbol} {interval.name}")
    for _, _, symbols, intervals in REAL.values()
    for symbol in symbols
    for interval in intervals
]


@pytest.mark.parametrize(("symbol", "interval"), SERIES)
async def test_the_last_50_are_the_same_in_500(
    real: tuple[Pool, dict[str, Instrument]], symbol: str, interval: Interval
) -> None:
    """Every indicator of the catalog on real prices, each with the reach that it alone asks for."""
    pool, stored = real
    one = stored[symbol]
    whole = await candles(loaders(pool), one, interval, last=100_000, start=None, end=None, reach=Reach())
    ends = [None, *whole.bars.time[np.linspace(len(whole.bars) * 0.6, len(whole.bars) - 7, 3).astype(int)].tolist()]
    for indicator in CATALOG.values():
        arguments = checked_arguments(indicator, {})
        reach = reach_of(indicator, arguments, interval)
        for end in ends:
            few = await _values(pool, one, interval, reach, last=FEW, end=end)
            many = await _values(pool, one, interval, reach, last=MANY, end=end)
            np.testing.assert_array_equal(few.bars.time, many.bars.time[-FEW:])
            _assert_same(indicator, arguments, few, many)


def _assert_same(indicator: Indicator, arguments: Arguments, few: CandleWindow, many: CandleWindow) -> None:
    columns = few.indicators.values(indicator, arguments)
    longer = many.indicators.values(indicator, arguments)
    for output, column, other in zip(indicator.outputs, columns, longer, strict=True):
        assert len(column) == len(few.bars)
        message = f"{indicator.name} {output.name}"
        np.testing.assert_allclose(column, other[-len(column) :], rtol=1e-9, atol=0, err_msg=message)


@pytest.mark.parametrize(("symbol", "interval"), SERIES)
async def test_one_reach_serves_all_indicators_of_a_window(
    real: tuple[Pool, dict[str, Instrument]], symbol: str, interval: Interval
) -> None:
    """What a query of everything reads gives each indicator the values that it has alone."""
    pool, stored = real
    given = [(indicator, checked_arguments(indicator, {})) for indicator in CATALOG.values()]
    reach = furthest(*(reach_of(indicator, arguments, interval) for indicator, arguments in given))
    together = await _values(pool, stored[symbol], interval, reach, last=FEW, end=None)
    for indicator, arguments in given:
        alone = reach_of(indicator, arguments, interval)
        _assert_same(
            indicator,
            arguments,
            await _values(pool, stored[symbol], interval, alone, last=FEW, end=None),
            together,
        )


def _minutes() -> Bars:
    """Three months of five-minute bars with holes, over two changes of month."""
    present = np.random.default_rng(5).random(20_000) < 0.9
    return walk(1_704_067_200 + np.flatnonzero(present) * 300, seed=5)


_MONTHS = [1_704_067_200, 1_706_745_600, 1_709_251_200, 1_711_929_600]


@pytest.mark.parametrize(
    "indicator", [one for one in CATALOG.values() if one.anchor is Anchor.SERIES], ids=lambda one: one.name
)
async def test_path_dependent_values_of_minutes_begin_anew_each_month(pool: Pool, indicator: Indicator) -> None:
    """In any window, also over a change of month, they are those of the month computed from its first bar."""
    acme, bars = await instrument(pool), _minutes()
    await store(pool, acme, Interval.M5, bars)
    arguments = checked_arguments(indicator, {})
    reach = reach_of(indicator, arguments, Interval.M5)
    months = [(bars.time >= first) & (bars.time < end) for first, end in pairwise(_MONTHS)]
    parts = [computed(indicator, _where(bars, month), np.zeros(month.sum(), np.int64), arguments) for month in months]
    expected = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
    for last, end in ((50, None), (500, None), (100, _MONTHS[1] + 12_000), (9_000, None), (40, _MONTHS[2])):
        window = await _values(pool, acme, Interval.M5, reach, last=last, end=end)
        stop = len(bars) if end is None else int(np.searchsorted(bars.time, end))
        for column, whole in zip(window.indicators.values(indicator, arguments), expected, strict=True):
            np.testing.assert_allclose(column, whole[stop - last : stop], rtol=1e-12)


def _where(bars: Bars, mask: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Bars:
    low, high = np.flatnonzero(mask)[[0, -1]].tolist()
    return bars[low : high + 1]


async def test_vwap_runs_from_the_start_of_the_session_wherever_the_window_begins(pool: Pool) -> None:
    """In a session of 25 hours, when clocks go back in New York."""
    acme = await instrument(pool, sessions=_FX)
    bars = walk(1_730_494_800 + np.arange(72) * 3600, seed=2)  # from Friday 17:00 New York
    await store(pool, acme, Interval.H1, bars)
    vwap = CATALOG["vwap"]
    reach = reach_of(vwap, {}, Interval.H1)
    end = int(bars.time[49])  # the last hour of Sunday's session
    (last,) = (await _values(pool, acme, Interval.H1, reach, last=1, end=end)).indicators.values(vwap, {})
    part = bars[24:49]
    typical: Series = (part.high + part.low + part.close) / 3
    np.testing.assert_allclose(last, [np.average(typical, weights=part.volume)], rtol=1e-12)


async def test_each_combination_is_computed_once(pool: Pool) -> None:
    """The same arguments give the same arrays, others give others, and nobody can write into them."""
    acme = await instrument(pool)
    await store(pool, acme, Interval.D1, walk(np.arange(100) * 86_400))
    window = await _values(pool, acme, Interval.D1, Reach(bars=50), last=10, end=None)
    sma = CATALOG["sma"]
    five = window.indicators.values(sma, checked_arguments(sma, {"period": 5}))
    assert window.indicators.values(sma, checked_arguments(sma, {"period": 5})) is five
    assert window.indicators.values(sma, checked_arguments(sma, {"period": 6})) is not five
    assert not five[0].flags.writeable


async def test_an_empty_window_has_empty_columns(pool: Pool) -> None:
    """For every indicator and on both sides of H1."""
    acme = await instrument(pool)
    await store(pool, acme, Interval.M1, walk(np.arange(100) * 60))
    for interval in (Interval.M1, Interval.H1):
        for indicator in CATALOG.values():
            arguments = checked_arguments(indicator, {})
            reach = reach_of(indicator, arguments, interval)
            window = await candles(loaders(pool), acme, interval, last=None, start=10**9, end=10**9 + 1, reach=reach)
            assert [len(column) for column in window.indicators.values(indicator, arguments)] == [0] * len(
                indicator.outputs
            )


def test_the_furthest_reach_covers_all() -> None:
    """And no reach is none."""
    assert furthest() == Reach()
    assert furthest(Reach(bars=3), Reach(anchored=True), Reach(bars=5)) == Reach(bars=5, anchored=True)
