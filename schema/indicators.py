"""The catalog's indicators as fields of bars."""

from collections.abc import Mapping
from typing import Any

from resolvers.compute.catalog import CATALOG, Indicator, Parameter, checked_arguments
from resolvers.market import CandleWindow
from schema.bar_fields import BarArgument, BarField, Columns
from schema.columns import FloatColumn
from schema.enums import PriceField
from schema.market_costs import INDICATOR_WEIGHT


def indicator_fields() -> tuple[BarField, ...]:
    """One field per indicator; bounds and descriptions are the catalog's."""
    return tuple(_field(indicator) for indicator in CATALOG.values())


def _field(indicator: Indicator) -> BarField:
    names = [output.name for output in indicator.outputs]

    def column(window: CandleWindow, given: Mapping[str, Any]) -> Columns:
        # An explicit null is the default.
        arguments = checked_arguments(indicator, {name: one for name, one in given.items() if one is not None})
        values = [FloatColumn(one) for one in window.indicators.values(indicator, arguments)]
        return values[0] if len(values) == 1 else dict(zip(names, values, strict=True))

    return BarField(
        name=indicator.name,
        description=(f"{indicator.title}. {indicator.description} Null while it warms up. Source: {indicator.source}."),
        kind=float | None,
        column=column,
        arguments=tuple(_argument(parameter) for parameter in indicator.parameters),
        lines=tuple((output.name, output.description) for output in indicator.outputs) if len(names) > 1 else (),
        weight=INDICATOR_WEIGHT,
    )


def _argument(parameter: Parameter) -> BarArgument:
    kind: Any = type(parameter.default)
    if issubclass(kind, PriceField):
        kind = kind | None
    bounds = "" if parameter.minimum is None else f" Between {parameter.minimum} and {parameter.maximum}."
    return BarArgument(
        name=parameter.name, kind=kind, default=parameter.default, description=parameter.description + bounds
    )
