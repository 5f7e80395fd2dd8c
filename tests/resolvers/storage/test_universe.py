"""What is read of all instruments that are traded."""

from statistics import median

import numpy as np

from resolvers.model.bars import Bars
from resolvers.model.instrument import AssetClass
from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool
from resolvers.storage.universe import read_traded
from tests.bars import instrument, spaced, store


async def test_turnover_is_the_median_of_the_last_days(pool: Pool) -> None:
    """Of twenty, of fewer where there are no more, of those that have a volume; of no other interval."""
    bars = spaced(50, Interval.D1)
    holes = bars.volume.copy()
    holes[::2] = np.nan
    some = Bars(time=bars.time, open=bars.open, high=bars.high, low=bars.low, close=bars.close, volume=holes)
    none = Bars(time=bars.time, open=bars.open, high=bars.high, low=bars.low, close=bars.close, volume=holes * np.nan)
    for symbol, days in (("ALL", bars), ("FEW", bars[:3]), ("SOME", some), ("NONE", none)):
        await store(pool, await instrument(pool, symbol), Interval.D1, days)
    await store(pool, await instrument(pool, "WEEKS"), Interval.W1, spaced(30, Interval.W1))
    await instrument(pool, "GONE", is_active=False)
    fund = await instrument(pool, "FUND", aliases=("F",), asset_class=AssetClass.ETF, currency="EUR")
    read = await read_traded(pool)
    turnover = {one.instrument.symbol: (one.turnover, one.days) for one in read.value}
    traded = bars.close * bars.volume
    assert turnover == {
        "ALL": (median(traded[-20:].tolist()), 20),
        "FEW": (median(traded[:3].tolist()), 3),
        "SOME": (median(traded[-19::2].tolist()), 10),
        "NONE": (None, 0),
        "WEEKS": (None, 0),
        "FUND": (None, 0),
    }
    assert {one.instrument.symbol: one.instrument for one in read.value}["FUND"] == fund
    assert read.revision == await pool.fetchval("SELECT revision FROM collections WHERE name = 'instruments'")


async def test_of_nothing_it_is_the_revision_alone(pool: Pool) -> None:
    """No instrument is stored."""
    assert (await read_traded(pool)) == ([], 1)
