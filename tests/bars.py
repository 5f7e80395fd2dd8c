"""Bars for tests: random walks that are possible, and instruments to store them under."""

from collections.abc import Sequence

import numpy as np

from resolvers.model.bars import Bars
from resolvers.model.instrument import Instrument, InstrumentSpec, Source
from resolvers.model.interval import Interval
from resolvers.storage.bars import SeriesChange, SeriesWrite, store_bars
from resolvers.storage.instrument_changes import create_instruments
from resolvers.storage.pool import Pool

NOON = 1_706_788_800  # 2024-02-01T12:00:00Z, a Thursday
LATER = 2_000_000_000


def walk(times: Sequence[int] | np.ndarray[tuple[int], np.dtype[np.int64]], *, seed: int = 1) -> Bars:
    """A random walk with a bar at each of *times*."""
    random = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.01, len(times))))
    opened = close * np.exp(random.normal(0, 0.003, len(times)))
    return Bars(
        time=np.array(times, np.int64),
        open=opened,
        high=np.maximum(opened, close) * (1 + random.uniform(0, 0.01, len(times))),
        low=np.minimum(opened, close) * (1 - random.uniform(0, 0.01, len(times))),
        close=close,
        volume=random.integers(1, 1_000_000, len(times)).astype(float),
    )


def spaced(count: int, interval: Interval, *, start: int = NOON, seed: int = 1) -> Bars:
    """*count* bars of *interval* without a gap."""
    first = start // interval.seconds * interval.seconds
    return walk(first + np.arange(count) * interval.seconds, seed=seed)


async def instrument(pool: Pool, symbol: str = "ACME", **spec: object) -> Instrument:
    """A stored instrument."""
    return (await create_instruments(pool, [InstrumentSpec(symbol=symbol, **spec)]))[symbol]  # type: ignore[arg-type]


async def store(
    pool: Pool,
    instrument: Instrument,
    interval: Interval,
    bars: Bars,
    *,
    source: Source = Source.FILE,
    now: int = LATER,
) -> list[SeriesChange]:
    """Stores bars as an import does."""
    write = SeriesWrite(instrument=instrument, interval=interval, source=source, bars=bars)
    return list((await store_bars(pool, [write], now=now)).changes)
