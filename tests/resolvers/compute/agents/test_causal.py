"""No vote depends on what comes after its bar: not in its series, not in any other."""

from pathlib import Path

import numpy as np
import pytest

from resolvers.compute.agents.panel import PANEL
from resolvers.compute.agents.universe import Universe
from resolvers.model.bars import Bars
from tests.resolvers.compute.agents.market import Market, generated_market, real_market, until
from tests.resolvers.compute.simulated import flat_bars, simulated_bars


def _assert_causal(bars: Bars, cuts: list[int]) -> None:
    whole = PANEL.votes(bars)
    for cut in cuts:
        np.testing.assert_array_equal(PANEL.votes(bars[:cut]), whole[:, :cut], err_msg=f"after {cut} bars")


@pytest.mark.parametrize("seed", [4, 5])
def test_the_first_bars_alone_have_the_same_votes(seed: int) -> None:
    """Bit for bit, wherever the series is cut, down to no bar at all."""
    _assert_causal(simulated_bars(420, seed=seed), list(range(421)))


def test_whatever_comes_after_changes_nothing() -> None:
    """Not only less: a crash, a standstill, or a volume that nobody gave."""
    bars = simulated_bars(700, seed=6)
    whole = PANEL.votes(bars)
    for cut in (1, 30, 260, 500):
        factor = np.where(np.arange(700) < cut, 1.0, 0.3)
        volume = np.where(factor == 1, bars.volume, np.nan)
        prices = (bars.open * factor, bars.high * factor, bars.low * factor, bars.close * factor)
        crash = Bars(time=bars.time, open=prices[0], high=prices[1], low=prices[2], close=prices[3], volume=volume)
        np.testing.assert_array_equal(PANEL.votes(crash)[:, :cut], whole[:, :cut])
        assert not np.array_equal(PANEL.votes(crash)[:, cut:], whole[:, cut:])


def test_a_standstill_and_a_missing_volume_are_no_exception() -> None:
    """Where rounding could be all that is left."""
    walk, flat = simulated_bars(300, seed=8), flat_bars(120, 70.1)
    columns = [
        np.concatenate([getattr(walk, name), getattr(flat, name), getattr(walk, name)])
        for name in ("open", "high", "low", "close", "volume")
    ]
    columns[4][500:503] = np.nan
    columns[4][600] = 0.0
    opened, high, low, close, volume = columns
    bars = Bars(time=np.arange(720), open=opened, high=high, low=low, close=close, volume=volume)
    _assert_causal(bars, list(range(250, 721, 3)))


def _assert_causal_together(market: Market, moments: int) -> None:
    whole = Universe.of(market)
    last = np.unique(np.concatenate([bars.time for bars in market.values()]))[::-moments]
    for time in last.tolist():
        past = until(market, time)
        then = Universe.of(past)
        for symbol, bars in past.items():
            votes = PANEL.votes(bars, then.member(symbol))
            expected = PANEL.votes(market[symbol], whole.member(symbol))[:, : len(bars)]
            np.testing.assert_array_equal(votes, expected, err_msg=f"{symbol} at {time}")


def test_a_generated_market_cut_at_a_moment() -> None:
    """With instruments that are listed later, have gaps, and vanish: the ranks of a bar do not know of it."""
    _assert_causal_together(generated_market(), 23)


def test_the_real_market_cut_at_a_moment(real_prices: Path) -> None:
    """All of the large caps."""
    _assert_causal_together(real_market(real_prices), 97)
