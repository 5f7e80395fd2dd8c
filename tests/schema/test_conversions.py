"""Arguments are converted as strawberry converts them, whichever way they take."""

from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Any

import pytest
import strawberry
from strawberry.relay import GlobalID
from strawberry.types.arguments import convert_argument
from strawberry.types.info import Info

from schema.build import build_schema
from schema.conversions import conversion_of


@strawberry.enum
class Colour(Enum):
    """Some."""

    RED = "r"
    BLUE = "b"


@strawberry.input
class Point:
    """Required and optional leaves, one under another name."""

    x: int
    y: int | None = 3
    colour_of: Colour | None = strawberry.UNSET
    from_: str | None = strawberry.field(name="from", default=None)


@strawberry.input
class Shape:
    """Lists and objects within an object."""

    points: list[Point]
    middle: Point | None
    names: list[str | None] | None = strawberry.UNSET
    rows: list[list[Point] | None] | None = None


@strawberry.input
class Tree:
    """An object within itself."""

    number: int
    branches: list[Annotated["Tree", strawberry.lazy("tests.schema.test_conversions")]] | None = None


@strawberry.input
class Perhaps:
    """What strawberry wraps."""

    number: strawberry.Maybe[int | None]
    id: GlobalID | None = None


@strawberry.type
class Query:
    """An argument of each kind."""

    @strawberry.field
    def told(
        self,
        point: Point,
        shape: Shape | None = None,
        shapes: list[Shape | None] | None = None,
        numbers: list[int] | None = None,
        colours: list[Colour] | None = None,
        tree: Tree | None = None,
        perhaps: Perhaps | None = None,
        ids: list[GlobalID] | None = None,
        maybe: strawberry.Maybe[Point] = None,
    ) -> str:
        """Nothing."""
        return ""


_SCHEMA = strawberry.Schema(Query)
_POINT = {"x": 1, "y": None, "colourOf": Colour.RED, "from": "a"}
_SHAPE = {"points": [_POINT, {"x": 2}], "middle": None, "names": ["a", None], "rows": [[{"x": 5}], None]}
_GIVEN = [
    ("point", {"x": 1}),
    ("point", _POINT),
    ("shape", None),
    ("shape", strawberry.UNSET),
    ("shape", _SHAPE),
    ("shape", {"points": [], "names": strawberry.UNSET}),
    ("shapes", [None, _SHAPE]),
    ("shapes", None),
    ("numbers", [1, 2]),
    ("colours", [Colour.BLUE]),
    ("tree", {"number": 1, "branches": [{"number": 2, "branches": []}]}),
    ("perhaps", {"number": None, "id": "VGhpbmc6MQ=="}),
    ("perhaps", {}),
    ("ids", ["VGhpbmc6MQ=="]),
    ("maybe", {"x": 4}),
]


def _kinds(name: str) -> Any:
    (definition,) = (one for one in Query.__strawberry_definition__.fields if one.python_name == "told")  # type: ignore[attr-defined]
    (kind,) = (one.type for one in definition.arguments if one.python_name == name)
    return kind


@pytest.mark.parametrize(("name", "value"), _GIVEN)
def test_values_are_strawberrys(name: str, value: Any) -> None:
    """Of leaves, lists and objects, given, null or not given."""
    converter, kind, info = _SCHEMA.schema_converter, _kinds(name), _info()
    conversion = conversion_of(name, kind, converter)
    assert conversion is not None
    expected = convert_argument(value, kind, converter.scalar_registry, converter.config, info, path=(name,))
    assert conversion(value, info) == expected
    assert repr(conversion(value, info)) == repr(expected)


def test_a_list_is_another_one_each_time() -> None:
    """One that a resolver changes is nobody else's: graphql-core gives the same default to every request."""
    given = [1, 2]
    conversion = conversion_of("numbers", _kinds("numbers"), _SCHEMA.schema_converter)
    assert conversion is not None
    first = conversion(given, _info())
    first.append(3)
    assert conversion(given, _info()) == [1, 2]


def test_filters_of_the_market_are_not_looked_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strawberry asks its converter for the name of each field of an input, for each value."""
    converter = build_schema().schema_converter
    asked: list[str] = []
    names = converter.config.name_converter
    from_field = names.from_field

    def counted(field: Any) -> str:
        asked.append(field.python_name)
        return from_field(field)

    for name, filter_name in (("opportunities", "OpportunityFilter"), ("signals", "SignalFilter")):
        kinds: Mapping[str, Any] = {one.python_name: one.type for one in _arguments(name)}
        conversion = conversion_of("filter", kinds["filter"], converter)
        assert conversion is not None
        monkeypatch.setattr(names, "from_field", counted)
        made = conversion({"symbols": ["ACME"]}, _info())
        monkeypatch.undo()
        assert (type(made).__name__, made.symbols, asked) == (filter_name, ["ACME"], [])


def _arguments(name: str) -> Any:
    from schema.query import Query as MarketQuery

    fields = MarketQuery.__strawberry_definition__.fields  # type: ignore[attr-defined]
    return next(one for one in fields if one.python_name == name).arguments


def _info() -> Info[Any, Any]:
    return None  # type: ignore[return-value] # none of these conversions looks at it
