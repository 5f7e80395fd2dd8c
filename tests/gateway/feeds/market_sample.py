"""The simulated market that the tests of this folder look at."""

from dataclasses import fields
from datetime import UTC, datetime

import numpy as np

from gateway.feeds.simulated import SimulatedSeries, simulated_market
from gateway.feeds.simulated_listings import LISTINGS
from resolvers.model.bars import Bars, IntArray, Series
from resolvers.model.instrument import AssetClass

# A Friday, in the middle of an exchange session; the minutes hold a change of clocks (8 March).
UNTIL = int(datetime(2026, 3, 20, 15, 37, 25, tzinfo=UTC).timestamp())
SYMBOLS = [listing.symbol for listing in LISTINGS] + ["SIMDEX"]

Market = dict[str, SimulatedSeries]


def market_by_symbol(until: int, seed: int = 20260101) -> Market:
    """The simulated market, for look-ups."""
    return {one.instrument.symbol: one for one in simulated_market(until=until, seed=seed)}


def of_class(market: Market, *classes: AssetClass) -> list[SimulatedSeries]:
    """The instruments of some asset classes."""
    return [one for one in market.values() if one.instrument.asset_class in classes]


def columns(bars: Bars) -> list[tuple[str, Series | IntArray]]:
    """Names and values of all columns."""
    return [(field.name, getattr(bars, field.name)) for field in fields(bars)]


def same(one: Bars, other: Bars) -> bool:
    """Whether all columns are equal, bit for bit."""
    return all(np.array_equal(column, getattr(other, name)) for name, column in columns(one))


def returns(bars: Bars) -> Series:
    """Movements inside the bars, without the gaps between them."""
    return np.asarray(np.log(bars.close / bars.open))
