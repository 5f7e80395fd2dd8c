"""Moving averages of one price."""

from collections.abc import Callable

import talib

from resolvers.compute.arguments import OF, period, price_field, whole
from resolvers.compute.indicator import Anchor, Arguments, Indicator, Output
from resolvers.compute.prices import price_of
from resolvers.compute.settling import exponential_bars
from resolvers.model.bars import Bars, IntArray, Series


def _average(
    function: Callable[[Series, int], Series],
) -> Callable[[Bars, IntArray, Arguments], tuple[Series, ...]]:
    def compute(bars: Bars, _: IntArray, arguments: Arguments) -> tuple[Series, ...]:
        return (function(price_of(bars, price_field(arguments)), whole(arguments, "period")),)

    return compute


def _hull_bars(arguments: Arguments) -> int:
    length = whole(arguments, "period")
    return length - 1 + int(length**0.5) - 1


_OUTPUT = (Output(name="value", description="The average, in the instrument's currency."),)

SMA = Indicator(
    name="sma",
    title="Simple moving average",
    description="Mean price of the last bars, in the instrument's currency.",
    parameters=(period(20, minimum=1), OF),
    outputs=_OUTPUT,
    anchor=Anchor.WINDOW,
    source="TA-Lib SMA",
    needs_volume=False,
    warmup=lambda arguments: whole(arguments, "period") - 1,
    compute=_average(talib.SMA),
)

EMA = Indicator(
    name="ema",
    title="Exponential moving average",
    description="Mean price with weights that fall by 2 / (period + 1) a bar, in the instrument's currency.",
    parameters=(period(20, minimum=1), OF),
    outputs=_OUTPUT,
    anchor=Anchor.WINDOW,
    source="TA-Lib EMA, seeded with the simple average",
    needs_volume=False,
    warmup=lambda arguments: exponential_bars(whole(arguments, "period")),
    compute=_average(talib.EMA),
)

WMA = Indicator(
    name="wma",
    title="Weighted moving average",
    description="Mean price with weights that fall in equal steps to zero, in the instrument's currency.",
    parameters=(period(20, minimum=1), OF),
    outputs=_OUTPUT,
    anchor=Anchor.WINDOW,
    source="TA-Lib WMA",
    needs_volume=False,
    warmup=lambda arguments: whole(arguments, "period") - 1,
    compute=_average(talib.WMA),
)

DEMA = Indicator(
    name="dema",
    title="Double exponential moving average",
    description="Twice the exponential average less its own exponential average, in the instrument's currency.",
    parameters=(period(20, minimum=1), OF),
    outputs=_OUTPUT,
    anchor=Anchor.WINDOW,
    source="TA-Lib DEMA (Mulloy 1994)",
    needs_volume=False,
    warmup=lambda arguments: exponential_bars(whole(arguments, "period"), stages=2),
    compute=_average(talib.DEMA),
)

TEMA = Indicator(
    name="tema",
    title="Triple exponential moving average",
    description="Three exponential passes combined so that most of their lag cancels, in the instrument's currency.",
    parameters=(period(20, minimum=1), OF),
    outputs=_OUTPUT,
    anchor=Anchor.WINDOW,
    source="TA-Lib TEMA (Mulloy 1994)",
    needs_volume=False,
    warmup=lambda arguments: exponential_bars(whole(arguments, "period"), stages=3),
    compute=_average(talib.TEMA),
)

KAMA = Indicator(
    name="kama",
    title="Kaufman adaptive moving average",
    description="Exponential average whose speed follows how straight the price moved, between those of 2 and of 30 "
    "bars. In the instrument's currency; it depends on every bar since the start of the series.",
    parameters=(period(10, minimum=2), OF),
    outputs=_OUTPUT,
    anchor=Anchor.SERIES,
    source="TA-Lib KAMA (Kaufman 1995)",
    needs_volume=False,
    warmup=lambda arguments: whole(arguments, "period"),
    compute=_average(talib.KAMA),
)

HMA = Indicator(
    name="hma",
    title="Hull moving average",
    description="Weighted average over the root of the period, of twice the half-period weighted average less the "
    "whole one. In the instrument's currency.",
    parameters=(period(20, minimum=2), OF),
    outputs=_OUTPUT,
    anchor=Anchor.WINDOW,
    source="TA-Lib HMA (Hull 2005)",
    needs_volume=False,
    warmup=_hull_bars,
    compute=_average(talib.HMA),
)

MOVING_AVERAGES = (SMA, EMA, WMA, DEMA, TEMA, KAMA, HMA)
