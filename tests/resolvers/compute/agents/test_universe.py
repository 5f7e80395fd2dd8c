"""How an instrument did among others: which moment counts, who belongs, who wins."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from resolvers.compute.agents.panel import PANEL
from resolvers.compute.agents.universe import Universe
from resolvers.model.vote import Abstention
from tests.resolvers.compute.agents.market import Market, generated_market

NAN = math.nan


def _universe(rows: Sequence[Sequence[float]]) -> Universe:
    symbols = [f"S{number}" for number in range(len(rows[0]))]
    return Universe(times=10 * np.arange(len(rows)), symbols=symbols, closes=np.array(rows, float))


def _standing(universe: Universe, symbol: str, *times: int) -> list[float]:
    member = universe.member(symbol)
    assert member is not None
    found: list[float] = member.standing(np.array(times), 1, 0).tolist()
    return found


def test_a_moment_counts_only_for_later_bars() -> None:
    """A bar of the same time closes when others of that time may still be open."""
    universe = _universe([[100.0] * 10, [*range(101, 111)]])
    np.testing.assert_equal(_standing(universe, "S9", 0, 10, 11, 99), [NAN, NAN, 1, 1])


def test_a_moment_needs_four_fifths_of_the_universe() -> None:
    """Eight of ten make it complete; with seven the one before stays the last."""
    rise = [*range(101, 111)]
    eight = _universe([[100.0] * 10, rise, [NAN, NAN, *reversed(rise[2:])], [100.0] * 10])
    seven = _universe([[100.0] * 10, rise, [NAN, NAN, NAN, *reversed(rise[3:])], [100.0] * 10])
    assert eight.times.tolist() == [0, 10, 20, 30]
    assert seven.times.tolist() == [0, 10, 30]
    assert _standing(seven, "S9", 30) == _standing(seven, "S9", 20) == [1]


def test_who_is_listed_later_is_not_missing_before() -> None:
    """Else what came later would decide over what was complete."""
    universe = _universe([[100.0] * 4 + [NAN] * 6, [100.0] * 4 + [NAN] * 6, [100.0] * 10])
    assert universe.times.tolist() == [0, 10, 20]


def test_who_has_vanished_is_missed_for_a_while() -> None:
    """For twenty moments after its last the universe is not complete without them, afterwards it is."""
    gone = [[100.0] * 7 + [NAN] * 3 for _ in range(25)]
    universe = _universe([[100.0] * 10, *gone])
    assert universe.times.tolist() == [0, *range(210, 260, 10)]


def test_one_instrument_alone_at_a_moment_completes_nothing() -> None:
    """A bar on a holiday of everybody else, first or last."""
    alone = [100.0] + [NAN] * 9
    assert _universe([[100.0] * 10, alone, [101.0] * 10, alone]).times.tolist() == [0, 20]


def test_three_tenths_win_and_three_tenths_lose() -> None:
    """Of ten returns the three highest and the three lowest; of eleven too: a fourth is more than 30 %."""
    ten = _universe([[100.0] * 10, [*range(101, 111)]]).standings(1, 0)[:, -1]
    eleven = _universe([[100.0] * 11, [*range(101, 112)]]).standings(1, 0)[:, -1]
    assert ten.tolist() == [-1, -1, -1, 0, 0, 0, 0, 1, 1, 1]
    assert eleven.tolist() == [-1, -1, -1, 0, 0, 0, 0, 0, 1, 1, 1]


def test_who_ties_with_one_that_is_left_out_is_left_out() -> None:
    """Four share the third highest return; and where all are equal nobody wins or loses."""
    tied = _universe([[100.0] * 10, [101, 102, 103, 104, 105, 107, 107, 107, 108, 109]]).standings(1, 0)[:, -1]
    equal = _universe([[100.0] * 10, [101.0] * 10]).standings(1, 0)[:, -1]
    assert tied.tolist() == [-1, -1, -1, 0, 0, 0, 0, 0, 1, 1]
    assert equal.tolist() == [0] * 10


def test_fewer_than_ten_are_not_ranked() -> None:
    """Neither in a small universe nor where too many lack one of the closes."""
    assert np.isnan(_universe([[100.0] * 9, [*range(101, 110)]]).standings(1, 0)).all()
    found = _universe([[NAN, *[100.0] * 9], [*range(101, 111)]]).standings(1, 0)
    assert np.isnan(found).all()


def test_who_lacks_a_close_is_not_ranked_and_the_others_are() -> None:
    """Eleven, one of which was not there."""
    found = _universe([[NAN, *[100.0] * 10], [*range(101, 112)]]).standings(1, 0)[:, -1]
    np.testing.assert_equal(found, [NAN, -1, -1, -1, 0, 0, 0, 0, 1, 1, 1])


def test_a_universe_without_moments_or_without_instruments() -> None:
    """No rank, and no error."""
    universe = Universe(times=np.empty(0, np.int64), symbols=["S0"], closes=np.empty((0, 1)))
    np.testing.assert_equal(_standing(universe, "S0", 5), [NAN])
    assert Universe(times=np.array([0]), symbols=[], closes=np.empty((1, 0))).member("S0") is None
    assert Universe.of({}).member("S0") is None


def test_what_does_not_fit_is_refused() -> None:
    """With what was expected and what was found."""
    with pytest.raises(ValueError, match=r"closes must have the shape \(2, 1\), was \(1, 1\)"):
        Universe(times=np.arange(2), symbols=["A"], closes=np.ones((1, 1)))
    with pytest.raises(ValueError, match="symbols must be unique, 1 were there twice"):
        Universe(times=np.arange(1), symbols=["A", "A"], closes=np.ones((1, 2)))


def _said(market: Market, symbol: str, time: int, lookback: int, skip: int) -> float:
    """The standing at a bar of *time*, in plain Python from the rule's words."""
    times = sorted({one for bars in market.values() for one in bars.time.tolist()})
    there = {name: dict(zip(bars.time.tolist(), bars.close.tolist(), strict=True)) for name, bars in market.items()}
    complete = []
    for at, moment in enumerate(times):
        lately = times[max(at - 20, 0) : at + 1]
        members = [name for name in market if any(one in there[name] for one in lately)]
        if sum(moment in there[name] for name in members) * 5 >= len(members) * 4:
            complete.append(moment)
    known = [moment for moment in complete if moment < time]
    if len(known) <= lookback:
        return NAN
    last, first = known[-1 - skip], known[-1 - lookback]
    returns = {name: one[last] / one[first] for name, one in there.items() if last in one and first in one}
    if symbol not in returns or len(returns) < 10:
        return NAN
    above = sum(other >= returns[symbol] for name, other in returns.items() if name != symbol)
    below = sum(other <= returns[symbol] for name, other in returns.items() if name != symbol)
    cut = int(len(returns) * 3 / 10)
    return float((above < cut) - (below < cut))


@pytest.mark.parametrize("symbol", ["SYM0", "SYM1", "SYM4", "SYM9"])
def test_votes_as_the_rule_says_in_plain_python(symbol: str) -> None:
    """On a market with gaps, late listings and early ends: every seventh bar of four instruments."""
    market = generated_market()
    bars, member = market[symbol], Universe.of(market).member(symbol)
    rows = dict(zip([agent.name for agent in PANEL.agents], PANEL.votes(bars, member), strict=True))
    for name, lookback, skip, sign, warmup in (("momentum_12_1", 252, 21, 1, 253), ("reversal_5", 5, 0, -1, 6)):
        assert set(rows[name][:warmup].tolist()) == {Abstention.WARM_UP}
        assert {-1, 0, 1, Abstention.UNIVERSE} >= set(rows[name][warmup:].tolist())
        for at in range(warmup, len(bars), 7):
            expected = sign * _said(market, symbol, int(bars.time[at]), lookback, skip)
            assert rows[name][at] == (Abstention.UNIVERSE if math.isnan(expected) else expected)


def test_the_last_moments_suffice_for_the_newest_bars() -> None:
    """As many complete ones as a year looks back, one more, and 21 before them: here, for the votes of three bars."""
    market = generated_market()
    whole = Universe.of(market)
    first = int(whole.times[-(252 + 1 + 3)]) - 21 * 86_400
    assert first > 0
    last = Universe.of({symbol: bars[np.searchsorted(bars.time, first) :] for symbol, bars in market.items()})
    at = [agent.needs_universe for agent in PANEL.agents]
    for symbol, bars in market.items():
        newest = bars.time > whole.times[-4]
        found, expected = (PANEL.votes(bars, one.member(symbol))[at][:, newest] for one in (last, whole))
        np.testing.assert_array_equal(found, expected)
