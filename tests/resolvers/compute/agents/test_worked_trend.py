"""Trend and momentum, worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

from resolvers.compute.agents.agent import Agent
from resolvers.compute.agents.catalog import AGENTS
from tests.resolvers.compute.agents.worked import closes, said, spans, traded


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.name)
def test_every_agent_is_worked_out(agent: Agent) -> None:
    """In one of these files: whoever adds an agent works it out."""
    texts = [path.read_text() for path in Path(__file__).parent.glob("test_worked_*.py")]
    assert any(f'"{agent.name}", ' in text for text in texts)


def test_short_averages_cross() -> None:
    """Of two closes 1.5 2.5 3 2 1 1, of three 2 2.67 2.33 1.67 1: above twice, below twice, equal."""
    assert said("sma_10_30", closes(1, 2, 3, 3, 1, 1, 1), fast=2, slow=3) == "..++--0"


@pytest.mark.parametrize(
    ("name", "fast", "slow"), [("sma_10_30", 10, 30), ("sma_20_50", 20, 50), ("sma_50_200", 50, 200)]
)
def test_averages_differ_until_the_longer_one_has_seen_a_step(name: str, fast: int, slow: int) -> None:
    """Equal before it; after as many bars as the longer period both are at the new price."""
    step = closes(*[100.0] * slow, *[101.0] * (slow + 10))
    expected = "." * (slow - 1) + "0" + "+" * (slow - 1) + "0" * 11
    assert said(name, step) == expected
    assert fast < slow


def test_exponential_averages() -> None:
    """Of 2 4 6 6 2 over two bars 5 5.67 3.22 from the third on, over three 4 5 3.5."""
    assert said("ema_9_21", closes(2, 4, 6, 6, 2), fast=2, slow=3) == "..++-"
    assert said("price_ema_50", closes(2, 4, 6, 6, 2, 3.5), period=3) == "..++-0"


def test_ribbon() -> None:
    """6 > 5 > 4, 6 > 5.67 > 5, 2 < 3.22 < 3.5, and then 4 > 3.74 < 3.75."""
    assert said("ema_ribbon", closes(2, 4, 6, 6, 2, 4), first=1, second=2, third=3) == "..++-0"


def test_hull_slope() -> None:
    """On a line Hull's average is the price, 5 and then 6; a fall to 3 makes it 4.51."""
    assert said("hma_slope", closes(1, 2, 3, 4, 5, 6, 3), period=4) == ".....+-"


def test_kaufman_slope() -> None:
    """Steps of 0.69 0.38 0.21 -0.01 -1.21: the fourth is less than half the deviation of the last two, 0.11."""
    prices = closes(1, 2, 3, 4, 4, 4, 3.7, 1)
    assert said("kama_slope", prices, period=2, spread=2, share=0.5) == "....++0-"


def test_directional_movement() -> None:
    """Up by 1 in ranges of 2: ADX 100. Then 5 down: -DI 50 above +DI 20, and an ADX of 81."""
    bars = spans(*((12 + i, 10 + i, 11 + i) for i in range(8)), (14, 12, 13))
    assert said("adx_di", bars, period=3, least=25) == ".....+++-"
    assert said("adx_di", bars, period=3, least=90) == ".....+++0"


def test_parabolic_stop() -> None:
    """At 9 and 9.04 below the closes; touched, it is at 12 above."""
    bars = spans((10, 9, 9.5), (11, 9.8, 10.5), (12, 10.6, 11.5), (11, 8, 8.5))
    assert said("parabolic_sar", bars) == ".++-"


def test_aroon() -> None:
    """75 and 0; then 50 and 100, which is not yet a fall; then 25 and 100, which is."""
    bars = spans((9, 1, 5), (6, 4, 5), (7, 4, 5), (10, 4, 5), (8, 4, 5), (7, 0.5, 5), (6, 0.4, 5))
    assert said("aroon", bars, period=4, high=70, low=30) == "....+0-"


def test_regression_slope() -> None:
    """Slopes 2.5, 0, -0.5, 1, -2 with r² of 0.89, 0, 0.06, 0.43, 0.92."""
    assert said("regression_slope", closes(1, 2, 6, 2, 5, 4, 1), period=3, fit=0.2) == "..+00+-"


def test_vortex() -> None:
    """Movements up less down of 2, 3, -5 and -3: two of them make 5, -2 and -8."""
    bars = spans((10, 8, 9), (11, 9, 10), (12, 11, 11), (11, 7, 8), (9, 6, 7))
    assert said("vortex", bars, period=2) == "..+--"


def test_ichimoku() -> None:
    """19 above a cloud of 8.25 to 8.5, 5 below one of 15.75 to 12.5, 10 inside one of 8.5 to 12."""
    bars = spans((10, 8, 9), (12, 10, 11), (11, 5, 6), (20, 18, 19), (6, 4, 5), (13, 9, 10))
    assert said("ichimoku", bars, conversion=1, base=2, span=3, displacement=1) == "...+-0"


def test_macd_histogram() -> None:
    """Both lines 0.5 on a line of prices; 0.83 less 0.72 after a jump; 0.11 less 0.31 after the way back."""
    assert said("macd_histogram", closes(1, 2, 3, 4, 5, 8, 5), fast=2, slow=3, signal=2) == "...00+-"


def test_rsi_and_its_line() -> None:
    """RSIs of 50, 75 and 37.5."""
    assert said("rsi_50", closes(10, 11, 10, 11, 10), period=2, line=50) == "..0+-"
    assert said("rsi_30_70", closes(10, 11, 10, 11, 10), period=2, low=40, high=70) == "..0-+"


def test_rate_of_change() -> None:
    """7 above 5, 6 as 6, 5 below 7; over 63 bars a step is seen for 63 bars."""
    assert said("roc_10", closes(5, 6, 7, 6, 5), period=2) == "..+0-"
    assert said("roc_63", closes(*[10.0] * 64, *[11.0] * 66)) == "." * 63 + "0" + "+" * 63 + "000"


def test_true_strength() -> None:
    """100 less 100 on a line, -23 less 18 after a fall, 46 less 37 after a rise."""
    assert said("tsi", closes(1, 2, 3, 4, 5, 3, 6), long=2, short=2, signal=2) == "....0-+"


def test_trix() -> None:
    """4.5 after a rise of 1; a fall from 6 to 1 takes it to 3.72."""
    assert said("trix", closes(1, 2, 3, 4, 5, 6, 1), period=2) == "....++-"


def test_coppock() -> None:
    """Curve of -75, -17, 133, 133 and 33: up below zero, up above it, still, down above it."""
    prices = closes(100, 50, 25, 25, 25, 50, 50, 50)
    assert said("coppock", prices, average=2, short=1, long=2) == "....+00-"


def test_elder_force() -> None:
    """Flows of 2, 3 and -8: their average is 2.5, then -4.5."""
    assert said("elder_force", traded((10, 11, 12, 10), (1, 2, 3, 4)), period=2) == "..+-"


def test_awesome_oscillator() -> None:
    """Middles 1 2 3 3 1 1 1, as with the averages of closes; the closes are elsewhere."""
    middles = np.array([1, 2, 3, 3, 1, 1, 1], float)
    bars = spans(*((middle + 0.5, middle - 0.5, middle + 0.4) for middle in middles.tolist()))
    assert said("awesome_oscillator", bars, fast=2, slow=3) == "..++--0"
