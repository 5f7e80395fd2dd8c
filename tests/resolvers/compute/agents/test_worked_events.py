"""Volatility, volume, breakouts and patterns, worked out by hand."""

from typing import Any

import numpy as np

from resolvers.model.bars import Bars
from tests.resolvers.compute.agents.worked import candles, closes, said, spans, traded
from tests.resolvers.compute.simulated import bars_of


def test_squeeze() -> None:
    """Of moves 10 1 10 10 10 10 the second is less than 0.6 of the first: inside, and two bars are told afterwards."""
    settings: dict[str, Any] = {"period": 2, "deviations": 4, "ranges": 1.5, "after": 2}
    assert said("squeeze", closes(10, 20, 21, 31, 41, 51, 61), **settings) == "..0++00"
    assert said("squeeze", closes(61, 51, 50, 40, 30, 20, 10), **settings) == "..0--00"


def test_chandelier() -> None:
    """Support 11, then 11.75; broken by 10. Resistance 11.63, then 10.31; broken by 13."""
    assert said("chandelier", closes(10, 11, 12, 12.5, 10, 9, 13), period=2, multiple=1) == "..00--+"


def test_volatility_ratio() -> None:
    """Ranges 0.5, 2.5, 1 and 4 against twice 1, 0.75, 1.63 and 1.31."""
    assert said("volatility_ratio", closes(10, 11, 12, 12.5, 10, 9, 13), period=2, multiple=2) == "...0-0+"


def test_supertrend() -> None:
    """One range of 2 below the middle while it rises, above it after the fall through it."""
    bars = spans(*((12 + i, 10 + i, 11 + i) for i in range(5)), (11, 9, 9))
    assert said("supertrend", bars, period=2, multiplier=1) == "..+++-"


def test_on_balance_volume() -> None:
    """10 15 15 13 4: of three values the slope is half of the last less the first."""
    assert said("obv_slope", traded((2, 3, 3, 2, 1), (10, 5, 7, 2, 9)), period=3) == "..+--"


def _money() -> Bars:
    """Closes a third up, at the top, in the middle, at the bottom twice: -10/3, 5, 0, -2 and -3 of the volume."""
    high, low, close, volume = np.array(
        [(2, 0.5, 1, 10), (3, 1, 3, 5), (4, 2, 3, 7), (3, 1, 1, 2), (3, 1, 1, 3)], float
    ).T.copy()
    return bars_of(close, high, low, close, volume)


def test_chaikin_money_flow() -> None:
    """1.67 of 15, 5 of 12, -2 of 9, -5 of 5."""
    assert said("cmf", _money(), period=2, least=0.05) == ".++--"
    assert said("cmf", _money(), period=2, least=0.2) == ".0+--"


def test_chaikin_oscillator() -> None:
    """Line -3.33 1.67 1.67 -0.33 -3.33: quick average 1.11 0.15 -2.17, slow one 0.42 0.04 -1.65."""
    assert said("chaikin_oscillator", _money(), fast=2, slow=3) == "..++-"


def test_money_flow_index() -> None:
    """60 of 100, 0 of 45, 10 of 15, 30 of 30."""
    bars = traded((1, 2, 1, 0.5, 1, 2), (99, 30, 40, 10, 10, 10))
    assert said("mfi", bars, period=2, low=20, high=80) == "..0+0-"


def test_weighted_average() -> None:
    """11.5 above 11, 11.75 above 11.5, 11.67 below 12, 11 as 11."""
    assert said("vwma_sma", traded((10, 12, 11, 13, 9), (1, 3, 1, 0.5, 0.5)), period=2) == ".++-0"


def test_volume_spike() -> None:
    """3 over twice 1 on a rise; 1 under twice 2; 5 over twice 2 on a fall; 50 over twice 3 on no change."""
    bars = traded((10, 10, 11, 11, 10, 10), (1, 1, 3, 1, 5, 50))
    assert said("volume_spike", bars, period=2, multiple=2) == "..+0-0"


def test_donchian_reversal() -> None:
    """12 above 10 and 11; 10 below 12 and 11.5; 13 above 10 and 10.5; held between."""
    assert said("donchian_20", closes(10, 11, 12, 11.5, 10, 10.5, 13), period=2) == "..++--+"


def test_donchian_with_an_exit() -> None:
    """In above three bars, out below two, in again; then the same for a fall."""
    prices = closes(10, 10, 10, 11, 12, 10.5, 13, 9, 12.5, 13)
    assert said("donchian_55", prices, period=3, exit_period=2) == "...++0+--0"


def test_opening_gap() -> None:
    """Ranges of 2: a gap of 1.5 up, 0.5 down, 1.5 down, and one of 2 up that the bar has closed."""
    quiet = (10.0, 11.0, 9.0, 10.0)
    bars = candles(*(quiet, quiet, quiet), (11.5, 12, 11, 11.5), (11, 12, 10, 11), (9.5, 10, 9, 9), (11, 11, 8.9, 8.9))
    assert said("opening_gap", bars, period=2, least=0.5) == "...+0-0"


def test_nearness_to_the_high() -> None:
    """80 of 100, 95 of 95, 70 of 95, 85 of 95."""
    assert said("near_high_252", closes(100, 90, 80, 95, 70, 85), period=3, near=0.95, far=0.8) == "..-+-0"


def test_engulfing() -> None:
    """White over black after a fall, black over white after a rise, and a body that does not cover the one before."""
    bars = candles(
        (12, 12, 11, 11), (11, 11, 10, 10), (9.9, 11.5, 9.9, 11.2), (11.3, 11.3, 9.5, 9.8), (9.8, 11, 9.8, 11)
    )
    assert said("engulfing", bars, trend=2) == "..+-0"


def test_engulfing_needs_a_trend_to_turn() -> None:
    """The same two candles after a rise."""
    bars = candles((8, 9, 8, 9), (11, 11, 10, 10), (9.9, 11.5, 9.9, 11.2))
    assert said("engulfing", bars, trend=2) == "..0"


def test_hammer_and_shooting_star() -> None:
    """A long lower shadow after a fall, a bar of body alone, a long upper shadow after a rise."""
    bars = candles((12, 12, 12, 12), (11, 11, 11, 11), (10.5, 10.6, 9, 10.6), (10.6, 12, 10.6, 12), (12.1, 14, 12, 12))
    assert said("hammer_star", bars, trend=2, shadow=2, other=0.1) == "..+0-"


def test_stars_of_three_bars() -> None:
    """3 down, a body of 0.1 below it, 2 up past the middle; and upside down."""
    bodies = [(10, 11), (11, 10), (10, 7), (6.5, 6.6), (7, 9), (9, 12), (12.5, 12.6), (12, 10)]
    bars = candles(*((a, max(a, b), min(a, b), b) for a, b in bodies))
    assert said("three_bar_star", bars, period=2, depth=0.5) == "....+00-"
