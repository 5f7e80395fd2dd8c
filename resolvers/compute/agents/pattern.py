"""Patterns of one to three candlesticks, after Nison 1991."""

from functools import partial

import numpy as np

from resolvers.compute.agents.agent import Agent
from resolvers.compute.agents.indicators import Indicators
from resolvers.compute.agents.rules import beyond, earlier, either
from resolvers.compute.agents.shared import sma
from resolvers.compute.windows import window_means
from resolvers.model.bars import Series
from resolvers.model.vote import AgentFamily


def body(of: Indicators) -> Series:
    """Close less open: positive for a white candle, negative for a black one."""
    return of.bars.close - of.bars.open


def side(of: Indicators, period: int) -> Series:
    """Which side of its average the bar before closed on, because a reversal needs something to turn."""
    return earlier(np.sign(beyond(of.bars.close - of(sma, period), of.tie)))


def engulfing(of: Indicators, trend: int) -> Series:
    """
    A body that covers the one before it, of the other colour, after a trend that it turns.

    Bodies may be flush at one end but not at both, and the one before is no doji.

    Source: Nison 1991.
    """
    bars, size, before = of.bars, of(body), of(side, trend)
    was = earlier(size)
    covers = np.abs(size) > np.abs(was)
    up = (was < 0) & (size > 0) & (bars.open <= earlier(bars.close)) & (bars.close >= earlier(bars.open))
    down = (was > 0) & (size < 0) & (bars.open >= earlier(bars.close)) & (bars.close <= earlier(bars.open))
    return either(up & covers & (before < 0), down & covers & (before > 0), before)


def hammer_star(of: Indicators, trend: int, shadow: float, other: float) -> Series:
    """
    A small body at one end of its bar: a hammer after a fall, a shooting star after a rise.

    The long shadow is at least some bodies, the other at most a share of the bar's range.

    Source: Nison 1991, who asks for two bodies and none or a very short other shadow.
    """
    bars, size, before = of.bars, np.abs(of(body)), of(side, trend)
    top, bottom = np.maximum(bars.open, bars.close), np.minimum(bars.open, bars.close)
    upper, lower, short = bars.high - top, bottom - bars.low, other * (bars.high - bars.low)
    hammer = (lower >= shadow * size) & (upper <= short) & (lower > upper)
    star = (upper >= shadow * size) & (lower <= short) & (upper > lower)
    return either(hammer & (before < 0), star & (before > 0), before)


def three_bar_star(of: Indicators, period: int, depth: float) -> Series:
    """
    A long body, a small one beyond its end, and one of the other colour that closes deep inside the first.

    Long and small are above and below the mean body of the bars before the three.

    Source: Nison 1991: the morning and the evening star.
    """
    size = of(body)
    first, second = earlier(size, 2), earlier(np.abs(size))
    usual = earlier(window_means(np.abs(size), period), 3)
    opened, closed = of.bars.open, of.bars.close
    first_close, second_open, second_close = earlier(closed, 2), earlier(opened), earlier(closed)
    shape = (np.abs(first) > usual) & (second < usual)
    inside = first_close - depth * first
    beyond_low = np.maximum(second_open, second_close) < first_close
    beyond_high = np.minimum(second_open, second_close) > first_close
    morning = shape & (first < 0) & (size > 0) & beyond_low & (closed > inside)
    evening = shape & (first > 0) & (size < 0) & beyond_high & (closed < inside)
    return either(morning, evening, usual)


_pattern = partial(Agent, family=AgentFamily.PATTERN)

PATTERN = (
    _pattern(
        name="engulfing",
        parameters={"trend": 10},
        warmup=10,
        settles=10,
        meaning="On a white body over a black one below the mean of 10 closes: buy; on the opposite above it: sell.",
        evidence=engulfing,
    ),
    _pattern(
        name="hammer_star",
        parameters={"trend": 10, "shadow": 2.0, "other": 0.1},
        warmup=10,
        settles=10,
        meaning="On a hammer below the mean of 10 closes: buy; on a shooting star above it: sell.",
        evidence=hammer_star,
    ),
    _pattern(
        name="three_bar_star",
        parameters={"period": 10, "depth": 0.5},
        warmup=12,
        settles=12,
        meaning="On the third bar of a morning star: buy; of an evening star: sell.",
        evidence=three_bar_star,
    ),
)
