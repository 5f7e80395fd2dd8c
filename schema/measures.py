"""What was measured on a bar."""

import strawberry

from resolvers.model.measured import MEASURED
from resolvers.model.measures import Measures
from schema.enums import MeasureUnit


@strawberry.type(name="Measure", description="A value that was measured on the bar of a signal.")
class MeasureType:
    """A measure as a client sees it."""

    name: str = strawberry.field(
        description=(
            "`atr`, `rsi`, `macdHistogram`, `percentB`, `adx`, `ema`, `volumeRatio` (the volume in the mean of the 20"
            " before) or `return20` (of the close over 20 bars); there may be more."
        )
    )
    value: float | None = strawberry.field(description="Its value; null where it has none.")
    unit: MeasureUnit = strawberry.field(description="What it is counted in.")
    field: str | None = strawberry.field(
        description="The field of a candle that shows it for every bar, as it is written in a query; null without one."
    )


def measures_of(stored: bytes) -> list[MeasureType]:
    """The measures that were stored as *stored*."""
    values = Measures.of(stored)
    return [MeasureType(name=one.name, value=one.value(values), unit=one.unit, field=one.field) for one in MEASURED]
