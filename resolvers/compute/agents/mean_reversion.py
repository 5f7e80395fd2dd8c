"""Mean reversion: whether the price has gone too far for its own past."""

from functools import partial

import numpy as np
import talib

from resolvers.compute.agents.agent import Agent
from resolvers.compute.agents.indicators import Indicators
from resolvers.compute.agents.rules import either, outside
from resolvers.compute.agents.shared import highest_high, lowest_low, range_place, rsi, sma, true_range, z_score
from resolvers.compute.settling import wilder_bars
from resolvers.compute.stochastics import RSI_TIE, place
from resolvers.compute.windows import highest, lowest, padded, window_means, window_sums
from resolvers.model.bars import Series
from resolvers.model.vote import AgentFamily


def rsi_zones(of: Indicators, period: int, low: float, high: float) -> Series:
    """The RSI beyond its zones (Wilder 1978)."""
    return outside(of(rsi, period), low, high)


def rsi_pullback(of: Indicators, period: int, low: float, high: float, trend: int) -> Series:
    """A short RSI far out against the side of a long average that the close is on (Connors and Alvarez 2009)."""
    short, line, close = of(rsi, period), of(sma, trend), of.bars.close
    return either((short < low) & (close > line), (short > high) & (close < line), short, line)


def stochastic(of: Indicators, period: int, smoothing: int, signal: int, low: float, high: float) -> Series:
    """The stochastic oscillator turning inside a zone: %K beyond %D while %D is in it (Lane 1984)."""
    k = window_means(of(range_place, period), smoothing)
    d = window_means(k, signal)
    return either((d < low) & (k > d), (d > high) & (k < d), d)


def stochastic_rsi(of: Indicators, rsi_period: int, period: int, smoothing: int, low: float, high: float) -> Series:
    """The place of the RSI in its own range, averaged, beyond its zones (Chande and Kroll 1994)."""
    strength = of(rsi, rsi_period)
    within = place(strength, highest(strength, period), lowest(strength, period), RSI_TIE)
    return outside(window_means(within, smoothing), low, high)


def williams_r(of: Indicators, period: int, low: float, high: float) -> Series:
    """The place of the close in its range, from the top, beyond its zones (Williams 1979)."""
    return outside(of(range_place, period) - 100.0, low, high)


def cci(of: Indicators, period: int, reach: float) -> Series:
    """The commodity channel index beyond plus or minus 100 (Lambert 1980, who follows it; here it is faded)."""
    bars = of.bars
    index = talib.CCI(bars.high, bars.low, bars.close, period)
    # TA-Lib gives 0, or rounding over rounding, for the place of a price in a range that is none.
    index[of(highest_high, period) == of(lowest_low, period)] = np.nan
    return outside(index, -reach, reach)


def distance(of: Indicators, period: int, deviations: float) -> Series:
    """
    The close some standard deviations from its mean; with 2, %B below 0 or above 1.

    Source: Bollinger 2001.
    """
    return outside(of(z_score, period), -deviations, deviations)


def ultimate_oscillator(of: Indicators, short: int, middle: int, long: int, low: float, high: float) -> Series:
    """
    Buying pressure as a share of the true range over three periods, weighted 4, 2 and 1, beyond its zones.

    Source: Williams 1985, without the divergence that he also asks for.
    """
    before, bars = of.bars.close[:-1], of.bars
    pressure = bars.close[1:] - np.minimum(bars.low[1:], before)
    span = of(true_range)[1:]
    total = np.zeros(len(span))
    for weight, period in ((4.0, short), (2.0, middle), (1.0, long)):
        # Sums over windows of their own, because what a running sum leaves of a flat range is rounding.
        total += weight * window_sums(pressure, period) / window_sums(span, period)
    return outside(padded(100.0 / 7.0 * total, len(bars)), low, high)


_reversion = partial(Agent, family=AgentFamily.MEAN_REVERSION)


def _distance(name: str, period: int, meaning: str) -> Agent:
    return _reversion(
        name=name,
        parameters={"period": period, "deviations": 2.0},
        warmup=period - 1,
        settles=period - 1,
        meaning=meaning,
        evidence=distance,
    )


MEAN_REVERSION = (
    _reversion(
        name="rsi_30_70",
        parameters={"period": 14, "low": 30.0, "high": 70.0},
        warmup=14,
        settles=wilder_bars(14),
        meaning="Buy while the RSI of 14 bars is below 30, sell while it is above 70.",
        evidence=rsi_zones,
    ),
    _reversion(
        name="rsi_2",
        parameters={"period": 2, "low": 10.0, "high": 90.0, "trend": 200},
        warmup=199,
        settles=199,
        meaning="Buy while the RSI of 2 bars is below 10 above the mean of 200 closes, sell while above 90 below it.",
        evidence=rsi_pullback,
    ),
    _reversion(
        name="stochastic",
        parameters={"period": 14, "smoothing": 3, "signal": 3, "low": 20.0, "high": 80.0},
        warmup=17,
        settles=17,
        meaning="Buy while %K is above %D with %D below 20, sell while it is below %D with %D above 80.",
        evidence=stochastic,
    ),
    _reversion(
        name="stochastic_rsi",
        parameters={"rsi_period": 14, "period": 14, "smoothing": 3, "low": 20.0, "high": 80.0},
        warmup=29,
        settles=wilder_bars(14, stages=2) + 15,
        meaning="Buy while the RSI is in the lowest fifth of its own range of 14 bars, sell while in the highest.",
        evidence=stochastic_rsi,
    ),
    _reversion(
        name="williams_r",
        parameters={"period": 14, "low": -80.0, "high": -20.0},
        warmup=13,
        settles=13,
        meaning="Buy while the close is in the lowest fifth of the range of 14 bars, sell while it is in the highest.",
        evidence=williams_r,
    ),
    _reversion(
        name="cci",
        parameters={"period": 20, "reach": 100.0},
        warmup=19,
        settles=19,
        meaning="Buy while the commodity channel index of 20 bars is below -100, sell while it is above 100.",
        evidence=cci,
    ),
    _distance("percent_b", 20, "Buy while the close is below the Bollinger bands of 20 bars, sell while it is above."),
    _distance(
        "z_score_60", 60, "Buy while the close is two deviations of 60 bars below its mean, sell while above it."
    ),
    _reversion(
        name="ultimate_oscillator",
        parameters={"short": 7, "middle": 14, "long": 28, "low": 30.0, "high": 70.0},
        warmup=28,
        settles=28,
        meaning="Buy while the ultimate oscillator of 7, 14 and 28 bars is below 30, sell while it is above 70.",
        evidence=ultimate_oscillator,
    ),
)
