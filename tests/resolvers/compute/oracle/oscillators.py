"""Momentum and places in a range."""

import math
from itertools import pairwise

from tests.resolvers.compute.oracle.columns import (
    NAN,
    Column,
    Given,
    Oracle,
    exponential,
    mean,
    ratio,
    rolling,
    wilder,
)


def relative_strength(price: Column, period: int) -> Column:
    """Wilder's RSI."""
    changes = [NAN, *(after - before for before, after in pairwise(price))]
    gains = wilder([change if math.isnan(change) else max(change, 0.0) for change in changes], period)
    losses = wilder([change if math.isnan(change) else max(-change, 0.0) for change in changes], period)
    return [100 * ratio(gain, gain + loss) for gain, loss in zip(gains, losses, strict=True)]


def _macd(given: Given) -> tuple[Column, ...]:
    fast, slow, signal = given["fast"], given["slow"], given["signal"]
    # Both averages are seeded at the same bar, so that the first difference is one of like with like.
    late = [NAN] * (slow - fast) + given.close[slow - fast :]
    line = [a - b for a, b in zip(exponential(late, fast), exponential(given.close, slow), strict=False)]
    average = exponential(line, signal)
    shown = [(m, s) if not math.isnan(s) else (NAN, NAN) for m, s in zip(line, average, strict=True)]
    return [m for m, _ in shown], [s for _, s in shown], [m - s for m, s in shown]


def _roc(given: Given) -> tuple[Column, ...]:
    price, period = given.price, given["period"]
    return ([NAN if at < period else 100 * (price[at] / price[at - period] - 1) for at in range(len(price))],)


def _cci(given: Given) -> tuple[Column, ...]:
    def value(window: Column) -> float:
        middle = mean(window)
        return ratio(window[-1] - middle, 0.015 * mean([abs(price - middle) for price in window]))

    return (rolling(given.typical, given["period"], value),)


def _place(value: Column, high: Column, low: Column, period: int) -> Column:
    top, bottom = rolling(high, period, max), rolling(low, period, min)
    return [100 * ratio(v - b, t - b) for v, t, b in zip(value, top, bottom, strict=True)]


def _averaged(place: Column, given: Given) -> tuple[Column, ...]:
    k = rolling(place, given["smoothing"], mean)
    return k, rolling(k, given["signal"], mean)


def _stochastic_rsi(given: Given) -> tuple[Column, ...]:
    rsi = relative_strength(given.price, given["rsiPeriod"])
    return _averaged(_place(rsi, rsi, rsi, given["period"]), given)


def _williams(given: Given) -> tuple[Column, ...]:
    return ([value - 100 for value in _place(given.close, given.high, given.low, given["period"])],)


OSCILLATORS: dict[str, Oracle] = {
    "rsi": lambda given: (relative_strength(given.price, given["period"]),),
    "macd": _macd,
    "roc": _roc,
    "cci": _cci,
    "stochastic": lambda given: _averaged(_place(given.close, given.high, given.low, given["period"]), given),
    "stochasticRsi": _stochastic_rsi,
    "williamsR": _williams,
}
