"""Bands and channels around a price."""

import numpy as np
import talib

from resolvers.compute.arguments import number, period, whole
from resolvers.compute.indicator import Anchor, Arguments, Indicator, Output, Parameter
from resolvers.compute.settling import exponential_bars, wilder_bars
from resolvers.compute.windows import highest, lowest, window_moments
from resolvers.model.bars import Bars, IntArray, Series


def _bollinger(bars: Bars, _: IntArray, arguments: Arguments) -> tuple[Series, ...]:
    length, deviations = whole(arguments, "period"), number(arguments, "deviations")
    middle, squares = window_moments(bars.close, length)
    reach = deviations * np.sqrt(squares / length)
    with np.errstate(divide="ignore", invalid="ignore"):
        percent_b = (bars.close - middle) / (2 * reach) + 0.5
    return middle + reach, middle, middle - reach, percent_b, 2 * reach / middle


def _keltner(bars: Bars, _: IntArray, arguments: Arguments) -> tuple[Series, ...]:
    middle = talib.EMA(bars.close, whole(arguments, "period"))
    width = talib.ATR(bars.high, bars.low, bars.close, whole(arguments, "atrPeriod"))
    reach = number(arguments, "multiplier") * width
    # All three begin together: a middle without bands would be another indicator.
    return middle + reach, middle + 0 * reach, middle - reach


def _donchian(bars: Bars, _: IntArray, arguments: Arguments) -> tuple[Series, ...]:
    length = whole(arguments, "period")
    upper, lower = highest(bars.high, length), lowest(bars.low, length)
    return upper, (upper + lower) / 2, lower


def _channel(middle: str) -> tuple[Output, Output, Output]:
    return (
        Output(name="upper", description="Upper band, in the instrument's currency."),
        Output(name="middle", description=middle),
        Output(name="lower", description="Lower band, in the instrument's currency."),
    )


BOLLINGER = Indicator(
    name="bollinger",
    title="Bollinger bands",
    description="Simple average of the close, and bands some population standard deviations above and below it.",
    parameters=(
        period(20, minimum=2),
        Parameter(
            name="deviations",
            description="Standard deviations from the average to a band.",
            default=2.0,
            minimum=0.1,
            maximum=10.0,
        ),
    ),
    outputs=(
        *_channel("Simple average of the close."),
        Output(
            name="percentB",
            description="Where the close lies: 0 on the lower band, 1 on the upper one; null where they meet.",
        ),
        Output(name="bandwidth", description="Distance between the bands as a fraction of the average."),
    ),
    anchor=Anchor.WINDOW,
    source="Bollinger 2001; the values of TA-Lib BBANDS",
    needs_volume=False,
    warmup=lambda arguments: whole(arguments, "period") - 1,
    compute=_bollinger,
)

KELTNER = Indicator(
    name="keltner",
    title="Keltner channels",
    description="Exponential average of the close, and bands some average true ranges above and below it.",
    parameters=(
        period(20, minimum=1),
        period(10, minimum=1, name="atrPeriod", description="Bars in the average true range."),
        Parameter(
            name="multiplier",
            description="Average true ranges from the average to a band.",
            default=2.0,
            minimum=0.1,
            maximum=10.0,
        ),
    ),
    outputs=_channel("Exponential average of the close."),
    anchor=Anchor.WINDOW,
    source="Raschke's form of Keltner 1960, from TA-Lib EMA and ATR",
    needs_volume=False,
    warmup=lambda arguments: max(
        exponential_bars(whole(arguments, "period")), wilder_bars(whole(arguments, "atrPeriod"))
    ),
    compute=_keltner,
)

DONCHIAN = Indicator(
    name="donchian",
    title="Donchian channels",
    description="Highest high and lowest low of the last bars, this bar among them, and their mean.",
    parameters=(period(20, minimum=1),),
    outputs=_channel("Mean of the bands."),
    anchor=Anchor.WINDOW,
    source="TA-Lib MAX and MIN",
    needs_volume=False,
    warmup=lambda arguments: whole(arguments, "period") - 1,
    compute=_donchian,
)

BANDS = (BOLLINGER, KELTNER, DONCHIAN)
