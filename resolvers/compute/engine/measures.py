"""The indicator values that a signal rests on and shows."""

from collections.abc import Mapping

import numpy as np

from resolvers.compute.catalog import CATALOG, computed
from resolvers.compute.engine.levels import ATR_BARS
from resolvers.compute.indicator import Argument
from resolvers.compute.windows import window_sums
from resolvers.model.bars import Bars, IntArray, Series
from resolvers.model.measures import Measures

_NO_DAYS: IntArray = np.empty(0, np.int64)
_AVERAGE_BARS = 20

_CATALOGUED: Mapping[str, tuple[str, Mapping[str, Argument], str]] = {
    "atr": ("atr", {"period": ATR_BARS}, "value"),
    "rsi": ("rsi", {"period": 14}, "value"),
    "macd_histogram": ("macd", {"fast": 12, "slow": 26, "signal": 9}, "histogram"),
    "percent_b": ("bollinger", {"period": 20, "deviations": 2.0}, "percentB"),
    "adx": ("adx", {"period": 14}, "adx"),
    "ema": ("ema", {"period": 50}, "value"),
}
"""By measure: the indicator of the catalog, what is not its default, and the column."""


def measured(bars: Bars) -> Series:
    """
    The measures of every bar.

    Args:
        bars: From the anchor on, because some indicators depend on all that came before. A value never depends on a
            later bar.

    Returns:
        Shape ``(8, n)``, in the order of `Measures`; NaN where one has no value.
    """
    rows = np.full((len(Measures._fields), len(bars)), np.nan)
    for row, name in enumerate(Measures._fields):
        rows[row] = _catalogued(name, bars) if name in _CATALOGUED else _OWN[name](bars)
    rows[~np.isfinite(rows)] = np.nan
    return rows


def _catalogued(measure: str, bars: Bars) -> Series:
    name, given, column = _CATALOGUED[measure]
    indicator = CATALOG[name]
    arguments = {one.name: one.default for one in indicator.parameters} | dict(given)
    place = [output.name for output in indicator.outputs].index(column)
    return computed(indicator, bars, _NO_DAYS, arguments)[place]


def _volume_ratio(bars: Bars) -> Series:
    ratio = np.full(len(bars), np.nan)
    before = window_sums(bars.volume, _AVERAGE_BARS)[:-1]
    np.divide(bars.volume[1:] * _AVERAGE_BARS, before, out=ratio[1:], where=before > 0)
    return ratio


def _return_20(bars: Bars) -> Series:
    change = np.full(len(bars), np.nan)
    close = bars.close
    change[_AVERAGE_BARS:] = close[_AVERAGE_BARS:] / close[: max(len(bars) - _AVERAGE_BARS, 0)] - 1
    return change


_OWN = {"volume_ratio": _volume_ratio, "return_20": _return_20}
