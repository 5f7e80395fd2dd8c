"""Mean reversion and the universe, worked out by hand."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from resolvers.compute.agents.universe import Universe
from resolvers.model.bars import Series
from tests.resolvers.compute.agents.worked import closes, said, spans


def test_pullback() -> None:
    """RSI 100 and 83 with 28 above a mean of 26; RSI 0 and 17 with 12 below a mean of 14."""
    assert said("rsi_2", closes(10, 20, 30, 28), period=2, low=90, high=101, trend=3) == "..0+"
    assert said("rsi_2", closes(30, 20, 10, 12), period=2, low=-1, high=10, trend=3) == "..0-"


def test_pullback_against_the_long_average_is_none() -> None:
    """The same RSIs, on the wrong side of it."""
    assert said("rsi_2", closes(10, 20, 30, 28), period=2, low=-1, high=10, trend=3) == "..00"
    assert said("rsi_2", closes(30, 20, 10, 12), period=2, low=90, high=101, trend=3) == "..00"


def test_stochastic() -> None:
    """%K 100 0 50 10 with %D 50 25 30: turned up only at 50 above 25; the mirror image turns down."""
    bounds: dict[str, Any] = {"period": 3, "smoothing": 1, "signal": 2, "low": 30, "high": 70}
    assert said("stochastic", closes(1, 2, 3, 1, 2, 1.1), **bounds) == "...0+0"
    assert said("stochastic", closes(3, 2, 1, 3, 2, 2.9), **bounds) == "...0-0"


def test_stochastic_rsi() -> None:
    """RSIs of 50, 75 and 37.5: the highest of two, then the lowest."""
    prices = closes(10, 11, 10, 11, 10)
    assert said("stochastic_rsi", prices, rsi_period=2, period=2, smoothing=1, low=20, high=80) == "...-+"


def test_williams() -> None:
    """0, -100 and -50."""
    assert said("williams_r", closes(1, 2, 3, 1, 2), period=3, low=-80, high=-20) == "..-+0"


def test_commodity_channel() -> None:
    """100, 50 and -100."""
    assert said("cci", closes(1, 2, 6, 6, 1), period=3, reach=99) == "..-0+"


def test_distance_in_deviations() -> None:
    """The last of 2 4 4 4 5 5 7 9 is two deviations above the mean: on the band, and outside a narrower one."""
    rise, fall = closes(2, 4, 4, 4, 5, 5, 7, 9), closes(8, 6, 6, 6, 5, 5, 3, 1)
    assert said("percent_b", rise, period=8, deviations=2) == ".......0"
    assert said("percent_b", rise, period=8, deviations=1.9) == ".......-"
    assert said("percent_b", fall, period=8, deviations=1.9) == ".......+"


def test_distance_of_sixty_bars() -> None:
    """No deviation, no vote; then 7.7 above, 5.5 below, and on the mean."""
    assert said("z_score_60", closes(*[10.0] * 60, 11, 9, 10)) == "." * 60 + "-+0"


def test_ultimate_oscillator() -> None:
    """100 while all pressure is up; (0 * 4 + 0.2 * 2 + 0.33) / 7 after the fall, 11 %; then 55 %."""
    bars = spans((10, 8, 9), (12, 9, 12), (13, 11, 13), (14, 12, 14), (14, 6, 6), (10, 6, 9))
    assert said("ultimate_oscillator", bars, short=1, middle=2, long=3, low=30, high=70) == "...-+0"


def _ladder() -> Universe:
    """Ten instruments of five moments, of which the first grows by nothing a bar and each other by 1 % more."""
    growth: Series = np.linspace(1.0, 1.09, 10)
    return Universe(
        times=np.arange(5),
        symbols=[f"S{number}" for number in range(10)],
        closes=100 * growth ** np.arange(5)[:, np.newaxis],
    )


@pytest.mark.parametrize(
    ("symbol", "sign"), [("S0", "-"), ("S2", "-"), ("S3", "0"), ("S6", "0"), ("S7", "+"), ("S9", "+")]
)
def test_winners_go_on(symbol: str, sign: str) -> None:
    """A return over two moments but the last is known after the third, and voted on with the fourth bar."""
    bars = replace(closes(*[1.0] * 5), time=np.arange(5))
    member = _ladder().member(symbol)
    assert said("momentum_12_1", bars, member, lookback=2, skip=1) == "..." + 2 * sign


@pytest.mark.parametrize(
    ("symbol", "sign"), [("S0", "+"), ("S2", "+"), ("S3", "0"), ("S6", "0"), ("S7", "-"), ("S9", "-")]
)
def test_losers_return(symbol: str, sign: str) -> None:
    """A return over one moment is known after the second, and voted on with the third bar."""
    bars = replace(closes(*[1.0] * 5), time=np.arange(5))
    assert said("reversal_5", bars, _ladder().member(symbol), lookback=1) == ".." + 3 * sign
