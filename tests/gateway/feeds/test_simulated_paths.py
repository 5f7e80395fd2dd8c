"""The course of simulated prices, seen in their bars."""

import numpy as np
import pytest

from gateway.feeds.simulated_paths import decaying_sum
from resolvers.model.bars import Series
from resolvers.model.instrument import AssetClass
from tests.gateway.feeds.market_sample import Market, of_class, returns


def _kurtosis(values: Series) -> float:
    centred = values - values.mean()
    return float((centred**4).mean() / (centred**2).mean() ** 2)


def _autocorrelation(values: Series, lag: int) -> float:
    return float(np.corrcoef(values[:-lag], values[lag:])[0, 1])


def test_tails_are_fat(market: Market) -> None:
    """Returns have more extremes than a normal distribution's kurtosis of 3."""
    for symbol, one in market.items():
        assert _kurtosis(returns(one.hours)) > 4.5, symbol
        assert _kurtosis(returns(one.minutes)) > 4.5, symbol


def test_volatility_comes_in_bursts(market: Market) -> None:
    """Absolute returns resemble those of the session before, though signed returns do not."""
    for one in market.values():
        days = one.instrument.sessions.session_days(one.hours.time)
        _, begins = np.unique(days, return_index=True)
        moves = returns(one.hours)
        sizes = np.add.reduceat(np.abs(moves), begins)
        assert _autocorrelation(sizes, 1) > 0.15, one.instrument.symbol
        assert abs(_autocorrelation(moves, 1)) < 0.1, one.instrument.symbol


def test_volume_follows_volatility(market: Market) -> None:
    """Hours and minutes that move more trade more."""
    for symbol, one in market.items():
        for bars in (one.hours, one.minutes):
            correlation = np.corrcoef(np.log(bars.high / bars.low), np.log(bars.volume))[0, 1]
            assert correlation > 0.25, symbol


def test_closed_markets_open_with_a_gap(market: Market) -> None:
    """Prices jump over nights and weekends where the market was closed, and nowhere else."""
    for one in of_class(market, AssetClass.EQUITY, AssetClass.FX, AssetClass.CRYPTO):
        for bars, step in ((one.hours, 3600), (one.minutes, 60)):
            closed = np.diff(bars.time) > step
            jumps = bars.open[1:] != bars.close[:-1]
            assert not jumps[~closed].any()
            if one.instrument.asset_class is AssetClass.CRYPTO:
                assert not closed.any()
            else:
                assert jumps[closed].mean() > 0.9


def test_instruments_of_a_class_move_together(market: Market) -> None:
    """Equities correlate with one another in hours and in minutes, and not with coins."""
    for part in ("hours", "minutes"):
        equities = np.corrcoef([returns(getattr(one, part)) for one in of_class(market, AssetClass.EQUITY)])
        assert equities[np.triu_indices(14, 1)].mean() > 0.1
    nova, coin = market["NOVA"].hours, market["QUBZUSD"].hours
    shared = np.isin(coin.time, nova.time)
    assert abs(np.corrcoef(returns(nova), returns(coin)[shared])[0, 1]) < 0.1


def test_a_decaying_sum_is_the_recursion() -> None:
    """Doubling gives what the loop y[t] = x[t] + decay * y[t-1] gives."""
    steps = np.random.default_rng(1).standard_normal(1000)
    expected, last = [], 0.0
    for step in steps:
        last = step + 0.97 * last
        expected.append(last)
    assert decaying_sum(steps, 0.97) == pytest.approx(expected, rel=1e-9, abs=1e-9)
