"""Where a value lies between the highest and the lowest of its window."""

import numpy as np

from resolvers.compute.arguments import OF, period, price_field, whole
from resolvers.compute.indicator import Anchor, Arguments, Indicator, Output
from resolvers.compute.momentum import relative_strength
from resolvers.compute.prices import price_of
from resolvers.compute.settling import wilder_bars
from resolvers.compute.windows import highest, lowest, window_means
from resolvers.model.bars import Bars, IntArray, Series

RSI_TIE = 1e-10
"""An unchanged price leaves the RSI as it was, but for its last bits; ties within this are ties."""


def place(value: Series, high: Series, low: Series, tie: float = 0.0) -> Series:
    """Where *value* lies from *low*, 0, to *high*, 100; NaN where they are equal, because 0 / 0 is no place."""
    above, span = value - low, high - low
    if tie:
        above[above <= tie] = 0.0
        span[span <= tie] = 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        return 100 * above / span


def _smoothed(place: Series, arguments: Arguments) -> tuple[Series, Series]:
    k = window_means(place, whole(arguments, "smoothing"))
    return k, window_means(k, whole(arguments, "signal"))


def _stochastic(bars: Bars, _: IntArray, arguments: Arguments) -> tuple[Series, ...]:
    length = whole(arguments, "period")
    return _smoothed(place(bars.close, highest(bars.high, length), lowest(bars.low, length)), arguments)


def _stochastic_rsi(bars: Bars, _: IntArray, arguments: Arguments) -> tuple[Series, ...]:
    rsi = relative_strength(price_of(bars, price_field(arguments)), whole(arguments, "rsiPeriod"))
    length = whole(arguments, "period")
    return _smoothed(place(rsi, highest(rsi, length), lowest(rsi, length), RSI_TIE), arguments)


def _williams(bars: Bars, _: IntArray, arguments: Arguments) -> tuple[Series, ...]:
    length = whole(arguments, "period")
    return (-place(bars.close, lowest(bars.low, length), highest(bars.high, length)),)


def _window_bars(arguments: Arguments) -> int:
    return sum(whole(arguments, name) - 1 for name in ("period", "smoothing", "signal"))


_SMOOTHING = period(3, minimum=1, name="smoothing", description="Bars in the simple average that gives k; 1 for none.")
_SIGNAL = period(3, minimum=1, name="signal", description="Bars in the simple average that gives d.")
_OUTPUTS = (
    Output(name="k", description="The place in the range, averaged; 0 at its low, 100 at its high."),
    Output(name="d", description="Simple average of k."),
)

STOCHASTIC = Indicator(
    name="stochastic",
    title="Stochastic oscillator",
    description="Where the close lies in the range of the last bars, 0 to 100. Null where that range is a single "
    "price.",
    parameters=(period(14, minimum=1), _SMOOTHING, _SIGNAL),
    outputs=_OUTPUTS,
    anchor=Anchor.WINDOW,
    source="Lane 1984; the values of TA-Lib STOCH",
    needs_volume=False,
    warmup=_window_bars,
    compute=_stochastic,
)

STOCHASTIC_RSI = Indicator(
    name="stochasticRsi",
    title="Stochastic RSI",
    description="Where the relative strength index lies in its own range of the last bars, 0 to 100. Null where that "
    "range is a single value.",
    parameters=(
        period(14, minimum=2, name="rsiPeriod", description="Bars in the relative strength index."),
        period(14, minimum=2, description="Bars in the range of the relative strength index."),
        _SMOOTHING,
        _SIGNAL,
        OF,
    ),
    outputs=_OUTPUTS,
    anchor=Anchor.WINDOW,
    source="Chande and Kroll 1994; with smoothing 1 the values of TA-Lib STOCHRSI",
    needs_volume=False,
    # A place near the bottom of a narrow range shows a difference of two RSIs, so they must have settled further.
    warmup=lambda arguments: wilder_bars(whole(arguments, "rsiPeriod"), stages=2) + _window_bars(arguments),
    compute=_stochastic_rsi,
)

WILLIAMS_R = Indicator(
    name="williamsR",
    title="Williams %R",
    description="Where the close lies in the range of the last bars, -100 at its low, 0 at its high. Null where that "
    "range is a single price.",
    parameters=(period(14, minimum=1),),
    outputs=(Output(name="value", description="-100 at the low of the range, 0 at its high."),),
    anchor=Anchor.WINDOW,
    source="Williams 1979; the values of TA-Lib WILLR",
    needs_volume=False,
    warmup=lambda arguments: whole(arguments, "period") - 1,
    compute=_williams,
)

STOCHASTICS = (STOCHASTIC, STOCHASTIC_RSI, WILLIAMS_R)
