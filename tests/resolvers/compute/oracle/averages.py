"""Moving averages."""

import math

from tests.resolvers.compute.oracle.columns import NAN, Column, Given, Oracle, exponential, mean, rolling


def weighted(values: Column, period: int) -> Column:
    """The newest value counts *period* times, the oldest once."""
    weights = range(1, period + 1)
    return rolling(
        values,
        period,
        lambda window: math.fsum(w * v for w, v in zip(weights, window, strict=True)) / sum(weights),
    )


def _dema(given: Given) -> tuple[Column, ...]:
    once = exponential(given.price, given["period"])
    twice = exponential(once, given["period"])
    return ([2 * a - b for a, b in zip(once, twice, strict=True)],)


def _tema(given: Given) -> tuple[Column, ...]:
    once = exponential(given.price, given["period"])
    twice = exponential(once, given["period"])
    thrice = exponential(twice, given["period"])
    return ([3 * a - 3 * b + c for a, b, c in zip(once, twice, thrice, strict=True)],)


def _kama(given: Given) -> tuple[Column, ...]:
    price, period = given.price, given["period"]
    result = [NAN] * min(period, len(price))
    last = price[period - 1] if len(price) >= period else NAN
    for at in range(period, len(price)):
        way = math.fsum(abs(price[i] - price[i - 1]) for i in range(at - period + 1, at + 1))
        efficiency = abs(price[at] - price[at - period]) / way if way else 1.0
        fast, slow = 2 / 3, 2 / 31
        last += (efficiency * (fast - slow) + slow) ** 2 * (price[at] - last)
        result.append(last)
    return (result,)


def _hma(given: Given) -> tuple[Column, ...]:
    price, period = given.price, given["period"]
    halves = zip(weighted(price, period // 2), weighted(price, period), strict=True)
    return (weighted([2 * half - all_ for half, all_ in halves], math.isqrt(period)),)


AVERAGES: dict[str, Oracle] = {
    "sma": lambda given: (rolling(given.price, given["period"], mean),),
    "ema": lambda given: (exponential(given.price, given["period"]),),
    "wma": lambda given: (weighted(given.price, given["period"]),),
    "dema": _dema,
    "tema": _tema,
    "kama": _kama,
    "hma": _hma,
}
