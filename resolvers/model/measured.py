"""What each measure is called, what it is measured in, and which field of a candle shows it for every bar."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from resolvers.model.measures import Measures


class MeasureUnit(StrEnum):
    """What a measure is counted in."""

    PRICE = "PRICE"
    SCALE_100 = "SCALE_100"
    SHARE = "SHARE"
    MULTIPLE = "MULTIPLE"


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """
    What is told of a measure.

    Attributes:
        name: As clients see it.
        of: Its name in `Measures`.
        field: A field of a candle, with its arguments, that has the same value; None where there is none.
    """

    name: str
    of: str
    unit: MeasureUnit
    field: str | None

    def value(self, measures: Measures) -> float | None:
        """Its value; None where it has none."""
        value: float = getattr(measures, self.of)
        # Only NaN is not itself.
        return value if value == value else None


_PRICE, _SCALE, _SHARE, _MULTIPLE = MeasureUnit.PRICE, MeasureUnit.SCALE_100, MeasureUnit.SHARE, MeasureUnit.MULTIPLE

MEASURED: Final = (
    Measured(name="atr", of="atr", unit=_PRICE, field="atr(period: 14)"),
    Measured(name="rsi", of="rsi", unit=_SCALE, field="rsi(period: 14)"),
    Measured(
        name="macdHistogram",
        of="macd_histogram",
        unit=_PRICE,
        field="macd(fast: 12, slow: 26, signal: 9) { histogram }",
    ),
    Measured(name="percentB", of="percent_b", unit=_SHARE, field="bollinger(period: 20, deviations: 2) { percentB }"),
    Measured(name="adx", of="adx", unit=_SCALE, field="adx(period: 14) { adx }"),
    Measured(name="ema", of="ema", unit=_PRICE, field="ema(period: 50)"),
    Measured(name="volumeRatio", of="volume_ratio", unit=_MULTIPLE, field=None),
    Measured(name="return20", of="return_20", unit=_SHARE, field=None),
)
"""All of them, in the order of `Measures`."""
