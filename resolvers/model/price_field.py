"""Which price of a bar an indicator reads."""

from enum import StrEnum


class PriceField(StrEnum):
    """A price of a bar: stored, or the mean of some that are."""

    OPEN = "OPEN"
    HIGH = "HIGH"
    LOW = "LOW"
    CLOSE = "CLOSE"
    MEDIAN = "MEDIAN"
    TYPICAL = "TYPICAL"
