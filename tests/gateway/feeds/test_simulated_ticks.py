"""The simulated market while it trades: deterministic, and what it ends in is what a new market would hold."""

import numpy as np
import pytest

from gateway.feeds.simulated import SEED, SimulatedSeries, simulated_continuation
from gateway.feeds.simulated_ticks import SimulatedTicks, Tick
from resolvers.model.instrument import AssetClass
from resolvers.model.session import DAY
from tests.gateway.feeds.market_sample import UNTIL, Market, columns, same

MINUTE = UNTIL // 60 * 60


@pytest.fixture(scope="module")
def ahead(market: Market) -> dict[str, SimulatedSeries]:
    """What follows the market that is stored."""
    since = min(int(one.minutes.time[-1]) for one in market.values())
    drawn = simulated_continuation(since=since, now=UNTIL, until=UNTIL + DAY)
    return {one.instrument.symbol: one for one in drawn}


def ticks_of(market: Market, ahead: dict[str, SimulatedSeries]) -> SimulatedTicks:
    """The ticks after *market*."""
    return SimulatedTicks(
        list(ahead.values()), {symbol: int(one.minutes.time[-1]) for symbol, one in market.items()}, seed=SEED
    )


def all_at(ticks: SimulatedTicks, now: float) -> dict[str, Tick]:
    """What is due at a moment over all turns."""
    return {tick.symbol: tick for turn in range(8) for tick in ticks.due(now, turn)}


def test_minutes_that_have_ended_are_those_of_a_market_made_later(
    market: Market, later_market: Market, ahead: dict[str, SimulatedSeries]
) -> None:
    """Bit for bit, from the newest stored bar on: nothing jumps where the stored part ends."""
    now = MINUTE + 3 * 3600
    for symbol, tick in all_at(ticks_of(market, ahead), now).items():
        last = int(market[symbol].minutes.time[-1])
        ended = tick.bars[: int(np.searchsorted(tick.bars.time, now))]
        made = later_market[symbol].minutes
        low, high = np.searchsorted(made.time, [last, now])
        assert int(ended.time[0]) == last
        assert same(ended, made[int(low) : int(high)]), symbol


def test_a_forming_minute_only_widens_and_ends_as_it_is_stored(
    market: Market, ahead: dict[str, SimulatedSeries]
) -> None:
    """Open, extremes and volume grow towards the bar; the price is always inside, and bid and ask are around it."""
    before: dict[str, Tick] = {}
    for second in range(60):
        for symbol, tick in all_at(ticks_of(market, ahead), MINUTE + second).items():
            whole = ahead[symbol].minutes
            at = int(np.searchsorted(whole.time, MINUTE))
            assert int(tick.bars.time[-1]) == MINUTE
            assert tick.bars.open[-1] == whole.open[at]
            assert whole.low[at] <= tick.bars.low[-1] <= tick.price <= tick.bars.high[-1] <= whole.high[at]
            assert tick.bid < tick.ask
            assert tick.bid <= tick.price <= tick.ask
            assert tick.as_of == MINUTE + second
            if symbol in before:
                assert tick.bars.high[-1] >= before[symbol].bars.high[-1]
                assert tick.bars.low[-1] <= before[symbol].bars.low[-1]
                assert tick.bars.volume[-1] >= before[symbol].bars.volume[-1]
            before[symbol] = tick
    for symbol, tick in before.items():
        at = int(np.searchsorted(ahead[symbol].minutes.time, MINUTE))
        for name in ("high", "low"):
            assert getattr(tick.bars, name)[-1] == getattr(ahead[symbol].minutes, name)[at], symbol


def test_the_same_moment_is_the_same_tick(market: Market, ahead: dict[str, SimulatedSeries]) -> None:
    """Two processes that both think they lead write the same."""
    one, other = (all_at(ticks_of(market, ahead), MINUTE + 17.4) for _ in range(2))
    assert one.keys() == other.keys()
    for symbol, tick in one.items():
        assert same(tick.bars, other[symbol].bars)
        assert (tick.price, tick.bid, tick.ask) == (other[symbol].price, other[symbol].bid, other[symbol].ask)


def test_who_trades_around_the_clock_always_ticks(market: Market, ahead: dict[str, SimulatedSeries]) -> None:
    """On the Friday afternoon everybody does, on the Saturday after it only coins."""
    ticks = ticks_of(market, ahead)
    assert all_at(ticks, MINUTE + 5).keys() == ahead.keys()
    saturday = UNTIL // DAY * DAY + DAY + 9 * 3600
    due = [tick for turn in range(8) for tick in ticks.due(saturday, turn)]
    ticks.settle(due, saturday)
    coins = {symbol for symbol, one in ahead.items() if one.instrument.asset_class is AssetClass.CRYPTO}
    assert all_at(ticks, saturday + 5).keys() == coins


def test_each_has_its_turn_and_a_minute_s_end_is_everybody_s(market: Market, ahead: dict[str, SimulatedSeries]) -> None:
    """Three of twenty-four at a time; when the minute is over, all of them at once."""
    ticks = ticks_of(market, ahead)
    ticks.settle(ticks.due(MINUTE + 1, 0), MINUTE + 1)
    turns = [{tick.symbol for tick in ticks.due(MINUTE + 2, turn)} for turn in range(8)]
    assert [len(turn) for turn in turns] == [3] * 8
    assert set.union(*turns) == ahead.keys()
    assert {tick.symbol for tick in ticks.due(MINUTE + 60.5, 3)} == ahead.keys()


def test_a_clock_that_is_set_back_opens_no_minute_again(market: Market, ahead: dict[str, SimulatedSeries]) -> None:
    """What was stored to its end stays."""
    ticks = ticks_of(market, ahead)
    ticks.settle(ticks.due(MINUTE + 120, 0), MINUTE + 120)
    assert all_at(ticks, MINUTE + 70) == {}


def test_a_long_gap_is_filled_by_hours_and_then_by_minutes(market: Market) -> None:
    """The session that was running is finished in minutes; nothing is missing, and nothing is there twice."""
    now = UNTIL + 200 * DAY
    since = {symbol: int(one.minutes.time[-1]) for symbol, one in market.items()}
    drawn = simulated_continuation(since=min(since.values()), now=now, until=now + DAY)
    ticks = SimulatedTicks(drawn, since, seed=SEED)
    hours, minutes = ticks.hours()["QUBZUSD"], all_at(ticks, now)["QUBZUSD"].bars
    assert len(minutes) < 40 * 1440
    pieces = np.concatenate((hours.time + 3600, minutes.time + 60, [since["QUBZUSD"]]))
    ends = np.sort(pieces)
    assert set(np.diff(ends).tolist()) == {60, 3600}
    closes = dict(zip((hours.time + 3600).tolist(), hours.close.tolist(), strict=True))
    opens = dict(zip(minutes.time.tolist(), minutes.open.tolist(), strict=True))
    for moment in closes.keys() & opens.keys():
        assert closes[moment] == opens[moment]
    assert [name for name, _ in columns(hours)] == [name for name, _ in columns(minutes)]
