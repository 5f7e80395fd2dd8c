"""What TA-Lib has under the same name, the gateway answers with the same numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import talib

from resolvers.compute.catalog import CATALOG, checked_arguments, computed
from resolvers.compute.prices import price_of
from resolvers.model.bars import Bars, Series
from resolvers.model.price_field import PriceField
from tests.resolvers.compute.examples import VARIATIONS
from tests.resolvers.compute.simulated import days_of, simulated_bars

Columns = Series | tuple[Any, ...]
SIMPLE: Any = 0  # TA-Lib's number for the simple average


def _price(bars: Bars, arguments: Any) -> Series:
    return price_of(bars, PriceField(arguments["of"]))


def _of_price(function: Callable[[Series, int], Series]) -> Callable[[Bars, Any], Columns]:
    return lambda bars, arguments: function(_price(bars, arguments), arguments["period"])


def _hlc(bars: Bars) -> tuple[Series, Series, Series]:
    return bars.high, bars.low, bars.close


def _aroon(bars: Bars, arguments: Any) -> Columns:
    down, up = talib.AROON(bars.high, bars.low, arguments["period"])
    return up, down, talib.AROONOSC(bars.high, bars.low, arguments["period"])


def _stochastic(bars: Bars, arguments: Any) -> Columns:
    return talib.STOCH(*_hlc(bars), arguments["period"], arguments["smoothing"], SIMPLE, arguments["signal"], SIMPLE)


def _stochastic_rsi(bars: Bars, arguments: Any) -> Columns:
    return talib.STOCHRSI(
        _price(bars, arguments), arguments["rsiPeriod"], arguments["period"], arguments["signal"], SIMPLE
    )


def _adx(bars: Bars, arguments: Any) -> Columns:
    return tuple(function(*_hlc(bars), arguments["period"]) for function in (talib.ADX, talib.PLUS_DI, talib.MINUS_DI))


def _supertrend(bars: Bars, arguments: Any) -> Columns:
    value, direction = talib.SUPERTREND(*_hlc(bars), arguments["period"], arguments["multiplier"])
    # An integer column has no other way to say that there is none yet than 0.
    return value, np.where(direction == 0, np.nan, direction)


TALIB: dict[str, Callable[[Bars, Any], Columns]] = {
    **{
        name: _of_price(function)
        for name, function in {
            "sma": talib.SMA,
            "ema": talib.EMA,
            "wma": talib.WMA,
            "dema": talib.DEMA,
            "tema": talib.TEMA,
            "kama": talib.KAMA,
            "hma": talib.HMA,
            "rsi": talib.RSI,
            "roc": talib.ROC,
            "standardDeviation": talib.STDDEV,
            "linearRegressionSlope": talib.LINEARREG_SLOPE,
        }.items()
    },
    "macd": lambda bars, arguments: talib.MACD(bars.close, arguments["fast"], arguments["slow"], arguments["signal"]),
    "bollinger": lambda bars, arguments: talib.BBANDS(
        bars.close, arguments["period"], arguments["deviations"], arguments["deviations"], SIMPLE
    ),
    "donchian": lambda bars, arguments: talib.DONCHIAN(bars.high, bars.low, arguments["period"]),
    "stochastic": _stochastic,
    "stochasticRsi": _stochastic_rsi,
    "williamsR": lambda bars, arguments: talib.WILLR(*_hlc(bars), arguments["period"]),
    "cci": lambda bars, arguments: talib.CCI(*_hlc(bars), arguments["period"]),
    "atr": lambda bars, arguments: talib.ATR(*_hlc(bars), arguments["period"]),
    "adx": _adx,
    "aroon": _aroon,
    "parabolicSar": lambda bars, arguments: talib.SAR(
        bars.high, bars.low, arguments["acceleration"], arguments["maximum"]
    ),
    "supertrend": _supertrend,
    "mfi": lambda bars, arguments: talib.MFI(*_hlc(bars), bars.volume, arguments["period"]),
    "cmf": lambda bars, arguments: talib.CMF(*_hlc(bars), bars.volume, arguments["period"]),
    "obv": lambda bars, _: talib.OBV(bars.close, bars.volume),
    "accumulationDistribution": lambda bars, _: talib.AD(*_hlc(bars), bars.volume),
}

# Of these TA-Lib wants at least 2.
_NOT_IN_TALIB = {
    ("donchian", "period", 1),
    ("williamsR", "period", 1),
    ("mfi", "period", 1),
    ("cmf", "period", 1),
}

CASES = [
    pytest.param(name, {"smoothing": 1, **given} if name == "stochasticRsi" else given, id=f"{name} {given}")
    for name in TALIB
    for given in ({}, *VARIATIONS.get(name, ()))
    if not any((name, argument, value) in _NOT_IN_TALIB for argument, value in given.items())
]


@pytest.mark.parametrize(("name", "given"), CASES)
def test_equals_talib(name: str, given: dict[str, object]) -> None:
    """To 1e-9; what is the gateway's own, such as percentB, comes after TA-Lib's columns and is left out."""
    bars = simulated_bars(1000)
    indicator = CATALOG[name]
    arguments = checked_arguments(indicator, given)
    direct = TALIB[name](bars, arguments)
    columns = direct if isinstance(direct, tuple) else (direct,)
    found = computed(indicator, bars, days_of(bars), arguments)
    for column, expected in zip(found, columns, strict=False):
        given_by_talib = ~np.isnan(expected)
        column, expected = column[given_by_talib], expected[given_by_talib]
        # The gateway's differences of prices are the more exact ones near zero, hence a floor for the rest.
        np.testing.assert_allclose(column, expected, rtol=1e-9, atol=1e-11 * np.abs(expected).max())


@pytest.mark.parametrize("name", sorted({*TALIB} - {"stochastic", "stochasticRsi"}))
def test_starts_at_the_bar_at_which_talib_starts(name: str) -> None:
    """No value is withheld; of the two left out k is there before d."""
    bars = simulated_bars(1000)
    arguments = checked_arguments(CATALOG[name], {})
    direct = TALIB[name](bars, arguments)
    columns = direct if isinstance(direct, tuple) else (direct,)
    found = computed(CATALOG[name], bars, days_of(bars), arguments)
    for column, expected in zip(found, columns, strict=False):
        np.testing.assert_array_equal(np.isnan(column), np.isnan(expected))
