"""Trend: which way, how strongly, and where it would be over."""

import numpy as np
import talib

from resolvers.compute.arguments import LONGEST_PERIOD, number, period, whole
from resolvers.compute.indicator import Anchor, Arguments, Indicator, Output, Parameter
from resolvers.compute.settling import wilder_bars
from resolvers.compute.windows import highest, lowest, padded
from resolvers.model.bars import Bars, IntArray, Series


def _adx(bars: Bars, _: IntArray, arguments: Arguments) -> tuple[Series, ...]:
    length = whole(arguments, "period")
    columns = tuple(
        function(bars.high, bars.low, bars.close, length) for function in (talib.ADX, talib.PLUS_DI, talib.MINUS_DI)
    )
    # Until a price has moved there is no true range to be a share of.
    moved = (bars.high != bars.close[0]) | (bars.low != bars.close[0])
    still = moved.argmax() if moved.any() else len(bars)
    for column in columns:
        column[:still] = np.nan
    return columns


def _aroon(bars: Bars, _: IntArray, arguments: Arguments) -> tuple[Series, ...]:
    down, up = talib.AROON(bars.high, bars.low, whole(arguments, "period"))
    return up, down, up - down


def _parabolic_sar(bars: Bars, _: IntArray, arguments: Arguments) -> tuple[Series, ...]:
    return (talib.SAR(bars.high, bars.low, number(arguments, "acceleration"), number(arguments, "maximum")),)


def _supertrend(bars: Bars, _: IntArray, arguments: Arguments) -> tuple[Series, ...]:
    value, direction = talib.SUPERTREND(
        bars.high, bars.low, bars.close, whole(arguments, "period"), number(arguments, "multiplier")
    )
    return value, np.where(np.isnan(value), np.nan, direction)


def _ichimoku(bars: Bars, _: IntArray, arguments: Arguments) -> tuple[Series, ...]:
    conversion, base, span_b = (
        (highest(bars.high, length) + lowest(bars.low, length)) / 2
        for length in (whole(arguments, name) for name in ("conversion", "base", "span"))
    )
    ahead = max(len(bars) - whole(arguments, "displacement"), 0)
    return (
        conversion,
        base,
        padded(((conversion + base) / 2)[:ahead], len(bars)),
        padded(span_b[:ahead], len(bars)),
    )


ADX = Indicator(
    name="adx",
    title="Average directional movement index",
    description="Strength of a trend whichever way it goes, 0 to 100, with the directional indicators it comes from. "
    "Null until the price has moved.",
    parameters=(period(14, minimum=2),),
    outputs=(
        Output(name="adx", description="Smoothed difference of the directional indicators, as a share of their sum."),
        Output(name="plusDi", description="Upward movement as a share of the true range, 0 to 100."),
        Output(name="minusDi", description="Downward movement as a share of the true range, 0 to 100."),
    ),
    anchor=Anchor.WINDOW,
    source="TA-Lib ADX, PLUS_DI and MINUS_DI (Wilder 1978)",
    needs_volume=False,
    warmup=lambda arguments: wilder_bars(whole(arguments, "period"), stages=2),
    compute=_adx,
)

AROON = Indicator(
    name="aroon",
    title="Aroon",
    description="How recently the highest high and the lowest low of the period were, 100 for this bar, 0 for a "
    "period ago. Of equal extremes the latest counts.",
    parameters=(period(25, minimum=2, description="Bars looked back."),),
    outputs=(
        Output(name="up", description="Recency of the highest high, 0 to 100."),
        Output(name="down", description="Recency of the lowest low, 0 to 100."),
        Output(name="oscillator", description="up less down, -100 to 100."),
    ),
    anchor=Anchor.WINDOW,
    source="TA-Lib AROON (Chande 1995)",
    needs_volume=False,
    warmup=lambda arguments: whole(arguments, "period"),
    compute=_aroon,
)

PARABOLIC_SAR = Indicator(
    name="parabolicSar",
    title="Parabolic stop and reverse",
    description="A stop that follows the trend ever faster and changes sides when it is touched, in the instrument's "
    "currency. It depends on every bar since the start of the series.",
    parameters=(
        Parameter(
            name="acceleration",
            description="Acceleration at the start and with every new extreme; less than maximum.",
            default=0.02,
            minimum=0.0001,
            maximum=0.9999,
        ),
        Parameter(name="maximum", description="Greatest acceleration.", default=0.2, minimum=0.0002, maximum=1.0),
    ),
    outputs=(Output(name="value", description="The stop: below the price while it rises, above while it falls."),),
    anchor=Anchor.SERIES,
    source="TA-Lib SAR (Wilder 1978)",
    needs_volume=False,
    warmup=lambda _: 1,
    compute=_parabolic_sar,
    increasing=("acceleration", "maximum"),
)

SUPERTREND = Indicator(
    name="supertrend",
    title="Supertrend",
    description="A stop some average true ranges from the middle of the bar, which only moves with the trend until a "
    "close crosses it. It depends on every bar since the start of the series.",
    parameters=(
        period(10, minimum=2, description="Bars in the average true range."),
        Parameter(
            name="multiplier",
            description="Average true ranges from the middle of the bar to the stop.",
            default=3.0,
            minimum=0.1,
            maximum=20.0,
        ),
    ),
    outputs=(
        Output(name="value", description="The stop, in the instrument's currency."),
        Output(name="direction", description="1 while the stop is below the price, -1 while it is above."),
    ),
    anchor=Anchor.SERIES,
    source="TA-Lib SUPERTREND (Seban)",
    needs_volume=False,
    warmup=lambda arguments: whole(arguments, "period"),
    compute=_supertrend,
)

ICHIMOKU = Indicator(
    name="ichimoku",
    title="Ichimoku cloud",
    description="Middles of the ranges of three periods, in the instrument's currency. The spans are those that stand "
    "at this bar, computed displacement bars before it. There is no lagging span: it would show a later bar's close.",
    parameters=(
        period(9, minimum=1, maximum=LONGEST_PERIOD - 2, name="conversion", description="Bars of the conversion line."),
        period(26, minimum=2, maximum=LONGEST_PERIOD - 1, name="base", description="Bars of the base line."),
        period(52, minimum=3, name="span", description="Bars of the second span."),
        period(26, minimum=1, name="displacement", description="Bars that the spans are drawn ahead."),
    ),
    outputs=(
        Output(name="conversion", description="Middle of the range of the conversion period."),
        Output(name="base", description="Middle of the range of the base period."),
        Output(name="spanA", description="Mean of conversion and base, displacement bars before."),
        Output(name="spanB", description="Middle of the range of the span period, displacement bars before."),
    ),
    anchor=Anchor.WINDOW,
    source="Hosoda 1969, from TA-Lib MAX and MIN",
    needs_volume=False,
    warmup=lambda arguments: whole(arguments, "span") - 1 + whole(arguments, "displacement"),
    compute=_ichimoku,
    increasing=("conversion", "base", "span"),
)

TREND = (ADX, AROON, PARABOLIC_SAR, SUPERTREND, ICHIMOKU)
