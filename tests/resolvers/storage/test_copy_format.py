"""Bars as PostgreSQL's binary COPY, there and back through a real server."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.compute.bar_rules import VALUE_LIMIT
from resolvers.model.bars import Bars
from resolvers.model.interval import Interval
from resolvers.model.window import WindowRequest
from resolvers.storage.copy_format import BAR_COLUMNS, HEADER, READ, TRAILER, WRITE, copies, decoded, encoded, instant
from resolvers.storage.pool import Pool
from resolvers.storage.windows import stored_windows
from tests.bars import instrument, spaced, store

_LARGE = math.nextafter(VALUE_LIMIT, 0)
_TINY = 5e-324


def _bars(prices: list[float], volumes: list[float]) -> Bars:
    columns = {name: np.array(prices) for name in ("open", "high", "low", "close")}
    return Bars(time=np.arange(len(prices)) * 86_400, volume=np.array(volumes), **columns)


async def test_extreme_values_come_back_to_the_last_bit(pool: Pool) -> None:
    """The smallest number there is, the largest that is let in, and neighbours of round ones."""
    prices = [_TINY, _LARGE, 0.1, 1 / 3, math.nextafter(1, 2), 2.2250738585072014e-308]
    bars = _bars(prices, [0.0, _LARGE, _TINY, math.nan, 1.0, math.nan])
    acme = await instrument(pool)
    await store(pool, acme, Interval.D1, bars)
    request = WindowRequest(instrument_id=acme.id, interval=Interval.D1, start=None, end=None, last=10, limit=10)
    (window,) = await stored_windows(pool, Interval.D1, [request])
    assert window is not None
    for name in ("open", "close", "volume"):
        np.testing.assert_array_equal(getattr(window.bars, name), getattr(bars, name))


async def test_stored_missing_volumes_are_null(pool: Pool) -> None:
    """What SQL sees is a NULL, which no sum takes for a number, whether bars were appended or merged."""
    acme = await instrument(pool)
    await store(pool, acme, Interval.D1, _bars([1.0, 2.0, 3.0], [math.nan, 5.0, math.nan]))
    await store(pool, acme, Interval.D1, _bars([1.0, 2.0, 3.0], [7.0, math.nan, math.nan]))
    rows = await pool.fetch("SELECT volume FROM candles WHERE bar_minutes = 1440 ORDER BY time")
    assert [row["volume"] for row in rows] == [7.0, None, None]


_VOLUMES = st.lists(st.just(math.nan) | st.floats(0, 1e15), min_size=1, max_size=8)


@given(_VOLUMES)
def test_rows_are_split_by_whether_they_have_a_volume(volumes: list[float]) -> None:
    """One stream of each kind, no empty one, and all rows in one of them."""
    rows = encoded(7, 60, _bars([1.0] * len(volumes), volumes), derived=False)
    streams = dict(copies(rows))
    missing = int(np.isnan(volumes).sum())
    assert set(streams) == {
        *([BAR_COLUMNS] if missing < len(volumes) else []),
        *([BAR_COLUMNS[:-1]] if missing else []),
    }
    frame = len(HEADER) + len(TRAILER)
    sizes = {columns: len(stream) - frame for columns, stream in streams.items()}
    assert sizes.get(BAR_COLUMNS, 0) == (len(volumes) - missing) * WRITE.itemsize
    assert sizes.get(BAR_COLUMNS[:-1], 0) == missing * (WRITE.itemsize - 12)


def test_no_rows_are_no_window() -> None:
    """An answer without rows is a header and a trailer."""
    windows, bars = decoded(HEADER + TRAILER)
    assert (len(windows), len(bars)) == (0, 0)


def test_times_before_2000_count_backwards() -> None:
    """PostgreSQL's epoch is in the middle of what is stored."""
    times = np.array([-(10**10), -1, 0, 946_684_799, 946_684_800, 10**10])
    bars = spaced(6, Interval.D1)
    bars = Bars(time=times, open=bars.open, high=bars.high, low=bars.low, close=bars.close, volume=bars.volume)
    written = encoded(1, 1440, bars, derived=True)
    read = np.zeros(6, READ)
    for name in ("time", "open", "high", "low", "close", "volume"):
        read[name] = written[name]
    _, back = decoded(HEADER + read.tobytes() + TRAILER)
    np.testing.assert_array_equal(back.time, times)
    assert not back.close.flags.writeable


@pytest.mark.parametrize(
    ("seconds", "literal"), [(None, "'-infinity'::timestamptz"), (0, "to_timestamp(0)"), (-5, "to_timestamp(-5)")]
)
def test_an_instant_as_a_literal(seconds: int | None, literal: str) -> None:
    """COPY takes no parameters, so times are written into its query."""
    assert instant(seconds, default="-infinity") == literal
