"""Facts are the catalog's own numbers at one bar, and know nothing of later ones."""

import dataclasses
import math

import numpy as np
import pytest

from resolvers.compute.insights.facts import LEAST_BARS
from resolvers.compute.insights.regime import Regime, regime_of
from resolvers.model.bars import Bars
from resolvers.model.interval import Interval
from resolvers.model.signal import Direction
from tests.bars import spaced
from tests.resolvers.compute.insights.market import FRIDAY, a_signal, by_hand, facts_at


def _bars(count: int, step: float, **columns: float) -> Bars:
    """Days whose close grows by *step*, with a range of 2 around it."""
    close = 100 + step * np.arange(count, dtype=np.float64)
    volume = np.full(count, 1000.0)
    if "volume" in columns:
        volume[-1] = columns["volume"]
    return Bars(
        time=np.arange(count) * 86_400, open=close, high=close + 1, low=close - 1, close=close.copy(), volume=volume
    )


def test_a_market_that_rises_by_one_a_day_is_worked_by_hand() -> None:
    """
    A close of 399, 24.5 above EMA(50), which follows a line at half its period less a half; every move is a gain.

    The range is from 147 (252 days ago, less 1) to 400, and the last day had twice the volume of the nineteen before.
    """
    facts = facts_at(_bars(300, 1.0, volume=2000.0), 299, signal=a_signal())
    assert facts is not None
    value = facts.value
    assert value("close") == 399
    assert value("ema") == pytest.approx(399 - 24.5)
    assert value("distance") == pytest.approx(24.5 / 374.5 * 100)
    assert value("slope") == pytest.approx(5 / 369.5 * 100)
    assert value("rsi") == 100
    assert value("adx") == pytest.approx(100)
    assert value("atr") == pytest.approx(2 / 399 * 100)
    assert value("volume") == pytest.approx(2000 / (21_000 / 20))
    assert value("return") == pytest.approx(20 / 379 * 100)
    assert value("place") == pytest.approx((399 - 147) / (400 - 147) * 100)
    assert (value("score"), value("agreement"), value("confidence")) == (0.42, 0.62, 0.54)
    assert (facts.trend, facts.regime, facts.direction) == (1, Regime.TRENDING_UP, Direction.BUY)


def test_nothing_behind_the_bar_counts() -> None:
    """What comes later may be anything, and not be there at all."""
    bars = spaced(400, Interval.D1)
    changed = Bars(
        **{
            one.name: np.concatenate((getattr(bars, one.name)[:351], getattr(bars, one.name)[351:] * 3))
            for one in dataclasses.fields(Bars)
        }
    )
    assert facts_at(bars, 350) == facts_at(changed, 350) == facts_at(bars[:351], 350)
    assert facts_at(bars, 350) != facts_at(bars, 349)


def test_too_few_bars_are_none_and_some_leave_facts_out() -> None:
    """Fifty bars for an average of fifty; what needs more is missing, not zero, and so is a volume that nobody said."""
    bars = spaced(300, Interval.D1)
    assert facts_at(bars, LEAST_BARS - 2) is None
    few = facts_at(bars, LEAST_BARS - 1)
    assert few is not None
    assert {one.name for one in few.numbers}.isdisjoint({"slope", "place", "atr_times", "score", "confidence"})
    without = dataclasses.replace(bars, volume=np.where(np.arange(300) == 290, math.nan, bars.volume))
    facts = facts_at(without, 299)
    assert facts is not None
    assert facts.get("volume") is None
    assert facts.get("place") is not None


@pytest.mark.parametrize(
    ("adx", "trend", "atr_times", "regime"),
    [
        (25.0, 1, 9.0, Regime.TRENDING_UP),
        (25.0, -1, 1.0, Regime.TRENDING_DOWN),
        (30.0, 0, 1.0, Regime.UNDECIDED),
        (24.9, 1, 1.5, Regime.VOLATILE),
        (19.9, 1, 1.49, Regime.RANGING),
        (20.0, 1, 1.49, Regime.UNDECIDED),
        (10.0, 0, math.nan, Regime.RANGING),
        (math.nan, 1, 9.0, None),
    ],
)
def test_the_regime_is_the_first_rule_that_holds(
    adx: float, trend: int, atr_times: float, regime: Regime | None
) -> None:
    """Bounds belong to the rule that they open."""
    assert regime_of(adx=adx, trend=trend, atr_times=atr_times) is regime


def test_states_are_steps_of_two_percent_and_of_ten_points() -> None:
    """The price's steps are the same at every height, unlike those of the older system; RSI's end at each ten."""
    at = by_hand().state
    close = by_hand().numbers[0]
    for price, step in ((343.46 * 1.02, 1), (343.46 / 1.02, -1), (343.46 * 1.02**10, 10)):
        facts = by_hand(numbers=(dataclasses.replace(close, value=price), *by_hand().numbers[1:]))
        assert facts.state.price == at.price + step
    assert at.rsi == 6
    assert by_hand(direction=Direction.SELL).state != at
    assert by_hand(time=FRIDAY + 86_400).state == at
    assert by_hand(time=FRIDAY + 86_400).fingerprint != by_hand().fingerprint == by_hand().fingerprint
