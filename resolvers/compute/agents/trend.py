"""Trend: which way the price has been going."""

from functools import partial
from itertools import pairwise

import numpy as np
import talib

from resolvers.compute.agents.agent import Agent
from resolvers.compute.agents.indicators import Indicators
from resolvers.compute.agents.rules import beyond, earlier, either, only
from resolvers.compute.agents.shared import catalogued, ema, moments, sma
from resolvers.compute.settling import exponential_bars, wilder_bars
from resolvers.compute.windows import padded, window_moments, window_sums
from resolvers.model.bars import Series
from resolvers.model.price_field import PriceField
from resolvers.model.vote import AgentFamily


def sma_cross(of: Indicators, fast: int, slow: int) -> Series:
    """
    Fast less slow simple average.

    Source: The variable-length rule of Brock, Lakonishok and LeBaron 1992, without a band.
    """
    return beyond(of(sma, fast) - of(sma, slow), of.tie)


def ema_cross(of: Indicators, fast: int, slow: int) -> Series:
    """Fast less slow exponential average (Appel 1979, whose MACD is this difference)."""
    return beyond(of(ema, fast) - of(ema, slow), of.tie)


def ema_ribbon(of: Indicators, **lengths: int) -> Series:
    """
    Whether exponential averages lie in the order of their speeds, the fastest on top or at the bottom.

    Source: The ribbon of Guppy 1998, with five lengths of Fibonacci's.
    """
    averages = [of(ema, length) for length in sorted(lengths.values())]
    steps = np.stack([beyond(fast - slow, of.tie) for fast, slow in pairwise(averages)])
    least: Series = steps.min(axis=0)
    most: Series = steps.max(axis=0)
    return np.maximum(least, 0.0) + np.minimum(most, 0.0)


def price_ema(of: Indicators, period: int) -> Series:
    """
    The close less its exponential average.

    Source: Brock, Lakonishok and LeBaron 1992, whose fast average is the price; Appel 1979 for the exponential one.
    """
    return beyond(of.bars.close - of(ema, period), of.tie)


def hma_slope(of: Indicators, period: int) -> Series:
    """
    The change of Hull's average over a bar.

    Source: Hull 2005: weighted average over the root of the period, of twice the half-period one less the whole.
    """
    average = talib.HMA(of.bars.close, period)
    return beyond(average - earlier(average), of.tie)


def kama_slope(of: Indicators, period: int, spread: int, share: float) -> Series:
    """
    The change of Kaufman's average over a bar, where it is more than a share of the spread of its changes.

    Source: Kaufman 1995, whose filter is a tenth of their standard deviation over twenty bars.
    """
    average = talib.KAMA(of.bars.close, period)
    step = (average - earlier(average))[period + 1 :]
    deviation = np.sqrt(window_moments(step, spread)[1] / spread)
    large = only(step, np.abs(step) > share * deviation, deviation)
    return beyond(padded(large, len(of.bars)), of.tie)


def adx_di(of: Indicators, period: int, least: float) -> Series:
    """
    Directional indicators apart, where their index says that there is a trend.

    Source: Wilder 1978, who trades a trend from an ADX of 25 on.
    """
    index, plus, minus = of(catalogued, "adx", period=period)
    return only(beyond(plus - minus, 1e-9), index > least, index)


def parabolic_sar(of: Indicators, acceleration: float, maximum: float) -> Series:
    """The close less the parabolic stop, which is below it in a rise and above it in a fall (Wilder 1978)."""
    (stop,) = of(catalogued, "parabolicSar", acceleration=acceleration, maximum=maximum)
    return beyond(of.bars.close - stop, of.tie)


def aroon(of: Indicators, period: int, high: float, low: float) -> Series:
    """
    One of Aroon's lines high while the other is low.

    Source: Chande 1995: a trend from 70 on, none of the other kind below 30.
    """
    up, down, _ = of(catalogued, "aroon", period=period)
    return either((up > high) & (down < low), (down > high) & (up < low), up)


def regression_slope(of: Indicators, period: int, fit: float) -> Series:
    """
    Slope of the least-squares line through the last closes, where it explains enough of them.

    Source: Chande and Kroll 1994: over 20 bars a slope is one at 95 % where r² is above 0.20.
    """
    (slope,) = of(catalogued, "linearRegressionSlope", period=period, of=PriceField.CLOSE)
    explained = slope * slope * (period * (period * period - 1) / 12)
    return only(slope, explained > fit * of(moments, period)[1])


def vortex(of: Indicators, period: int) -> Series:
    """
    Upward less downward vortex movement; the true range that both are divided by does not change which is larger.

    Source: Botes and Siepman 2010.
    """
    bars = of.bars
    up = np.abs(bars.high[1:] - bars.low[:-1])
    down = np.abs(bars.low[1:] - bars.high[:-1])
    return beyond(padded(window_sums(up - down, period), len(bars)), of.tie)


def ichimoku(of: Indicators, conversion: int, base: int, span: int, displacement: int) -> Series:
    """
    The close beyond the whole cloud, with the conversion line on the same side of the base line.

    Source: Hosoda 1969; the cloud is the one that stands at the bar, drawn from bars before it.
    """
    lines = of(catalogued, "ichimoku", conversion=conversion, base=base, span=span, displacement=displacement)
    quick, slow, one, other = lines
    above = of.bars.close > np.maximum(one, other)
    below = of.bars.close < np.minimum(one, other)
    return either(above & (quick > slow), below & (quick < slow), one, other)


_trend = partial(Agent, family=AgentFamily.TREND)


def _sma_cross(fast: int, slow: int) -> Agent:
    return _trend(
        name=f"sma_{fast}_{slow}",
        parameters={"fast": fast, "slow": slow},
        warmup=slow - 1,
        settles=slow - 1,
        meaning=f"Buy while the mean of {fast} closes is above that of {slow}, sell while it is below.",
        evidence=sma_cross,
    )


TREND = (
    _sma_cross(10, 30),
    _sma_cross(20, 50),
    _sma_cross(50, 200),
    _trend(
        name="ema_9_21",
        parameters={"fast": 9, "slow": 21},
        warmup=20,
        settles=exponential_bars(21),
        meaning="Buy while the exponential average of 9 closes is above that of 21, sell while it is below.",
        evidence=ema_cross,
    ),
    _trend(
        name="ema_ribbon",
        parameters={"first": 8, "second": 13, "third": 21, "fourth": 34, "fifth": 55},
        warmup=54,
        settles=exponential_bars(55),
        meaning="Buy while five exponential averages lie in order, the fastest on top; sell while it is at the bottom.",
        evidence=ema_ribbon,
    ),
    _trend(
        name="price_ema_50",
        parameters={"period": 50},
        warmup=49,
        settles=exponential_bars(50),
        meaning="Buy while the close is above its exponential average of 50 bars, sell while it is below.",
        evidence=price_ema,
    ),
    _trend(
        name="hma_slope",
        parameters={"period": 20},
        warmup=23,
        settles=23,
        meaning="Buy while Hull's average of 20 bars rises, sell while it falls.",
        evidence=hma_slope,
    ),
    _trend(
        name="kama_slope",
        parameters={"period": 10, "spread": 20, "share": 0.1},
        warmup=30,
        meaning="Buy while Kaufman's average rises by over a tenth of its changes' spread, sell while it falls so.",
        evidence=kama_slope,
    ),
    _trend(
        name="adx_di",
        parameters={"period": 14, "least": 25.0},
        warmup=27,
        settles=wilder_bars(14, stages=2),
        meaning="While the ADX is above 25: buy with +DI above -DI, sell with it below.",
        evidence=adx_di,
    ),
    _trend(
        name="parabolic_sar",
        parameters={"acceleration": 0.02, "maximum": 0.2},
        warmup=1,
        meaning="Buy while the parabolic stop is below the close, sell while it is above.",
        evidence=parabolic_sar,
    ),
    _trend(
        name="aroon",
        parameters={"period": 25, "high": 70.0, "low": 30.0},
        warmup=25,
        settles=25,
        meaning="Buy while the highest high of 25 bars is recent and the lowest low is not, sell the other way round.",
        evidence=aroon,
    ),
    _trend(
        name="regression_slope",
        parameters={"period": 20, "fit": 0.2},
        warmup=19,
        settles=19,
        meaning="While a line explains a fifth of the last 20 closes: buy where it rises, sell where it falls.",
        evidence=regression_slope,
    ),
    _trend(
        name="vortex",
        parameters={"period": 14},
        warmup=14,
        settles=14,
        meaning="Buy while upward vortex movement of 14 bars is above the downward one, sell while it is below.",
        evidence=vortex,
    ),
    _trend(
        name="ichimoku",
        parameters={"conversion": 9, "base": 26, "span": 52, "displacement": 26},
        warmup=77,
        settles=77,
        meaning="Buy while the close is above the cloud and the conversion above the base line, sell while below.",
        evidence=ichimoku,
    ),
)
