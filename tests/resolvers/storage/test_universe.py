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
    await instrument(pool, "FUND", asset_class=AssetClass.ETF, currency="EUR")
    read = await read_traded(pool)
    found = {one.instrument_id: one for one in read.value}
    by_symbol = {row["symbol"]: found.get(row["id"]) for row in await pool.fetch("SELECT id, symbol FROM instruments")}
    turnover = {symbol: one and (one.turnover, one.days) for symbol, one in by_symbol.items()}
    traded = bars.close * bars.volume
    assert turnover == {
        "ALL": (median(traded[-20:].tolist()), 20),
        "FEW": (median(traded[:3].tolist()), 3),
        "SOME": (median(traded[-19::2].tolist()), 10),
        "NONE": (None, 0),
        "WEEKS": (None, 0),
        "GONE": None,
        "FUND": (None, 0),
    }
    fund = by_symbol["FUND"]
    assert fund is not None
    assert (fund.asset_class, fund.currency, fund.is_simulated) == (AssetClass.ETF, "EUR", False)
    assert read.revision == await pool.fetchval("SELECT revision FROM collections WHERE name = 'instruments'")


async def test_of_nothing_it_is_the_revision_alone(pool: Pool) -> None:
    """No instrument is stored."""
    assert (await read_traded(pool)) == ([], 1)
