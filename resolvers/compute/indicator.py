"""What the catalog says about an indicator: names, bounds, warm-up, source, and the function itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from resolvers.model.bars import Bars, IntArray, Series
from resolvers.model.price_field import PriceField

Argument = int | float | PriceField
Arguments = Mapping[str, Argument]


class Anchor(Enum):
    """How far back the values of an indicator depend."""

    WINDOW = "WINDOW"
    """On the warm-up bars before a window, whichever window was asked for."""
    SERIES = "SERIES"
    """On every bar since the anchor of the series, which no query moves."""
    SESSION = "SESSION"
    """On the bars since the session began."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """
    An argument of an indicator.

    Attributes:
        name: The argument's name in GraphQL, camelCase.
        default: Used where no argument is given; its type is the parameter's type.
        minimum, maximum: Bounds, both allowed themselves; None for a price field.
    """

    name: str
    description: str
    default: Argument
    minimum: int | float | None = None
    maximum: int | float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Output:
    """A column that an indicator yields, by its name in GraphQL."""

    name: str
    description: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Indicator:
    """
    One entry of the catalog.

    Attributes:
        name: The field of a candle, camelCase.
        title: What people call it.
        description: Plain sentences with the range or the unit.
        outputs: One for a scalar field, several for an object type.
        source: Where the formula comes from.
        needs_volume: Whether a missing volume makes a value missing.
        warmup: Bars needed before a window. With ``Anchor.WINDOW`` so many that the values no
            longer depend on where the bars begin; with the other anchors the bars before the first value.
        compute: ``(bars, session_days, arguments)`` to one column per output, each of shape
            ``(n,)``, NaN while it warms up. Callers want ``computed`` instead, which also
            keeps its promises for degenerate input.
        increasing: Parameters of which each must be less than the next.
    """

    name: str
    title: str
    description: str
    parameters: tuple[Parameter, ...]
    outputs: tuple[Output, ...]
    anchor: Anchor
    source: str
    needs_volume: bool
    warmup: Callable[[Arguments], int]
    compute: Callable[[Bars, IntArray, Arguments], tuple[Series, ...]]
    increasing: tuple[str, ...] = ()
