"""Leaves of many objects are those of each object by itself."""

import math
from enum import Enum
from typing import Any

import pytest
import strawberry
from graphql import GraphQLBoolean, GraphQLFloat, GraphQLInt, GraphQLNonNull, GraphQLString

from schema.leaf_column import Leaf, read


@strawberry.enum
class Colour(Enum):
    """Some, by other names than their values."""

    RED = "r"
    BLUE = "b"


class Unhashable(Enum):
    """Members that no dictionary takes."""

    ONE = 1

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = None  # type: ignore[assignment]


@strawberry.type
class Query:
    """A field of an enum."""

    colour: Colour


_COLOUR: Any = strawberry.Schema(Query)._schema.type_map["Colour"]
_LARGEST = 2**31 - 1


@pytest.mark.parametrize(
    ("kind", "values", "expected", "irregular"),
    [
        (GraphQLInt, [1, None, _LARGEST, -_LARGEST - 1], [1, None, _LARGEST, -_LARGEST - 1], []),
        (GraphQLInt, [1, _LARGEST + 1], [1, None], [1]),
        (GraphQLInt, [-_LARGEST - 2, None, 1], [None, None, 1], [0]),
        (GraphQLInt, [None, None], [None, None], []),
        (GraphQLInt, [True, 2.0, 2.5], [1, 2, None], [2]),
        (GraphQLNonNull(GraphQLInt), [1, None], [1, None], [1]),
        (GraphQLFloat, [1.5, None, 2], [1.5, None, 2.0], []),
        (GraphQLFloat, [1.5, math.nan], [1.5, None], [1]),
        (GraphQLFloat, [1e308, 1e308], [1e308, 1e308], []),
        (GraphQLString, ["a", 5, True], ["a", "5", "true"], []),
        (GraphQLBoolean, [True, False], [True, False], []),
        (_COLOUR, [Colour.RED, Colour.BLUE, None, Colour.RED], ["RED", "BLUE", None, "RED"], []),
        (_COLOUR, [Colour.RED, "BLACK"], ["RED", None], [1]),
        (_COLOUR, [Unhashable.ONE, Unhashable.ONE], [None, None], [0, 1]),
    ],
)
def test_values_are_coerced(kind: Any, values: list[Any], expected: list[Any], irregular: list[int]) -> None:
    """As their scalar or enum does it, but for those that this is an error for, or nothing."""
    column, numbers = Leaf(kind).completed(values)
    assert (column, list(numbers)) == (expected, irregular)
    leaf = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    for number, value in enumerate(values):
        if value is not None and number not in irregular:
            assert column[number] == leaf.coerce_output_value(value)


def test_an_enum_is_asked_once_for_each_member() -> None:
    """However many objects have it."""
    asked: list[Any] = []

    class Counting:
        def coerce_output_value(self, value: Colour) -> str:
            asked.append(value)
            return value.name

    column, _ = Leaf(Counting()).completed([Colour.RED, Colour.BLUE] * 50)  # type: ignore[arg-type]
    assert column == ["RED", "BLUE"] * 50
    assert asked == [Colour.RED, Colour.BLUE]


def test_an_error_is_the_value_of_its_row() -> None:
    """What was read before and after it stays, each read once."""
    asked: list[int] = []

    def half(number: int) -> int:
        asked.append(number)
        if number % 2:
            raise ValueError(number)
        return number // 2

    values = read(half, [2, 3, 4, 5, 6])
    assert asked == [2, 3, 4, 5, 6]
    assert [str(one) for one in values] == ["1", "3", "2", "5", "3"]
    assert [isinstance(one, ValueError) for one in values] == [False, True, False, True, False]


def test_the_error_that_ends_loops_is_a_value_too() -> None:
    """It ends no column."""

    def stop(number: int) -> int:
        raise StopIteration(number)

    values = read(stop, [1, 2])
    assert [type(one) for one in values] == [StopIteration, StopIteration]
