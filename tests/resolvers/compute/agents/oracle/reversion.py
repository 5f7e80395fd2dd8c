"""Mean reversion agents."""

import math

from tests.resolvers.compute.agents.oracle.rules import faded, shown
from tests.resolvers.compute.oracle.columns import NAN, Column, Given, ratio, rolling, true_ranges


def _pullback(given: Given) -> Column:
    (rsi,), (line,) = shown(given, "rsi", period=2), shown(given, "sma", period=200)
    return [
        NAN if math.isnan(average) else float((short < 10 and close > average) - (short > 90 and close < average))
        for short, average, close in zip(rsi, line, given.close, strict=True)
    ]


def _stochastic(given: Given) -> Column:
    k, d = shown(given, "stochastic", period=14, smoothing=3, signal=3)
    return [
        NAN if math.isnan(slow) else float((slow < 20 and quick > slow) - (slow > 80 and quick < slow))
        for quick, slow in zip(k, d, strict=True)
    ]


def _ultimate(given: Given) -> Column:
    pressure = [NAN] + [
        close - min(low, before)
        for close, low, before in zip(given.close[1:], given.low[1:], given.close, strict=False)
    ]
    span = true_ranges(given)
    parts = [
        [
            ratio(a, b)
            for a, b in zip(rolling(pressure, period, math.fsum), rolling(span, period, math.fsum), strict=True)
        ]
        for period in (7, 14, 28)
    ]
    return faded([100 * (4 * a + 2 * b + c) / 7 for a, b, c in zip(*parts, strict=True)], 30, 70)


REVERSION = {
    "rsi_30_70": lambda given: faded(shown(given, "rsi", period=14)[0], 30, 70),
    "rsi_2": _pullback,
    "stochastic": _stochastic,
    "stochastic_rsi": lambda given: faded(
        shown(given, "stochasticRsi", rsiPeriod=14, period=14, smoothing=3, signal=1)[0], 20, 80
    ),
    "williams_r": lambda given: faded(shown(given, "williamsR", period=14)[0], -80, -20),
    "cci": lambda given: faded(shown(given, "cci", period=20)[0], -100, 100),
    "percent_b": lambda given: faded(shown(given, "bollinger", period=20, deviations=2)[3], 0, 1),
    "z_score_60": lambda given: faded(shown(given, "zScore", period=60)[0], -2, 2),
    "ultimate_oscillator": _ultimate,
}
