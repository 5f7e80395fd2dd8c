"""Momentum: how fast and how one-sidedly the price moves."""

import numpy as np
import talib

from resolvers.compute.arguments import LONGEST_PERIOD, OF, period, price_field, whole
from resolvers.compute.indicator import Anchor, Arguments, Indicator, Output
from resolvers.compute.prices import price_of, typical_price
from resolvers.compute.settling import exponential_bars, wilder_bars
from resolvers.compute.windows import window_means
from resolvers.model.bars import Bars, IntArray, Series


def relative_strength(price: Series, length: int) -> Series:
    """
    Wilder's RSI, 0 to 100, shape ``(n,)``; NaN while it warms up and until the price first moves.

    Source:
        TA-Lib ``RSI``, which gives 0 for prices that never moved, and where both averages have become too small for it
        in a long standstill: that reads as a fall, and is 0 / 0.
    """
    values = talib.RSI(price, length)
    moved = price != price[:1]
    values[: moved.argmax() if moved.any() else len(values)] = np.nan
    still = np.empty(len(price), bool)
    still[:1], still[1:] = False, price[1:] == price[:-1]
    if (still & (values == 0)).any():
        # Both averages shrink alike, so until it moves again a price keeps the value of its last move.
        last_move = np.maximum.accumulate(np.where(still, 0, np.arange(len(price))))
        values[length:] = values[np.maximum(last_move, length)[length:]]
    return values


def _rsi(bars: Bars, _: IntArray, arguments: Arguments) -> tuple[Series, ...]:
    return (relative_strength(price_of(bars, price_field(arguments)), whole(arguments, "period")),)


def _macd(bars: Bars, _: IntArray, arguments: Arguments) -> tuple[Series, ...]:
    fast, slow, signal = (whole(arguments, name) for name in ("fast", "slow", "signal"))
    line, average, histogram = talib.MACD(bars.close, fast, slow, signal)
    return line, average, histogram


def _macd_bars(arguments: Arguments) -> int:
    return exponential_bars(whole(arguments, "slow")) + exponential_bars(whole(arguments, "signal"))


def _roc(bars: Bars, _: IntArray, arguments: Arguments) -> tuple[Series, ...]:
    return (talib.ROC(price_of(bars, price_field(arguments)), whole(arguments, "period")),)


def _cci(bars: Bars, _: IntArray, arguments: Arguments) -> tuple[Series, ...]:
    length = whole(arguments, "period")
    price = typical_price(bars)
    mean = window_means(price, length)
    total, part = np.zeros(len(price)), np.empty(len(price))
    for back in range(min(length, len(price))):
        np.subtract(price[: len(price) - back], mean[back:], out=part[back:])
        np.abs(part[back:], out=part[back:])
        total[back:] += part[back:]
    with np.errstate(divide="ignore", invalid="ignore"):
        return ((price - mean) / (0.015 * total / length),)


RSI = Indicator(
    name="rsi",
    title="Relative strength index",
    description="Share of gains in the average move, 0 to 100, by Wilder's smoothing. Null until the price has moved.",
    parameters=(period(14, minimum=2), OF),
    outputs=(Output(name="value", description="0 when all moves were down, 100 when all were up."),),
    anchor=Anchor.WINDOW,
    source="TA-Lib RSI (Wilder 1978)",
    needs_volume=False,
    warmup=lambda arguments: wilder_bars(whole(arguments, "period")),
    compute=_rsi,
)

MACD = Indicator(
    name="macd",
    title="Moving average convergence divergence",
    description="Fast less slow exponential average of the close, in the instrument's currency, with its own average.",
    parameters=(
        period(
            12,
            minimum=2,
            maximum=LONGEST_PERIOD - 1,
            name="fast",
            description="Bars in the fast average; less than slow.",
        ),
        period(26, minimum=3, name="slow", description="Bars in the slow average."),
        period(9, minimum=1, name="signal", description="Bars in the average of the difference."),
    ),
    outputs=(
        Output(name="macd", description="Fast less slow average."),
        Output(name="signal", description="Exponential average of macd."),
        Output(name="histogram", description="macd less signal."),
    ),
    anchor=Anchor.WINDOW,
    source="TA-Lib MACD (Appel 1979)",
    needs_volume=False,
    warmup=_macd_bars,
    compute=_macd,
    increasing=("fast", "slow"),
)

ROC = Indicator(
    name="roc",
    title="Rate of change",
    description="Change of the price over the period, in percent.",
    parameters=(period(10, minimum=1, description="Bars between the two prices."), OF),
    outputs=(Output(name="value", description="Percent; 0 is no change."),),
    anchor=Anchor.WINDOW,
    source="TA-Lib ROC",
    needs_volume=False,
    warmup=lambda arguments: whole(arguments, "period"),
    compute=_roc,
)

CCI = Indicator(
    name="cci",
    title="Commodity channel index",
    description="Distance of the typical price from its mean, in units of 0.015 mean deviations; mostly -100 to 100. "
    "Null where the price stood still for the whole window.",
    parameters=(period(20, minimum=2),),
    outputs=(Output(name="value", description="No unit; 0 on the mean."),),
    anchor=Anchor.WINDOW,
    source="Lambert 1980; the values of TA-Lib CCI",
    needs_volume=False,
    warmup=lambda arguments: whole(arguments, "period") - 1,
    compute=_cci,
)

MOMENTUM = (RSI, MACD, ROC, CCI)
