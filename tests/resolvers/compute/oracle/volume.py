"""Volume."""

import math
from itertools import accumulate

from tests.resolvers.compute.oracle.columns import NAN, Column, Given, Oracle, ratio, rolling


def _vwap(given: Given) -> tuple[Column, ...]:
    result = []
    for at, day in enumerate(given.days):
        start = given.days.index(day)
        traded = given.volume[start : at + 1]
        spent = [price * volume for price, volume in zip(given.typical[start : at + 1], traded, strict=True)]
        result.append(ratio(math.fsum(spent), math.fsum(traded)))
    return (result,)


def _mfi(given: Given) -> tuple[Column, ...]:
    price = given.typical
    gained, lost = [NAN], [NAN]
    for at in range(1, len(price)):
        turnover = price[at] * given.volume[at]
        gained.append(turnover if price[at] > price[at - 1] else 0.0)
        lost.append(turnover if price[at] < price[at - 1] else 0.0)
    sums = zip(rolling(gained, given["period"], math.fsum), rolling(lost, given["period"], math.fsum), strict=True)
    return ([100 * ratio(up, up + down) for up, down in sums],)


def _obv(given: Given) -> tuple[Column, ...]:
    signed = [given.volume[0]] if given.volume else []
    for at in range(1, len(given.close)):
        change = given.close[at] - given.close[at - 1]
        signed.append(math.copysign(given.volume[at], change) if change else 0.0)
    return (list(accumulate(signed)),)


def _weighted_volume(given: Given) -> Column:
    bars = zip(given.high, given.low, given.close, given.volume, strict=True)
    return [
        0.0 if high == low else volume * ((close - low) - (high - close)) / (high - low)
        for high, low, close, volume in bars
    ]


def _cmf(given: Given) -> tuple[Column, ...]:
    flow = rolling(_weighted_volume(given), given["period"], math.fsum)
    traded = rolling(given.volume, given["period"], math.fsum)
    return ([ratio(a, b) for a, b in zip(flow, traded, strict=True)],)


VOLUME: dict[str, Oracle] = {
    "vwap": _vwap,
    "mfi": _mfi,
    "obv": _obv,
    "cmf": _cmf,
    "accumulationDistribution": lambda given: (list(accumulate(_weighted_volume(given))),),
}
