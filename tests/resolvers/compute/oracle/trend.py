"""Trend, stops and the cloud."""

import math

from tests.resolvers.compute.oracle.columns import NAN, Column, Given, Oracle, ratio, rolling, true_ranges, wilder


def movement(given: Given) -> tuple[Column, Column]:
    """Directional movement up and down of each bar but the first: only the larger counts, and only outwards."""
    plus, minus = [NAN], [NAN]
    for at in range(1, len(given.high)):
        up, down = given.high[at] - given.high[at - 1], given.low[at - 1] - given.low[at]
        plus.append(up if up > down and up > 0 else 0.0)
        minus.append(down if down > up and down > 0 else 0.0)
    return plus, minus


def _accumulated(values: Column, period: int) -> Column:
    """Wilder's running sum from the sum of period - 1 values on; NaN until the period is full."""
    total, result = math.fsum(values[1:period]), [NAN] * min(period, len(values))
    for value in values[period:]:
        total += value - total / period
        result.append(total)
    return result


def _adx(given: Given) -> tuple[Column, ...]:
    plus, minus = (_accumulated(values, given["period"]) for values in movement(given))
    span = _accumulated(true_ranges(given), given["period"])
    plus = [100 * ratio(up, all_) for up, all_ in zip(plus, span, strict=True)]
    minus = [100 * ratio(down, all_) for down, all_ in zip(minus, span, strict=True)]
    share = [100 * ratio(abs(up - down), up + down) for up, down in zip(plus, minus, strict=True)]
    return wilder(share, given["period"]), plus, minus


def _aroon(given: Given) -> tuple[Column, ...]:
    period: int = given["period"]

    def recency(values: Column, best: float) -> float:
        age = values[::-1].index(best)
        return 100 * (period - age) / period

    up = rolling(given.high, period + 1, lambda window: recency(window, max(window)))
    down = rolling(given.low, period + 1, lambda window: recency(window, min(window)))
    return up, down, [a - b for a, b in zip(up, down, strict=True)]


def _parabolic_sar(given: Given) -> tuple[Column, ...]:
    step, most = given["acceleration"], given["maximum"]
    if len(given.high) < 2:
        return ([NAN] * len(given.high),)
    # A falling trend is a rising one of the negated prices, so one set of rules does for both.
    rising = movement(given)[1][1] == 0
    result = [NAN]
    sign = 1 if rising else -1
    near, far = _sides(given, sign)
    stop, extreme, speed = near[0], far[1], step
    for at in range(1, len(given.high)):
        near, far = _sides(given, sign)
        before = max(at - 1, 1)
        if near[at] <= stop:
            sign = -sign
            near, far = _sides(given, sign)
            stop = min(-extreme, near[before], near[at])
            result.append(sign * stop)
            extreme, speed = far[at], step
        else:
            result.append(sign * stop)
            if far[at] > extreme:
                extreme, speed = far[at], min(speed + step, most)
        stop = min(stop + speed * (extreme - stop), near[before], near[at])
    return (result,)


def _sides(given: Given, sign: int) -> tuple[Column, Column]:
    """The side of each bar that the stop is on and the one that the trend goes to, upward after *sign*."""
    if sign > 0:
        return given.low, given.high
    return [-value for value in given.high], [-value for value in given.low]


def _supertrend(given: Given) -> tuple[Column, ...]:
    value, direction = Column(), Column()
    upper, lower, side = math.inf, -math.inf, 1
    before = NAN
    widths = wilder(true_ranges(given), given["period"])
    for high, low, close, width in zip(given.high, given.low, given.close, widths, strict=True):
        if math.isnan(width):
            value.append(NAN)
            direction.append(NAN)
            before = close
            continue
        above = (high + low) / 2 + given["multiplier"] * width
        below = (high + low) / 2 - given["multiplier"] * width
        upper = above if above < upper or before > upper else upper
        lower = below if below > lower or before < lower else lower
        if side > 0 and close < lower:
            side = -1
        elif side < 0 and close > upper:
            side = 1
        value.append(lower if side > 0 else upper)
        direction.append(side)
        before = close
    return value, direction


def _ichimoku(given: Given) -> tuple[Column, ...]:
    def middle(period: int) -> Column:
        top, bottom = rolling(given.high, period, max), rolling(given.low, period, min)
        return [(a + b) / 2 for a, b in zip(top, bottom, strict=True)]

    def later(values: Column) -> Column:
        return ([NAN] * given["displacement"] + values)[: len(values)]

    conversion, base = middle(given["conversion"]), middle(given["base"])
    span = [(a + b) / 2 for a, b in zip(conversion, base, strict=True)]
    return conversion, base, later(span), later(middle(given["span"]))


TREND: dict[str, Oracle] = {
    "adx": _adx,
    "aroon": _aroon,
    "parabolicSar": _parabolic_sar,
    "supertrend": _supertrend,
    "ichimoku": _ichimoku,
}
