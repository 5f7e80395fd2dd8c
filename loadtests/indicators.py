"""
Microseconds for each indicator on a year of hours: ``python -m loadtests.indicators``.

The ratio is against TA-Lib's bare function of the same name in the same run, where it has one.
"""

import timeit
from collections.abc import Callable
from typing import Any

import numpy as np
import talib

from resolvers.compute.catalog import CATALOG, checked_arguments, computed
from resolvers.model.bars import Bars

BARS = 8_760
BUDGET_US = {"rsi": 100.0}
BUDGET_OF_ANY_US = 300.0


def bars_of_a_year() -> Bars:
    """Hourly bars of a random walk, the same in every run."""
    random = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.01, BARS)))
    opened = close * np.exp(random.normal(0, 0.004, BARS))
    return Bars(
        time=1_704_067_200 + 3600 * np.arange(BARS),
        open=opened,
        high=np.maximum(opened, close) * 1.004,
        low=np.minimum(opened, close) * 0.996,
        close=close,
        volume=random.integers(1, 100_000, BARS).astype(float),
    )


def bare(bars: Bars) -> dict[str, Callable[[], Any]]:
    """TA-Lib's own functions with the catalog's defaults."""
    high, low, close, volume = bars.high, bars.low, bars.close, bars.volume
    return {
        "sma": lambda: talib.SMA(close, 20),
        "ema": lambda: talib.EMA(close, 20),
        "wma": lambda: talib.WMA(close, 20),
        "dema": lambda: talib.DEMA(close, 20),
        "tema": lambda: talib.TEMA(close, 20),
        "kama": lambda: talib.KAMA(close, 10),
        "hma": lambda: talib.HMA(close, 20),
        "rsi": lambda: talib.RSI(close, 14),
        "macd": lambda: talib.MACD(close, 12, 26, 9),
        "roc": lambda: talib.ROC(close, 10),
        "cci": lambda: talib.CCI(high, low, close, 20),
        "stochastic": lambda: talib.STOCH(high, low, close, 14, 3, slowd_period=3),
        "stochasticRsi": lambda: talib.STOCHRSI(close, 14, 14, 3),
        "williamsR": lambda: talib.WILLR(high, low, close, 14),
        "bollinger": lambda: talib.BBANDS(close, 20, 2.0, 2.0),
        "donchian": lambda: talib.DONCHIAN(high, low, 20),
        "adx": lambda: talib.ADX(high, low, close, 14),
        "aroon": lambda: talib.AROON(high, low, 25),
        "parabolicSar": lambda: talib.SAR(high, low, 0.02, 0.2),
        "supertrend": lambda: talib.SUPERTREND(high, low, close, 10, 3.0),
        "atr": lambda: talib.ATR(high, low, close, 14),
        "standardDeviation": lambda: talib.STDDEV(close, 20),
        "linearRegressionSlope": lambda: talib.LINEARREG_SLOPE(close, 14),
        "mfi": lambda: talib.MFI(high, low, close, volume, 14),
        "obv": lambda: talib.OBV(close, volume),
        "cmf": lambda: talib.CMF(high, low, close, volume, 20),
        "accumulationDistribution": lambda: talib.AD(high, low, close, volume),
    }


def microseconds(call: Callable[[], Any]) -> float:
    """The quickest of thirty rounds of ten calls, for one call."""
    return min(timeit.repeat(call, number=10, repeat=30)) / 10 * 1e6


def main() -> None:
    """Prints one line per indicator, the slow ones marked."""
    # A process that has freed one large array keeps its heap, as a server's does; else every column is paged in anew.
    np.ones(2_000_000)
    bars = bars_of_a_year()
    days, plain = bars.time // 86_400, bare(bars)
    print(f"{'indicator':28}{'us':>8}{'TA-Lib':>8}{'ratio':>8}   on {BARS} bars")
    for name, indicator in CATALOG.items():
        arguments = checked_arguments(indicator, {})
        ours = microseconds(lambda: computed(indicator, bars, days, arguments))  # noqa: B023 - called at once
        theirs = microseconds(plain[name]) if name in plain else float("nan")
        mark = "  over budget" if ours > BUDGET_US.get(name, BUDGET_OF_ANY_US) else ""
        print(f"{name:28}{ours:8.1f}{theirs:8.1f}{ours / theirs:8.2f}{mark}")


if __name__ == "__main__":
    main()
