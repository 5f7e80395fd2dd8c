"""Bands, and the spreads of prices that they are made of."""

import math
from itertools import pairwise

from tests.resolvers.compute.oracle.columns import (
    NAN,
    Column,
    Given,
    Oracle,
    deviation,
    exponential,
    mean,
    ratio,
    rolling,
    true_ranges,
    wilder,
)


def _bollinger(given: Given) -> tuple[Column, ...]:
    middle = rolling(given.close, given["period"], mean)
    spread = rolling(given.close, given["period"], deviation)
    upper = [m + given["deviations"] * s for m, s in zip(middle, spread, strict=True)]
    lower = [m - given["deviations"] * s for m, s in zip(middle, spread, strict=True)]
    bands = list(zip(upper, middle, lower, given.close, strict=True))
    return (
        upper,
        middle,
        lower,
        [ratio(c - low, up - low) for up, _, low, c in bands],
        [(up - low) / m for up, m, low, _ in bands],
    )


def _keltner(given: Given) -> tuple[Column, ...]:
    middle = exponential(given.close, given["period"])
    reach = [given["multiplier"] * value for value in wilder(true_ranges(given), given["atrPeriod"])]
    pairs = list(zip(middle, reach, strict=True))
    return [m + r for m, r in pairs], [NAN if math.isnan(r) else m for m, r in pairs], [m - r for m, r in pairs]


def _donchian(given: Given) -> tuple[Column, ...]:
    upper, lower = rolling(given.high, given["period"], max), rolling(given.low, given["period"], min)
    return upper, [(a + b) / 2 for a, b in zip(upper, lower, strict=True)], lower


def _z_score(given: Given) -> tuple[Column, ...]:
    return (rolling(given.price, given["period"], lambda window: ratio(window[-1] - mean(window), deviation(window))),)


def _realized_volatility(given: Given) -> tuple[Column, ...]:
    returns = [NAN, *(math.log(after / before) for before, after in pairwise(given.close))]
    year = math.sqrt(given["periodsPerYear"])
    return (rolling(returns, given["period"], lambda window: deviation(window, sample=True) * year),)


def _slope(given: Given) -> tuple[Column, ...]:
    middle = (given["period"] - 1) / 2
    below = math.fsum((x - middle) ** 2 for x in range(given["period"]))

    def through(window: Column) -> float:
        level = mean(window)
        return math.fsum((x - middle) * (y - level) for x, y in enumerate(window)) / below

    return (rolling(given.price, given["period"], through),)


BANDS: dict[str, Oracle] = {
    "bollinger": _bollinger,
    "keltner": _keltner,
    "donchian": _donchian,
    "atr": lambda given: (wilder(true_ranges(given), given["period"]),),
    "standardDeviation": lambda given: (rolling(given.price, given["period"], deviation),),
    "zScore": _z_score,
    "realizedVolatility": _realized_volatility,
    "linearRegressionSlope": _slope,
}
