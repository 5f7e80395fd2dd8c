"""Momentum: how fast and how one-sidedly the price moves."""

from functools import partial

import talib

from resolvers.compute.agents.agent import Agent
from resolvers.compute.agents.indicators import Indicators
from resolvers.compute.agents.rules import beyond, earlier, either
from resolvers.compute.agents.shared import catalogued, change, rsi
from resolvers.compute.settling import exponential_bars, wilder_bars
from resolvers.model.bars import Series
from resolvers.model.vote import AgentFamily

_PERCENT_TIE = 1e-9


def macd_histogram(of: Indicators, fast: int, slow: int, signal: int) -> Series:
    """The MACD less its signal line (Appel 1979; Aspray 1986)."""
    return beyond(of(catalogued, "macd", fast=fast, slow=slow, signal=signal)[2], of.tie)


def rsi_line(of: Indicators, period: int, line: float) -> Series:
    """The RSI less its middle line (Wilder 1978)."""
    return beyond(of(rsi, period) - line, _PERCENT_TIE)


def roc(of: Indicators, period: int) -> Series:
    """The change over the period; dividing it by a price, as the rate of change does, leaves its sign."""
    return of(change, period)


def tsi(of: Indicators, long: int, short: int, signal: int) -> Series:
    """
    The true strength index less its exponential average.

    The index is the doubly smoothed change of the close as a percentage of its doubly smoothed size.

    Source: Blau 1991.
    """
    index = talib.TSI(of.bars.close, long, short)
    return beyond(index - talib.EMA(index, signal), _PERCENT_TIE)


def trix(of: Indicators, period: int) -> Series:
    """The change over a bar of a triple exponential average, in percent (Hutson 1983)."""
    return beyond(talib.TRIX(of.bars.close, period), _PERCENT_TIE)


def coppock(of: Indicators, average: int, short: int, long: int) -> Series:
    """
    Whether the Coppock curve has turned up below zero, or down above it.

    The curve is the weighted average of the sum of two rates of change.

    Source: Coppock 1962 for the purchase, in months; the sale is its mirror image.
    """
    curve = talib.COPPOCK(of.bars.close, average, short, long)
    step = curve - earlier(curve)
    up = (curve < -_PERCENT_TIE) & (step > _PERCENT_TIE)
    down = (curve > _PERCENT_TIE) & (step < -_PERCENT_TIE)
    return either(up, down, step)


def elder_force(of: Indicators, period: int) -> Series:
    """Exponential average of the change of the close times the volume (Elder 1993)."""
    return talib.EFI(of.bars.close, of.traded, period)


def awesome_oscillator(of: Indicators, fast: int, slow: int) -> Series:
    """Fast less slow simple average of the middle of the bars (Williams 1998)."""
    return beyond(talib.AO(of.bars.high, of.bars.low, fast, slow), of.tie)


_momentum = partial(Agent, family=AgentFamily.MOMENTUM)


def _roc(period: int) -> Agent:
    return _momentum(
        name=f"roc_{period}",
        parameters={"period": period},
        warmup=period,
        settles=period,
        meaning=f"Buy while the close is above that of {period} bars before, sell while it is below.",
        evidence=roc,
    )


MOMENTUM = (
    _momentum(
        name="macd_histogram",
        parameters={"fast": 12, "slow": 26, "signal": 9},
        warmup=33,
        settles=exponential_bars(26) + exponential_bars(9),
        meaning="Buy while the MACD of 12 and 26 bars is above its signal line of 9, sell while it is below.",
        evidence=macd_histogram,
    ),
    _momentum(
        name="rsi_50",
        parameters={"period": 14, "line": 50.0},
        warmup=14,
        settles=wilder_bars(14),
        meaning="Buy while the RSI of 14 bars is above 50, sell while it is below.",
        evidence=rsi_line,
    ),
    _roc(10),
    _roc(63),
    _momentum(
        name="tsi",
        parameters={"long": 25, "short": 13, "signal": 7},
        warmup=43,
        settles=exponential_bars(25, stages=2) + exponential_bars(7),
        meaning="Buy while the true strength index is above its average of 7 bars, sell while it is below.",
        evidence=tsi,
    ),
    _momentum(
        name="trix",
        parameters={"period": 15},
        warmup=43,
        settles=exponential_bars(15, stages=3) + 1,
        meaning="Buy while the triple exponential average of 15 bars rises, sell while it falls.",
        evidence=trix,
    ),
    _momentum(
        name="coppock",
        parameters={"average": 10, "short": 11, "long": 14},
        warmup=24,
        settles=24,
        meaning="Buy while the Coppock curve rises below zero, sell while it falls above zero.",
        evidence=coppock,
    ),
    _momentum(
        name="elder_force",
        parameters={"period": 13},
        warmup=13,
        settles=exponential_bars(13) + 1,
        meaning="Buy while the average of 13 changes, each times its volume, is positive, sell while it is negative.",
        evidence=elder_force,
        needs_volume=True,
    ),
    _momentum(
        name="awesome_oscillator",
        parameters={"fast": 5, "slow": 34},
        warmup=33,
        settles=33,
        meaning="Buy while the mean of 5 bars' middles is above that of 34, sell while it is below.",
        evidence=awesome_oscillator,
    ),
)
