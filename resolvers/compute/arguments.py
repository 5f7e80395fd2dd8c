"""Arguments of an indicator: checked against the catalog once, then read by type."""

import math
from collections.abc import Mapping
from itertools import pairwise

from resolvers.compute.indicator import Argument, Arguments, Indicator, Parameter
from resolvers.errors import BadInput
from resolvers.model.price_field import PriceField

LONGEST_PERIOD = 1000


def checked_arguments(indicator: Indicator, given: Mapping[str, object]) -> Arguments:
    """
    Every argument of *indicator*, in the catalog's order, defaults where *given* has none or None.

    Raises:
        BadInput: If an argument is unknown, of another type or out of bounds, or contradicts another.
    """
    known = [parameter.name for parameter in indicator.parameters]
    for name in given:
        if name not in known:
            raise BadInput(f"{indicator.name}: arguments are {', '.join(known) or 'none'}, was {name}")
    arguments = {
        parameter.name: _checked(indicator, parameter, given.get(parameter.name)) for parameter in indicator.parameters
    }
    for less, more in pairwise(indicator.increasing):
        if number(arguments, less) >= number(arguments, more):
            found = f"{arguments[less]} and {arguments[more]}"
            raise BadInput(f"{indicator.name}: {less} must be less than {more}, was {found}")
    return arguments


def whole(arguments: Arguments, name: str) -> int:
    """The whole number called *name*."""
    return int(arguments[name])


def number(arguments: Arguments, name: str) -> float:
    """The number called *name*."""
    return float(arguments[name])


def price_field(arguments: Arguments) -> PriceField:
    """The price that was asked for."""
    return PriceField(str(arguments["of"]))


def period(
    default: int,
    *,
    minimum: int,
    maximum: int = LONGEST_PERIOD,
    name: str = "period",
    description: str = "Bars in the window.",
) -> Parameter:
    """A parameter that counts bars."""
    return Parameter(name=name, description=description, default=default, minimum=minimum, maximum=maximum)


OF = Parameter(name="of", description="The price it is computed from.", default=PriceField.CLOSE)


def _checked(indicator: Indicator, parameter: Parameter, value: object) -> Argument:
    name, default = f"{indicator.name}: {parameter.name}", parameter.default
    if value is None:
        return default
    if isinstance(default, PriceField):
        if value not in list(PriceField):
            raise BadInput(f"{name} must be one of {', '.join(PriceField)}, was {value!r}")
        return PriceField(str(value))
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadInput(f"{name} must be a number, was {value!r}")
    if isinstance(default, int) and not isinstance(value, int):
        raise BadInput(f"{name} must be a whole number, was {value!r}")
    if not (parameter.minimum or 0) <= value <= (parameter.maximum or math.inf):
        raise BadInput(f"{name} must be between {parameter.minimum} and {parameter.maximum}, was {value}")
    return value if isinstance(default, int) else float(value)
