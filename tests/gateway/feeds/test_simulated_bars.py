"""Bars of the simulated market."""

import numpy as np
import pytest

from gateway.feeds.simulated_listings import LISTINGS
from resolvers.model.bars import Bars
from resolvers.model.instrument import AssetClass
from tests.gateway.feeds.market_sample import SYMBOLS, Market, columns, of_class, returns


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("part", ["hours", "minutes"])
def test_bars_are_right(market: Market, symbol: str, part: str) -> None:
    """Finite, positive, ordered, on the tick; volumes are not negative; nobody can write into them."""
    bars: Bars = getattr(market[symbol], part)
    assert all(np.isfinite(column).all() and not column.flags.writeable for _, column in columns(bars))
    assert (bars.low > 0).all()
    assert (bars.low <= np.minimum(bars.open, bars.close)).all()
    assert (bars.high >= np.maximum(bars.open, bars.close)).all()
    assert (bars.volume >= 0).all()
    assert np.mean(bars.volume > 0) > 0.99
    decimals = round(-np.log10(market[symbol].instrument.tick_size or 1))
    for column in (bars.open, bars.high, bars.low, bars.close):
        assert np.array_equal(column, np.round(column, decimals))


def test_highs_and_lows_match_volatility(market: Market) -> None:
    """A Brownian bar's squared range is 4 ln 2 times its variance (Parkinson); ours is near that for hours."""
    for one in of_class(market, AssetClass.EQUITY, AssetClass.FX, AssetClass.CRYPTO):
        ranges = np.log(one.hours.high / one.hours.low)
        assert np.mean(ranges**2) / np.mean(returns(one.hours) ** 2) == pytest.approx(4 * np.log(2), rel=0.2)


def test_an_exchange_is_busy_at_both_ends(market: Market) -> None:
    """Volume and range of minutes are U-shaped over a session."""
    for one in of_class(market, AssetClass.EQUITY, AssetClass.INDEX):
        whole = len(one.minutes) // 390 * 390
        for column in (one.minutes.volume, np.log(one.minutes.high / one.minutes.low)):
            minute = np.median(column[:whole].reshape(-1, 390), axis=0)
            noon = minute[150:240].mean()
            assert minute[:20].mean() > 1.3 * noon, one.instrument.symbol
            assert minute[-20:].mean() > 1.2 * noon, one.instrument.symbol


def test_the_index_follows_its_members(market: Market) -> None:
    """Its closes are the weighted sum of theirs, its volume their sum, its range smaller than their mean one."""
    weights = np.array([listing.weight / listing.price for listing in LISTINGS if listing.weight])
    members = of_class(market, AssetClass.EQUITY)
    for part in ("hours", "minutes"):
        index: Bars = getattr(market["SIMDEX"], part)
        bars: list[Bars] = [getattr(one, part) for one in members]
        ratio = index.close / np.sum([weight * one.close for weight, one in zip(weights, bars, strict=True)], axis=0)
        assert ratio == pytest.approx(10.0, rel=1e-4)
        assert np.array_equal(index.volume, np.sum([one.volume for one in bars], axis=0))
        ranges = [np.mean(np.log(one.high / one.low)) for one in bars]
        assert np.mean(np.log(index.high / index.low)) < np.mean(ranges)
