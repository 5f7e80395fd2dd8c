"""The arguments that every test of the whole catalog tries: defaults, and others that matter."""

from collections.abc import Mapping

import pytest

from resolvers.compute.catalog import CATALOG

Given = Mapping[str, object]

_AVERAGE: tuple[Given, ...] = ({"period": 2, "of": "TYPICAL"}, {"period": 37, "of": "MEDIAN"})

VARIATIONS: Mapping[str, tuple[Given, ...]] = {
    **dict.fromkeys(("sma", "ema", "wma", "dema", "tema", "kama", "hma"), _AVERAGE),
    "rsi": ({"period": 2}, {"period": 25, "of": "OPEN"}),
    "macd": ({"fast": 5, "slow": 35, "signal": 5}, {"fast": 2, "slow": 3, "signal": 1}),
    "roc": ({"period": 1}, {"period": 30, "of": "HIGH"}),
    "cci": ({"period": 2}, {"period": 40}),
    "stochastic": ({"period": 5, "smoothing": 1, "signal": 1}, {"period": 21, "smoothing": 5, "signal": 8}),
    "stochasticRsi": ({"rsiPeriod": 7, "period": 21, "smoothing": 1}, {"rsiPeriod": 20, "of": "LOW"}),
    "williamsR": ({"period": 1}, {"period": 30}),
    "bollinger": ({"period": 2, "deviations": 0.5}, {"period": 50, "deviations": 3}),
    "keltner": ({"period": 50, "atrPeriod": 5, "multiplier": 1}, {"period": 1, "atrPeriod": 1}),
    "donchian": ({"period": 1}, {"period": 55}),
    "adx": ({"period": 2}, {"period": 20}),
    "aroon": ({"period": 2}, {"period": 14}),
    "parabolicSar": ({"acceleration": 0.05, "maximum": 0.1}, {"acceleration": 0.3, "maximum": 0.9}),
    "supertrend": ({"period": 2, "multiplier": 0.5}, {"period": 21, "multiplier": 1.5}),
    "ichimoku": ({"conversion": 1, "base": 2, "span": 3, "displacement": 1}, {"base": 30, "span": 60}),
    "atr": ({"period": 1}, {"period": 30}),
    "standardDeviation": ({"period": 2}, {"period": 63, "of": "TYPICAL"}),
    "zScore": ({"period": 2}, {"period": 63, "of": "MEDIAN"}),
    "realizedVolatility": ({"period": 2, "periodsPerYear": 1}, {"period": 63, "periodsPerYear": 365}),
    "linearRegressionSlope": ({"period": 2}, {"period": 50, "of": "TYPICAL"}),
    "mfi": ({"period": 1}, {"period": 30}),
    "cmf": ({"period": 1}, {"period": 30}),
}

EXAMPLES = [
    pytest.param(indicator, given, id=" ".join([indicator.name, *(f"{name}={value}" for name, value in given.items())]))
    for indicator in CATALOG.values()
    for given in ({}, *VARIATIONS.get(indicator.name, ()))
]
"""``(indicator, given)`` for ``pytest.mark.parametrize``."""

DEFAULTS = [pytest.param(indicator, id=indicator.name) for indicator in CATALOG.values()]
"""``indicator`` for ``pytest.mark.parametrize``."""
