"""The simulated market as a whole."""

import numpy as np
import pytest

from gateway.feeds.simulated import simulated_market
from resolvers.model.instrument import AssetClass
from resolvers.model.session import DAY, week_starts
from tests.gateway.feeds.market_sample import SYMBOLS, UNTIL, Market, market_by_symbol, returns, same


def test_the_same_seed_makes_the_same_market(market: Market) -> None:
    """Bit for bit, and the seconds of the minute do not matter."""
    again = market_by_symbol(UNTIL // 60 * 60)
    assert list(again) == list(market)
    for symbol, one in market.items():
        assert same(one.hours, again[symbol].hours), symbol
        assert same(one.minutes, again[symbol].minutes), symbol


def test_another_seed_makes_another_market(market: Market) -> None:
    """No instrument keeps its prices, all keep their times."""
    for symbol, other in market_by_symbol(UNTIL, seed=7).items():
        assert np.array_equal(market[symbol].hours.time, other.hours.time)
        assert np.mean(market[symbol].hours.close == other.hours.close) < 0.05, symbol


def test_too_early_an_end_is_refused() -> None:
    """Two years of hours cannot end before the paths are two years old."""
    with pytest.raises(ValueError, match="until must be at least 2022-01-05, was 2021-05-03"):
        simulated_market(until=1_620_000_000)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_times_lie_in_trading_hours(market: Market, symbol: str) -> None:
    """Strictly increasing, aligned, before the end, on trading days only, whatever the clocks did."""
    one = market[symbol]
    kind = one.instrument.asset_class
    for bars, step in ((one.hours, 3600), (one.minutes, 60)):
        assert (np.diff(bars.time) > 0).all()
        assert not (bars.time % step).any()
        days = one.instrument.sessions.session_days(bars.time)
        assert (kind is AssetClass.CRYPTO) == bool(((days + 3) % 7 > 4).any())
        counts = np.unique(days, return_counts=True)[1]
        whole = 1440 if kind in (AssetClass.FX, AssetClass.CRYPTO) else 390
        assert set(counts[:-1].tolist()) == {whole if step == 60 else -(-whole // 60)}
    last = UNTIL // 60 * 60 - 60
    assert one.minutes.time[-1] == last


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_hours_hand_over_to_minutes(market: Market, symbol: str) -> None:
    """At least 730 days of hours, 30 of minutes; no H4, session or week has bars of both."""
    one = market[symbol]
    before, after = one.hours.time[-1], one.minutes.time[0]
    days = one.instrument.sessions.session_days(np.array([before, after]))
    assert before + 3600 <= after
    assert before // (4 * 3600) < after // (4 * 3600)
    assert days[0] < days[1] == week_starts(days)[1]
    assert 29 <= (UNTIL - after) / DAY < 37 + 3
    assert -4 < (UNTIL - 730 * DAY - one.hours.time[0]) / DAY < 2
    gap = abs(np.log(one.minutes.open[0] / one.hours.close[-1]))
    daily = float(np.std(returns(one.hours)) * np.sqrt(24))
    assert gap == 0 if one.instrument.asset_class is AssetClass.CRYPTO else 0 < gap < 4 * daily


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_history_does_not_depend_on_when_it_was_made(market: Market, later_market: Market, symbol: str) -> None:
    """Hours and minutes of a moment stay; hours that take the place of minutes open, close and trade as those did."""
    one, later = market[symbol], later_market[symbol]
    hours = one.hours[int(np.searchsorted(one.hours.time, later.hours.time[0])) :]
    moved = int(np.searchsorted(one.minutes.time, later.minutes.time[0]))
    minutes, replaced = one.minutes[moved:], one.minutes[:moved]
    assert len(minutes) > 0
    assert same(hours, later.hours[: len(hours)])
    assert same(minutes, later.minutes[: len(minutes)])

    new = later.hours[len(hours) :]
    times, begins = np.unique(replaced.time // 3600 * 3600, return_index=True)
    ends = np.append(begins[1:], len(replaced)) - 1
    assert np.array_equal(times, new.time)
    assert np.array_equal(replaced.open[begins], new.open)
    assert np.array_equal(replaced.close[ends], new.close)
    assert np.add.reduceat(replaced.volume, begins) == pytest.approx(new.volume, rel=1e-12)
