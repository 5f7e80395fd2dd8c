"""What the tables hold, read without the storage layer, against what they should."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from resolvers.model.bars import Bars
from resolvers.model.instrument import Instrument, Source
from resolvers.model.interval import Interval
from resolvers.model.session import SessionCalendar
from resolvers.storage.bars import SeriesChange, SeriesWrite, store_bars
from resolvers.storage.pool import Pool
from tests.bars import LATER
from tests.resolvers.storage.rollup_oracle import Bar, expected_bars

Stored = dict[Interval, dict[int, Bar]]


@dataclass(frozen=True, slots=True)
class Found:
    """What the tables hold of one instrument: bars by interval and time, and the rows of its series."""

    bars: Mapping[Interval, Mapping[int, tuple[Bar, bool]]]
    series: Mapping[Interval, Mapping[str, Any]]


async def found(pool: Pool, instrument_id: int) -> Found:
    """Reads the tables without the storage layer."""
    rows = await pool.fetch(
        "SELECT bar_minutes, extract(epoch FROM time)::bigint AS time, open, high, low, close,"
        " coalesce(volume, 'NaN') AS volume, is_derived FROM candles WHERE instrument_id = $1",
        instrument_id,
    )
    bars: dict[Interval, dict[int, tuple[Bar, bool]]] = {interval: {} for interval in Interval}
    for minutes, time, *bar, is_derived in rows:
        bars[Interval(minutes)][time] = ((bar[0], bar[1], bar[2], bar[3], bar[4]), is_derived)
    series = await pool.fetch(
        "SELECT bar_minutes, source, revision, extract(epoch FROM first_time)::bigint AS first_time,"
        " extract(epoch FROM last_time)::bigint AS last_time FROM series WHERE instrument_id = $1",
        instrument_id,
    )
    return Found(bars, {Interval(row["bar_minutes"]): dict(row) for row in series})


def comparable(bars: Mapping[int, tuple[Bar, bool]]) -> dict[int, tuple[Any, ...]]:
    """The same with a missing volume that equals itself."""
    return {time: (*bar[:4], None if math.isnan(bar[4]) else bar[4], derived) for time, (bar, derived) in bars.items()}


def assert_as_from_scratch(found: Found, stored: Stored, calendar: SessionCalendar) -> None:
    """Every interval holds what the oracle makes of the stored bars, and its series says where it begins and ends."""
    for interval, bars in expected_bars(stored, calendar).items():
        assert comparable(found.bars[interval]) == comparable(bars), interval.name
        if interval in found.series:
            bounds = (found.series[interval]["first_time"], found.series[interval]["last_time"])
            assert bounds == (min(bars, default=None), max(bars, default=None)), interval.name
        else:
            assert not bars, interval.name


def assert_truthful(changes: Sequence[SeriesChange], before: Found, after: Found) -> None:
    """The changes name exactly the bars that are different now, and only those series have a new revision."""
    for interval in Interval:
        old, new = comparable(before.bars[interval]), comparable(after.bars[interval])
        different = {time for time in old.keys() | new.keys() if old.get(time) != new.get(time)}
        told = [change for change in changes if change.interval is interval]
        assert sum(change.bars for change in told) == len(different), interval.name
        if different:
            assert min(change.first_time for change in told) == min(different), interval.name
            assert max(change.last_time for change in told) == max(different), interval.name
        revisions = [found.series.get(interval, {}).get("revision", 0) for found in (before, after)]
        assert (revisions[1] > revisions[0]) is bool(different), interval.name


def columns(bars: Mapping[int, Bar]) -> Bars:
    times = sorted(bars)
    opened, high, low, close, volume = np.array([bars[time] for time in times], np.float64).T.copy()
    return Bars(time=np.array(times, np.int64), open=opened, high=high, low=low, close=close, volume=volume)


async def store_at_once(
    pool: Pool, instrument: Instrument, bars: Mapping[Interval, Mapping[int, Bar]]
) -> list[SeriesChange]:
    """Stores bars of several intervals in one call."""
    writes = [
        SeriesWrite(instrument=instrument, interval=interval, source=Source.FILE, bars=columns(of_interval))
        for interval, of_interval in bars.items()
    ]
    return list((await store_bars(pool, writes, now=LATER)).changes)


def flat(*times: int, price: float = 5.0) -> dict[int, Bar]:
    """Bars of one price and a volume of 1."""
    return dict.fromkeys(times, (price, price, price, price, 1.0))
