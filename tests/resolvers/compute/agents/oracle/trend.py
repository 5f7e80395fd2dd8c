"""Trend agents."""

import math
from itertools import pairwise

from tests.resolvers.compute.agents.oracle.rules import less, price_signs, shown, sign, steps
from tests.resolvers.compute.oracle.columns import NAN, Column, Given, deviation, rolling


def _cross(given: Given, kind: str, fast: int, slow: int) -> Column:
    (quick,), (late,) = shown(given, kind, period=fast), shown(given, kind, period=slow)
    return price_signs(given, less(quick, late))


def _ribbon(given: Given) -> Column:
    lines = [shown(given, "ema", period=period)[0] for period in (8, 13, 21, 34, 55)]
    votes = []
    for values in zip(*lines, strict=True):
        if any(map(math.isnan, values)):
            votes.append(NAN)
        elif list(values) == sorted(values, reverse=True):
            votes.append(1.0)
        else:
            votes.append(-1.0 if list(values) == sorted(values) else 0.0)
    return votes


def _kama(given: Given) -> Column:
    moves = steps(shown(given, "kama", period=10)[0])
    spread = rolling(moves, 20, deviation)
    large = [
        NAN if math.isnan(width) else move if abs(move) > 0.1 * width else 0.0
        for move, width in zip(moves, spread, strict=True)
    ]
    return price_signs(given, large)


def _adx(given: Given) -> Column:
    rows = zip(*shown(given, "adx", period=14), strict=True)
    return [NAN if math.isnan(adx) else sign(plus - minus) if adx > 25 else 0.0 for adx, plus, minus in rows]


def _aroon(given: Given) -> Column:
    up, down, _ = shown(given, "aroon", period=25)
    return [
        NAN if math.isnan(u) else float((u > 70 and d < 30) - (d > 70 and u < 30))
        for u, d in zip(up, down, strict=True)
    ]


def _regression(given: Given) -> Column:
    def vote(window: Column) -> float:
        level, middle = math.fsum(window) / 20, 9.5
        shared = math.fsum((x - middle) * (y - level) for x, y in enumerate(window))
        spread = math.fsum((y - level) ** 2 for y in window)
        across = math.fsum((x - middle) ** 2 for x in range(20))
        return sign(shared) if spread and shared**2 / (across * spread) > 0.2 else 0.0

    return rolling(given.close, 20, vote)


def _vortex(given: Given) -> Column:
    bars = list(zip(given.high, given.low, strict=True))
    moves = [NAN] + [
        abs(high - low_before) - abs(low - high_before) for (high_before, low_before), (high, low) in pairwise(bars)
    ]
    return price_signs(given, rolling(moves, 14, math.fsum))


def _ichimoku(given: Given) -> Column:
    rows = zip(*shown(given, "ichimoku", conversion=9, base=26, span=52, displacement=26), given.close, strict=True)
    return [
        NAN
        if math.isnan(a) or math.isnan(b)
        else float((close > max(a, b) and quick > slow) - (close < min(a, b) and quick < slow))
        for quick, slow, a, b, close in rows
    ]


TREND = {
    "sma_10_30": lambda given: _cross(given, "sma", 10, 30),
    "sma_20_50": lambda given: _cross(given, "sma", 20, 50),
    "sma_50_200": lambda given: _cross(given, "sma", 50, 200),
    "ema_9_21": lambda given: _cross(given, "ema", 9, 21),
    "ema_ribbon": _ribbon,
    "price_ema_50": lambda given: price_signs(given, less(given.close, shown(given, "ema", period=50)[0])),
    "hma_slope": lambda given: price_signs(given, steps(shown(given, "hma", period=20)[0])),
    "kama_slope": _kama,
    "adx_di": _adx,
    "parabolic_sar": lambda given: price_signs(
        given, less(given.close, shown(given, "parabolicSar", acceleration=0.02, maximum=0.2)[0])
    ),
    "aroon": _aroon,
    "regression_slope": _regression,
    "vortex": _vortex,
    "ichimoku": _ichimoku,
}
