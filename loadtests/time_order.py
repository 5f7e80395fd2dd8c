"""A market of many symbols, written in time order, and a copy of it to compare with."""

import time
from dataclasses import dataclass

import asyncpg
import numpy as np

from loadtests.stored_market import Database
from resolvers.model.bars import Bars, IntArray
from resolvers.model.instrument import Instrument, InstrumentSpec, Source
from resolvers.model.interval import Interval
from resolvers.model.session import DAY
from resolvers.storage.bars import SeriesWrite, store_bars
from resolvers.storage.instrument_changes import create_instruments
from resolvers.storage.pool import open_pool

_HOUR = 3600
FIRST_TIME = 1_577_836_800  # 2020-01-01


@dataclass(frozen=True, kw_only=True, slots=True)
class Extent:
    """
    How much is written.

    Attributes:
        days: Consecutive days, of 24 hours each.
        symbols: All of them have days.
        hourly: The first so many have hours instead, and their days are rollups.
    """

    days: int
    symbols: int
    hourly: int

    @property
    def hours(self) -> int:
        """Hours of one symbol."""
        return 24 * self.days


class Market:
    """Random walks of many symbols, cut by time."""

    def __init__(self, extent: Extent, instruments: list[Instrument]) -> None:
        self.extent = extent
        self.instruments = instruments
        random = np.random.default_rng(1)
        self._hours = [_walk(FIRST_TIME + _HOUR * np.arange(extent.hours), random) for _ in range(extent.hourly)]
        days = FIRST_TIME + DAY * np.arange(extent.days)
        self._days = [_walk(days, random) for _ in range(extent.symbols - extent.hourly)]

    def day(self, number: int) -> list[SeriesWrite]:
        """What all symbols traded on one day: 24 bars of each hourly one, 1 bar of each other."""
        series = [(Interval.H1, bars[24 * number : 24 * number + 24]) for bars in self._hours]
        series += [(Interval.D1, bars[number : number + 1]) for bars in self._days]
        return [
            SeriesWrite(instrument=instrument, interval=interval, source=Source.FEED, bars=bars)
            for instrument, (interval, bars) in zip(self.instruments, series, strict=True)
        ]


def _walk(times: IntArray, random: np.random.Generator) -> Bars:
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.001, len(times))))
    opened = close * np.exp(random.normal(0, 0.001, len(times)))
    return Bars(
        time=times,
        open=opened,
        high=np.maximum(opened, close) * 1.001,
        low=np.minimum(opened, close) * 0.999,
        close=close,
        volume=random.integers(1, 100_000, len(times)).astype(float),
    )


async def written(database: Database, extent: Extent) -> tuple[Market, float]:
    """Writes the market, a day of all symbols in a transaction after the other; and the seconds that took."""
    pool = await open_pool(database.url, size=2)
    specs = [InstrumentSpec(symbol=f"LOAD{number:03}") for number in range(extent.symbols)]
    by_symbol = await create_instruments(pool, specs)
    market = Market(extent, [by_symbol[spec.symbol] for spec in specs])
    begun = time.perf_counter()
    for number in range(extent.days):
        await store_bars(pool, market.day(number), now=FIRST_TIME + DAY * (number + 1))
    seconds = time.perf_counter() - begun
    await pool.close()
    return market, seconds


async def copied_with_plain_index(database: Database) -> None:
    """
    Copies the candles into a schema ``plain`` with an index that does not cover the prices.

    The rows lie in the order of their times, as if each hour of all symbols had been written after the other.
    """
    connection = await asyncpg.connect(database.url)
    try:
        years = await connection.fetch(
            "SELECT inhrelid::regclass::text AS name FROM pg_inherits"
            " WHERE inhparent = 'public.candles'::regclass ORDER BY 1"
        )
        await connection.execute("CREATE SCHEMA plain")
        await connection.execute(
            "CREATE TABLE plain.candles (LIKE public.candles INCLUDING DEFAULTS) PARTITION BY RANGE (time)"
        )
        for (name,) in years:
            year = int(name.rpartition("_")[2])
            await connection.execute(
                f"CREATE TABLE plain.{name} PARTITION OF plain.candles"
                f" FOR VALUES FROM ('{year}-01-01 00:00+00') TO ('{year + 1}-01-01 00:00+00')"
            )
            await connection.execute(
                f"INSERT INTO plain.{name} SELECT * FROM public.{name} ORDER BY time, instrument_id", timeout=600
            )
        await connection.execute("CREATE UNIQUE INDEX ON plain.candles (instrument_id, bar_minutes, time)", timeout=600)
        for (name,) in years:
            await connection.execute(f"VACUUM (ANALYZE) plain.{name}", timeout=600)
    finally:
        await connection.close()
