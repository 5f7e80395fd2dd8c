"""Prices scaled so that the close is the adjusted one: splits and dividends leave no jump."""

import numpy as np

from resolvers.compute.bar_rules import VALUE_LIMIT, plain
from resolvers.model.bars import Series


def adjusted_prices(
    open_: Series, high: Series, low: Series, close: Series, adjusted: Series
) -> tuple[Series, Series, Series, Series]:
    """
    All four prices times ``adjusted / close``; the close is *adjusted* itself, to the last bit.

    Bars that were possible stay possible: rounding may not lift the close above the high.
    """
    with np.errstate(all="ignore"):
        factor = adjusted / close
        scaled_open, scaled_high, scaled_low = open_ * factor, high * factor, low * factor
    top = np.maximum(scaled_open, adjusted)
    bottom = np.minimum(scaled_open, adjusted)
    return (
        scaled_open,
        np.where((high >= open_) & (high >= close), np.maximum(scaled_high, top), scaled_high),
        np.where((low <= open_) & (low <= close), np.minimum(scaled_low, bottom), scaled_low),
        adjusted,
    )


def adjusted_fault(adjusted: float) -> str:
    """Why prices cannot be scaled to this adjusted close, empty if they can."""
    if np.isnan(adjusted):
        return "adj close must be given, was missing"
    if not 0 < adjusted < VALUE_LIMIT:
        return f"adj close must be positive and below {VALUE_LIMIT:g}, was {plain(adjusted)}"
    return ""
