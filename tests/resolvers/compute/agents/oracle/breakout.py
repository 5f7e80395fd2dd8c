"""Breakout agents."""

import math

from tests.resolvers.compute.agents.oracle.rules import shown
from tests.resolvers.compute.oracle.columns import NAN, Column, Given, rolling


def _is_above(given: Given, at: int, period: int) -> bool:
    return at >= period and given.close[at] > max(given.high[at - period : at])


def _is_below(given: Given, at: int, period: int) -> bool:
    return at >= period and given.close[at] < min(given.low[at - period : at])


def _reversal(given: Given) -> Column:
    votes: Column = []
    side = 0.0
    for at in range(len(given.close)):
        side = 1.0 if _is_above(given, at, 20) else -1.0 if _is_below(given, at, 20) else side
        votes.append(NAN if at < 20 else side)
    return votes


def _turtles(given: Given) -> Column:
    votes: Column = []
    side = 0.0
    for at in range(len(given.close)):
        if side > 0 and _is_below(given, at, 20):
            side = 0.0
        if side < 0 and _is_above(given, at, 20):
            side = 0.0
        side = 1.0 if _is_above(given, at, 55) else -1.0 if _is_below(given, at, 55) else side
        votes.append(NAN if at < 55 else side)
    return votes


def _gap(given: Given) -> Column:
    rows = zip(given.open, given.close, [NAN, *given.close], [NAN, *shown(given, "atr", period=14)[0]], strict=False)
    return [
        NAN
        if math.isnan(room)
        else float((opened - last > 0.5 * room and close > last) - (opened - last < -0.5 * room and close < last))
        for opened, close, last, room in rows
    ]


def _near(given: Given) -> Column:
    rows = zip(given.close, rolling(given.high, 252, max), strict=True)
    return [NAN if math.isnan(top) else float((close / top >= 0.95) - (close / top <= 0.8)) for close, top in rows]


BREAKOUT = {"donchian_20": _reversal, "donchian_55": _turtles, "opening_gap": _gap, "near_high_252": _near}
