"""Every indicator by name, and the one way to compute it."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from resolvers.compute.arguments import checked_arguments
from resolvers.compute.bands import BANDS
from resolvers.compute.indicator import Anchor, Arguments, Indicator, Output, Parameter
from resolvers.compute.momentum import MOMENTUM
from resolvers.compute.moving_averages import MOVING_AVERAGES
from resolvers.compute.stochastics import STOCHASTICS
from resolvers.compute.trend import TREND
from resolvers.compute.volatility import VOLATILITY
from resolvers.compute.volume import VOLUME
from resolvers.model.bars import Bars, IntArray, Series

__all__ = [
    "CATALOG",
    "Anchor",
    "Arguments",
    "Indicator",
    "Output",
    "Parameter",
    "checked_arguments",
    "computed",
]

_FAMILIES = (MOVING_AVERAGES, MOMENTUM, STOCHASTICS, BANDS, TREND, VOLATILITY, VOLUME)

CATALOG: Mapping[str, Indicator] = MappingProxyType(
    {indicator.name: indicator for family in _FAMILIES for indicator in family}
)


def computed(indicator: Indicator, bars: Bars, session_days: IntArray, arguments: Arguments) -> tuple[Series, ...]:
    """
    The columns of *indicator* for *bars*, one per output.

    Args:
        bars: The window with its warm-up before it, or all bars since the anchor.
        session_days: The session date of each bar as days since 1970-01-01, shape ``(n,)``.
        arguments: What ``checked_arguments`` returned.

    Returns:
        Read-only, each of shape ``(n,)``; NaN while it warms up and where it is undefined, never infinite.
    """
    if not len(bars):
        return tuple(_shared(np.empty(0)) for _ in indicator.outputs)
    return tuple(_shared(column) for column in indicator.compute(bars, session_days, arguments))


def _shared(column: Series) -> Series:
    # A column may be one of the bars themselves, read-only already, and then it is finite.
    if column.flags.writeable:
        infinite = np.isinf(column)
        if infinite.any():
            column[infinite] = np.nan
        column.flags.writeable = False
    return column
