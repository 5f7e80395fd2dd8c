"""Volume: what was traded, and on which side of the price."""

from functools import partial

import numpy as np
import talib

from resolvers.compute.agents.agent import Agent
from resolvers.compute.agents.indicators import Indicators
from resolvers.compute.agents.rules import beyond, earlier, only, outside
from resolvers.compute.agents.shared import catalogued, change, moments
from resolvers.compute.settling import exponential_bars
from resolvers.compute.windows import padded, window_sums
from resolvers.model.bars import Series
from resolvers.model.vote import AgentFamily


def obv_slope(of: Indicators, period: int) -> Series:
    """
    Slope of the least-squares line through the last values of on-balance volume.

    Summed by parts over the volumes themselves, so that it depends on these bars alone, however long the line is.

    Source: Granville 1963 for the line.
    """
    step = np.arange(1, period)
    weights = step * (period - step) * 6.0 / (period * (period * period - 1.0))
    flow = (np.sign(of(change, 1)) * of.traded)[1:]
    if len(flow) < period - 1:
        return np.full(len(of.bars), np.nan)
    return padded(np.correlate(flow, weights, "valid"), len(of.bars))


def cmf(of: Indicators, period: int, least: float) -> Series:
    """Chaikin's money flow, where it is more than a little (Chaikin; the least is ChartSchool's)."""
    (flow,) = of(catalogued, "cmf", period=period)
    return beyond(flow, least)


def mfi(of: Indicators, period: int, low: float, high: float) -> Series:
    """The money flow index beyond its zones (Quong and Soudack 1989)."""
    return outside(of(catalogued, "mfi", period=period)[0], low, high)


def chaikin_oscillator(of: Indicators, fast: int, slow: int) -> Series:
    """Fast less slow exponential average of the accumulation/distribution line (Chaikin)."""
    bars = of.bars
    return talib.ADOSC(bars.high, bars.low, bars.close, of.traded, fast, slow)


def vwma_sma(of: Indicators, period: int) -> Series:
    """The average of the closes weighted by volume less the simple one: whether the higher closes had the volume."""
    weighted = window_sums(of.bars.close * of.traded, period) / window_sums(of.traded, period)
    return beyond(weighted - of(moments, period)[0], of.tie)


def volume_spike(of: Indicators, period: int, multiple: float) -> Series:
    """The change of the close on a bar with a multiple of the mean volume before it."""
    usual = earlier(window_sums(of.traded, period)) / period
    return only(of(change, 1), of.traded > multiple * usual, usual)


_volume = partial(Agent, family=AgentFamily.VOLUME, needs_volume=True)

VOLUME = (
    _volume(
        name="obv_slope",
        parameters={"period": 20},
        warmup=19,
        settles=19,
        meaning="Buy while on-balance volume rises over 20 bars, sell while it falls.",
        evidence=obv_slope,
    ),
    _volume(
        name="cmf",
        parameters={"period": 20, "least": 0.05},
        warmup=19,
        settles=19,
        meaning="Buy while Chaikin's money flow of 20 bars is above 0.05, sell while it is below -0.05.",
        evidence=cmf,
    ),
    _volume(
        name="mfi",
        parameters={"period": 14, "low": 20.0, "high": 80.0},
        warmup=14,
        settles=14,
        meaning="Buy while the money flow index of 14 bars is below 20, sell while it is above 80.",
        evidence=mfi,
    ),
    _volume(
        name="chaikin_oscillator",
        parameters={"fast": 3, "slow": 10},
        warmup=9,
        settles=exponential_bars(10),
        meaning="Buy while the accumulation line's average of 3 bars is above that of 10, sell while it is below.",
        evidence=chaikin_oscillator,
    ),
    _volume(
        name="vwma_sma",
        parameters={"period": 20},
        warmup=19,
        settles=19,
        meaning="Buy while the volume-weighted mean of 20 closes is above the plain one, sell while it is below.",
        evidence=vwma_sma,
    ),
    _volume(
        name="volume_spike",
        parameters={"period": 20, "multiple": 2.0},
        warmup=20,
        settles=20,
        meaning="On a bar with twice the mean volume of the 20 before: buy if it closed higher, sell if lower.",
        evidence=volume_spike,
    ),
)
