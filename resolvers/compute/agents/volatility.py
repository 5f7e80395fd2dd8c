"""Volatility: what follows calm, what follows a burst, and stops that keep their distance from both."""

from functools import partial

import numpy as np
import talib

from resolvers.compute.agents.agent import Agent
from resolvers.compute.agents.indicators import Indicators
from resolvers.compute.agents.rules import beyond, earlier, only
from resolvers.compute.agents.shared import atr, catalogued, change, highest_high, lowest_low, moments, true_range
from resolvers.compute.settling import wilder_bars
from resolvers.compute.windows import padded, window_sums
from resolvers.model.bars import Series
from resolvers.model.vote import AgentFamily


def squeeze(of: Indicators, period: int, deviations: float, ranges: float, after: int) -> Series:
    """
    Momentum for some bars after the Bollinger bands have left the Keltner channel again that they had shrunk into.

    Momentum is the end of the least-squares line through the distances of the last closes from the mean of their
    average and the middle of their range. Both bands are around the simple average, so only their widths count.

    Source: Carter 2005, who holds it for eight to ten bars.
    """
    bars = of.bars
    mean, squares = of(moments, period)
    width = padded(window_sums(of(true_range)[1:], period), len(bars)) / period
    is_on = deviations * np.sqrt(squares / period) < ranges * width
    bar = np.arange(len(bars))
    since = bar - np.maximum.accumulate(np.where(is_on, bar, -after - 1))
    middle = (of(highest_high, period) + of(lowest_low, period)) / 2
    momentum = talib.LINEARREG(bars.close - (middle + mean) / 2, period)
    return only(beyond(momentum, of.tie), (since > 0) & (since <= after))


def chandelier(of: Indicators, period: int, multiple: float) -> Series:
    """
    The side of a stop that hangs some average true ranges from the extreme since the position began.

    It never gives way, and a close beyond that of the bar before turns the position round. Until the first turn there
    is no position, and stops on both sides.

    Source: LeBeau's chandelier exit, in Elder 2002.
    """
    bars, room = of.bars, multiple * of(atr, period)
    below, above = (bars.high - room)[period:].tolist(), (bars.low + room)[period:].tolist()
    side, support, resistance, sides = 0, -np.inf, np.inf, []
    # Where a position begins depends on where the last one ended, so this one is a loop.
    for close, floor, ceiling in zip(bars.close[period:].tolist(), below, above, strict=True):
        if side >= 0 and close < support:
            side, resistance = -1, ceiling
        elif side <= 0 and close > resistance:
            side, support = 1, floor
        if floor > support:
            support = floor
        if ceiling < resistance:
            resistance = ceiling
        sides.append(side)
    return padded(np.array(sides, np.float64), len(bars))


def volatility_ratio(of: Indicators, period: int, multiple: float) -> Series:
    """The change of the close on a bar whose true range is a multiple of the average before it (Schwager 1996)."""
    usual = earlier(of(atr, period))
    return only(of(change, 1), of(true_range) > multiple * usual, usual)


def supertrend(of: Indicators, period: int, multiplier: float) -> Series:
    """The close less the Supertrend, which is below it in a rise and above it in a fall (Seban)."""
    return beyond(of.bars.close - of(catalogued, "supertrend", period=period, multiplier=multiplier)[0], of.tie)


_volatility = partial(Agent, family=AgentFamily.VOLATILITY)

VOLATILITY = (
    _volatility(
        name="squeeze",
        parameters={"period": 20, "deviations": 2.0, "ranges": 1.5, "after": 8},
        warmup=38,
        settles=38,
        meaning="In the 8 bars after the Bollinger bands were inside the Keltner channel: buy or sell with momentum.",
        evidence=squeeze,
    ),
    _volatility(
        name="chandelier",
        parameters={"period": 22, "multiple": 3.0},
        warmup=22,
        meaning="Buy since a close above the chandelier stop of 3 average true ranges, sell since one below it.",
        evidence=chandelier,
    ),
    _volatility(
        name="volatility_ratio",
        parameters={"period": 14, "multiple": 2.0},
        warmup=15,
        settles=wilder_bars(14) + 1,
        meaning="On a bar with twice the average true range: buy if it closed above the close before, sell if below.",
        evidence=volatility_ratio,
    ),
    _volatility(
        name="supertrend",
        parameters={"period": 10, "multiplier": 3.0},
        warmup=10,
        meaning="Buy while the close is above the Supertrend of 10 bars and 3 ranges, sell while it is below.",
        evidence=supertrend,
    ),
)
