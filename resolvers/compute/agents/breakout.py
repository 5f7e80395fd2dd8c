"""Breakouts: the price where it has not been for a while."""

from functools import partial

import numpy as np

from resolvers.compute.agents.agent import Agent
from resolvers.compute.agents.indicators import Indicators
from resolvers.compute.agents.rules import Flags, earlier, either, held
from resolvers.compute.agents.shared import atr, highest_high, lowest_low
from resolvers.compute.settling import wilder_bars
from resolvers.model.bars import Series
from resolvers.model.vote import AgentFamily


def breaks(of: Indicators, period: int) -> tuple[Flags, Flags]:
    """Whether the close is above the highest high, and below the lowest low, of the bars before it."""
    close = of.bars.close
    return close > earlier(of(highest_high, period)), close < earlier(of(lowest_low, period))


def donchian_reversal(of: Indicators, period: int) -> Series:
    """Up since the last break was upward, down since it was downward (Donchian's four-week rule, 1960)."""
    return held(*of(breaks, period), earlier(of(highest_high, period)))


def donchian_exit(of: Indicators, period: int, exit_period: int) -> Series:
    """
    Up since an upward break, until a downward one of a shorter channel; the other way round for down.

    Source: The second system of the Turtles, in Faith 2003, on closes.
    """
    up, down = of(breaks, period)
    up_exit, down_exit = of(breaks, exit_period)
    known = earlier(of(highest_high, period))
    return np.maximum(held(up, down_exit, known), 0.0) + np.minimum(held(up_exit, down, known), 0.0)


def opening_gap(of: Indicators, period: int, least: float) -> Series:
    """
    A gap of some average true ranges between the close before and the open, unless the bar has closed it.

    Source: The breakaway gap of Edwards and Magee 1948, measured in Wilder's range.
    """
    before, room = earlier(of.bars.close), least * earlier(of(atr, period))
    gap = of.bars.open - before
    return either((gap > room) & (of.bars.close > before), (gap < -room) & (of.bars.close < before), room)


def near_high(of: Indicators, period: int, near: float, far: float) -> Series:
    """
    The close as a share of the highest high of a year, near to it or far below.

    Source: George and Hwang 2004, who rank instruments by it; the two shares are ours.
    """
    share = of.bars.close / of(highest_high, period)
    return either(share >= near, share <= far, share)


_breakout = partial(Agent, family=AgentFamily.BREAKOUT)

BREAKOUT = (
    _breakout(
        name="donchian_20",
        parameters={"period": 20},
        warmup=20,
        meaning="Buy since a close above the highest high of 20 bars before, sell since one below their lowest low.",
        evidence=donchian_reversal,
    ),
    _breakout(
        name="donchian_55",
        parameters={"period": 55, "exit_period": 20},
        warmup=55,
        meaning="Buy since a close above the highest high of 55 bars, until one below the low of 20; sell vice versa.",
        evidence=donchian_exit,
    ),
    _breakout(
        name="opening_gap",
        parameters={"period": 14, "least": 0.5},
        warmup=15,
        settles=wilder_bars(14) + 1,
        meaning="On a bar that opens half an average range above the last close and closes above it: buy; below: sell.",
        evidence=opening_gap,
    ),
    _breakout(
        name="near_high_252",
        parameters={"period": 252, "near": 0.95, "far": 0.8},
        warmup=251,
        settles=251,
        meaning="Buy while the close is within 5 % of the highest high of 252 bars, sell while 20 % or more below it.",
        evidence=near_high,
    ),
)
