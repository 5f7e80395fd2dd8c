"""Volatility agents."""

import math

from tests.resolvers.compute.agents.oracle.rules import price_signs, shown, sign, steps
from tests.resolvers.compute.oracle.columns import NAN, Column, Given, deviation, mean, rolling, true_ranges


def _squeeze(given: Given) -> Column:
    spread, width = rolling(given.close, 20, deviation), rolling(true_ranges(given), 20, mean)
    inside = [2 * a < 1.5 * b for a, b in zip(spread, width, strict=True)]
    (channel, average) = shown(given, "donchian", period=20)[1], rolling(given.close, 20, mean)
    away = [close - (a + b) / 2 for close, a, b in zip(given.close, channel, average, strict=True)]

    def end_of_line(window: Column) -> float:
        slope = math.fsum((x - 9.5) * y for x, y in enumerate(window)) / math.fsum((x - 9.5) ** 2 for x in range(20))
        return mean(window) + 9.5 * slope

    momentum = price_signs(given, rolling(away, 20, end_of_line))
    return [
        value if math.isnan(value) or (not inside[at] and any(inside[max(at - 8, 0) : at])) else 0.0
        for at, value in enumerate(momentum)
    ]


def _chandelier(given: Given) -> Column:
    (width,) = shown(given, "atr", period=22)
    votes: Column = []
    side, since = 0.0, 0
    for at, close in enumerate(given.close):
        if math.isnan(width[at]):
            votes.append(NAN)
            continue
        past = [one for one in range(since, at) if not math.isnan(width[one])]
        support = max((given.high[one] - 3 * width[one] for one in past), default=-math.inf)
        resistance = min((given.low[one] + 3 * width[one] for one in past), default=math.inf)
        if side >= 0 and close < support:
            side, since = -1.0, at
        elif side <= 0 and close > resistance:
            side, since = 1.0, at
        votes.append(side)
    return votes


def _ratio(given: Given) -> Column:
    (width,) = shown(given, "atr", period=14)
    rows = zip(true_ranges(given), [NAN, *width], steps(given.close), strict=False)
    return [NAN if math.isnan(usual) else sign(move) if span > 2 * usual else 0.0 for span, usual, move in rows]


VOLATILITY = {
    "squeeze": _squeeze,
    "chandelier": _chandelier,
    "volatility_ratio": _ratio,
    "supertrend": lambda given: shown(given, "supertrend", period=10, multiplier=3)[1],
}
