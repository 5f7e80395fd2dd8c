"""Prices that are derived from the four of a bar."""

from resolvers.model.bars import Bars, Series
from resolvers.model.price_field import PriceField


def price_of(bars: Bars, field: PriceField) -> Series:
    """The price *field* of each bar, in the instrument's currency, shape ``(n,)``."""
    match field:
        case PriceField.OPEN:
            return bars.open
        case PriceField.HIGH:
            return bars.high
        case PriceField.LOW:
            return bars.low
        case PriceField.CLOSE:
            return bars.close
        case PriceField.MEDIAN:
            return (bars.high + bars.low) / 2
        case PriceField.TYPICAL:
            return typical_price(bars)


def typical_price(bars: Bars) -> Series:
    """Mean of high, low and close, shape ``(n,)``."""
    return (bars.high + bars.low + bars.close) / 3
