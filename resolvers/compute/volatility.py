"""How much the price moves, and how far it has moved for that."""

import numpy as np
import talib

from resolvers.compute.arguments import OF, number, period, price_field, whole
from resolvers.compute.indicator import Anchor, Arguments, Indicator, Output, Parameter
from resolvers.compute.prices import price_of
from resolvers.compute.settling import wilder_bars
from resolvers.compute.windows import padded, window_moments
from resolvers.model.bars import Bars, IntArray, Series


def _atr(bars: Bars, _: IntArray, arguments: Arguments) -> tuple[Series, ...]:
    return (talib.ATR(bars.high, bars.low, bars.close, whole(arguments, "period")),)


def _standard_deviation(bars: Bars, _: IntArray, arguments: Arguments) -> tuple[Series, ...]:
    length = whole(arguments, "period")
    return (np.sqrt(window_moments(price_of(bars, price_field(arguments)), length)[1] / length),)


def _z_score(bars: Bars, _: IntArray, arguments: Arguments) -> tuple[Series, ...]:
    length, price = whole(arguments, "period"), price_of(bars, price_field(arguments))
    mean, squares = window_moments(price, length)
    with np.errstate(divide="ignore", invalid="ignore"):
        return ((price - mean) / np.sqrt(squares / length),)


def _realized_volatility(bars: Bars, _: IntArray, arguments: Arguments) -> tuple[Series, ...]:
    length = whole(arguments, "period")
    squares = window_moments(np.diff(np.log(bars.close)), length)[1]
    return (padded(np.sqrt(squares * (number(arguments, "periodsPerYear") / (length - 1))), len(bars)),)


def _slope(bars: Bars, _: IntArray, arguments: Arguments) -> tuple[Series, ...]:
    length, price = whole(arguments, "period"), price_of(bars, price_field(arguments))
    if len(price) < length:
        return (np.full(len(price), np.nan),)
    # Summed by parts over the changes of the price: a flat window gives exactly 0, which the usual sums do not.
    step = np.arange(1, length)
    weights = step * (length - step) * 6.0 / (length * (length * length - 1.0))
    return (padded(np.correlate(np.diff(price), weights, "valid"), len(price)),)


ATR = Indicator(
    name="atr",
    title="Average true range",
    description="Range of a bar with the gap before it, by Wilder's smoothing, in the instrument's currency.",
    parameters=(period(14, minimum=1),),
    outputs=(Output(name="value", description="In the instrument's currency, never negative."),),
    anchor=Anchor.WINDOW,
    source="TA-Lib ATR (Wilder 1978)",
    needs_volume=False,
    warmup=lambda arguments: wilder_bars(whole(arguments, "period")),
    compute=_atr,
)

STANDARD_DEVIATION = Indicator(
    name="standardDeviation",
    title="Standard deviation",
    description="Population standard deviation of the price, in the instrument's currency.",
    parameters=(period(20, minimum=2), OF),
    outputs=(Output(name="value", description="In the instrument's currency; 0 where the price stood still."),),
    anchor=Anchor.WINDOW,
    source="The values of TA-Lib STDDEV",
    needs_volume=False,
    warmup=lambda arguments: whole(arguments, "period") - 1,
    compute=_standard_deviation,
)

Z_SCORE = Indicator(
    name="zScore",
    title="Z-score",
    description="Distance of the price from its mean, in population standard deviations. Null where the price stood "
    "still for the whole window.",
    parameters=(period(20, minimum=2), OF),
    outputs=(Output(name="value", description="Standard deviations; 0 on the mean."),),
    anchor=Anchor.WINDOW,
    source="(price - mean) / standard deviation, both over the period",
    needs_volume=False,
    warmup=lambda arguments: whole(arguments, "period") - 1,
    compute=_z_score,
)

REALIZED_VOLATILITY = Indicator(
    name="realizedVolatility",
    title="Realised volatility",
    description="Sample standard deviation of logarithmic returns times the root of the bars in a year, as a "
    "fraction: 0.25 is 25 % a year.",
    parameters=(
        period(20, minimum=2, description="Returns in the window."),
        Parameter(
            name="periodsPerYear",
            description="Bars in a year: 252 for days on an exchange, 365 for days of a market that never closes, 52 "
            "for weeks, 1 for no annualisation.",
            default=252.0,
            minimum=1.0,
            maximum=600_000.0,
        ),
    ),
    outputs=(Output(name="value", description="A fraction a year, never negative."),),
    anchor=Anchor.WINDOW,
    source="Close-to-close estimator, with the mean taken out and n - 1 below",
    needs_volume=False,
    warmup=lambda arguments: whole(arguments, "period"),
    compute=_realized_volatility,
)

LINEAR_REGRESSION_SLOPE = Indicator(
    name="linearRegressionSlope",
    title="Linear regression slope",
    description="Slope of the least-squares line through the last prices, in the instrument's currency a bar.",
    parameters=(period(14, minimum=2), OF),
    outputs=(Output(name="value", description="Currency a bar; 0 where the price stood still."),),
    anchor=Anchor.WINDOW,
    source="Least squares; the values of TA-Lib LINEARREG_SLOPE",
    needs_volume=False,
    warmup=lambda arguments: whole(arguments, "period") - 1,
    compute=_slope,
)

VOLATILITY = (ATR, STANDARD_DEVIATION, Z_SCORE, REALIZED_VOLATILITY, LINEAR_REGRESSION_SLOPE)
