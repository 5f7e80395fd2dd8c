"""Volume agents."""

import math
from itertools import accumulate

from tests.resolvers.compute.agents.oracle.rules import faded, less, price_signs, shown, sign, steps
from tests.resolvers.compute.oracle.columns import NAN, Column, Given, mean, rolling


def _obv(given: Given) -> Column:
    return [sign(value) for value in rolling(shown(given, "obv")[0], 20, _rise)]


def _rise(window: Column) -> float:
    """A number with the sign of the slope; the level is taken out first, because the line may be far from zero."""
    return math.fsum((x - (len(window) - 1) / 2) * (y - window[0]) for x, y in enumerate(window))


def _average_from_first(values: Column, period: int) -> Column:
    """Exponential average whose seed is the first value."""
    return list(accumulate(values, lambda last, value: last + 2 / (period + 1) * (value - last)))


def _chaikin(given: Given) -> Column:
    (line,) = shown(given, "accumulationDistribution")
    values = less(_average_from_first(line, 3), _average_from_first(line, 10))
    return [NAN if at < 9 else sign(value) for at, value in enumerate(values)]


def _weighted(given: Given) -> Column:
    spent = [price * volume for price, volume in zip(given.close, given.volume, strict=True)]
    paid = [a / b for a, b in zip(rolling(spent, 20, math.fsum), rolling(given.volume, 20, math.fsum), strict=True)]
    return price_signs(given, less(paid, rolling(given.close, 20, mean)))


def _spike(given: Given) -> Column:
    rows = zip(given.volume, [NAN, *rolling(given.volume, 20, mean)], steps(given.close), strict=False)
    return [NAN if math.isnan(usual) else sign(move) if volume > 2 * usual else 0.0 for volume, usual, move in rows]


VOLUME = {
    "obv_slope": _obv,
    "cmf": lambda given: [sign(value, 0.05) for value in shown(given, "cmf", period=20)[0]],
    "mfi": lambda given: faded(shown(given, "mfi", period=14)[0], 20, 80),
    "chaikin_oscillator": _chaikin,
    "vwma_sma": _weighted,
    "volume_spike": _spike,
}
