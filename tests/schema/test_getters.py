"""Which fields of plain rows are read by column: those whose resolver only looks at its object."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Generic, TypeVar

import pytest
import strawberry
from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission
from strawberry.schema.config import StrawberryConfig
from strawberry.types.field import StrawberryField

from schema.getters import getter_of
from tests.schema.stock import assert_no_difference

T = TypeVar("T")


class Allowed(BasePermission):
    """Lets odd rows pass."""

    message = "even rows are not shown"

    def has_permission(self, source: Any, info: strawberry.Info, **kwargs: Any) -> bool:
        """Whether it does."""
        return bool(source.number % 2)


class Doubling(FieldExtension):
    """Doubles what is resolved."""

    def resolve(self, next_: Callable[..., Any], source: Any, info: strawberry.Info, **kwargs: Any) -> Any:
        """Twice the value."""
        return 2 * next_(source, info, **kwargs)


class Negative(StrawberryField):
    """A kind of field that gets its value in its own way."""

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Awaitable[Any] | Any:
        """The number, negated."""
        return -source.number


class Described(StrawberryField):
    """A kind of field that changes nothing about its value."""


def squared(root: "Row") -> int:
    """A resolver outside of the class."""
    return root.number**2


def constant() -> int:
    """A resolver that looks at nothing."""
    return 7


def by_keyword(resolver: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator whose function takes what strawberry gives by name, and nothing else."""

    @wraps(resolver)
    def called(**given: Any) -> Any:
        return resolver(**given)

    return called


def by_position(resolver: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator whose function takes what strawberry gives by position."""

    @wraps(resolver)
    def called(*given: Any) -> Any:
        return resolver(*given) + 1

    return called


@by_keyword
def by_name(root: "Row") -> int:
    """A resolver that must be called as strawberry does."""
    return root.number


def odd_info(root: strawberry.Info) -> str:
    """A resolver whose only parameter has the name of one thing and the type of another."""
    return root.field_name


@strawberry.type
class Row:
    """A field of each kind."""

    number: int
    renamed: int = strawberry.field(name="other", default=5)
    typed: int = strawberry.field(graphql_type=str, default=6)
    allowed: int | None = strawberry.field(permission_classes=[Allowed], default=1)
    doubled: int = strawberry.field(extensions=[Doubling()], default=2)
    outside: int = strawberry.field(resolver=squared)
    fixed: int = strawberry.field(resolver=constant)
    named: int = strawberry.field(resolver=by_name)
    which: str = strawberry.field(resolver=odd_info)
    negative: int = Negative(python_name="negative", default=0)  # type: ignore[assignment]
    described: int = Described(python_name="described", default=3)  # type: ignore[assignment]

    @strawberry.field
    def method(self) -> int:
        """A method."""
        return self.number + 1

    @strawberry.field
    @by_position
    def decorated(self) -> int:
        """A method with a decorator."""
        return self.number

    @strawberry.field
    def positional(self, /) -> int:
        """A method whose object has no name."""
        return self.number

    @strawberry.field
    def argued(self, by: int = 3) -> int:
        """A method with an argument."""
        return self.number * by

    @strawberry.field
    def informed(self, info: strawberry.Info) -> str:
        """A method that asks about the field."""
        return f"{info.field_name} {self.number}"

    @strawberry.field
    async def later(self) -> int:
        """A method to be awaited."""
        return self.number

    @strawberry.field
    def promised(self) -> int:
        """A method that returns what is to be awaited."""
        return _number_of(self)  # type: ignore[return-value]

    @strawberry.field
    def parented(parent: strawberry.Parent[Any]) -> int:  # noqa: N805
        """A method whose object has its name by its type."""
        number: int = parent.number
        return number

    @strawberry.field
    @staticmethod
    def static(root: Any) -> int:
        """A function inside of the class."""
        return int(root.number)

    @strawberry.field
    @staticmethod
    def unrelated() -> int:
        """A function that looks at nothing."""
        return 8

    @strawberry.field
    @classmethod
    def of_class(cls) -> str:
        """A function of the class."""
        return cls.__name__

    @strawberry.field
    def failing(self) -> int | None:
        """Fails on some rows."""
        if self.number == 2:
            raise ValueError("two")
        return self.number


async def _number_of(row: Row) -> int:
    return row.number


@strawberry.type
class Box(Generic[T]):
    """A generic row."""

    content: T

    @strawberry.field
    def again(self) -> T:
        """What it holds."""
        return self.content


@strawberry.type
class Query:
    """Lists of rows."""

    @strawberry.field
    def rows(self) -> list[Row]:
        """Three."""
        return [Row(number=number) for number in (1, 2, 3)]

    @strawberry.field
    def boxes(self) -> list[Box[int]]:
        """Two."""
        return [Box(content=1), Box(content=2)]


def _schema(config: StrawberryConfig | None = None) -> GraphQLSchema:
    return strawberry.Schema(Query, config=config)._schema


def _fields(schema: GraphQLSchema, name: str = "Row") -> dict[str, GraphQLField]:
    kind = schema.type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    return dict(kind.fields)


_BY_COLUMN = {
    "number", "other", "typed", "outside", "described", "method", "decorated", "promised", "static", "failing",
}  # fmt: skip


def test_fields_whose_resolver_only_looks_at_its_object_are_read_by_column() -> None:
    """And no others."""
    fields = _fields(_schema())
    assert {name for name, field in fields.items() if getter_of(field) is not None} == _BY_COLUMN
    assert len(fields) > 2 * len(_BY_COLUMN)
    boxes = _fields(_schema(), "IntBox")
    assert [getter_of(field) is not None for field in boxes.values()] == [True, True]


@pytest.mark.parametrize("name", list(_fields(_schema())))
async def test_each_field_is_answered_as_by_strawberry(name: str) -> None:
    """Alone and beside one that is read by column, with the same errors."""
    schema = _schema()
    await assert_no_difference(schema, f"{{ rows {{ {name} }} }}", None)
    await assert_no_difference(schema, f"{{ rows {{ number {name} again: {name} }} }}", None)


async def test_arguments_permissions_and_extensions_count() -> None:
    """What the comparison compares is not empty."""
    text = "{ rows { number argued(by: 2) allowed doubled negative outside which } }"
    answer = await assert_no_difference(_schema(), text, None)
    assert b'{"number":3,"argued":6,"allowed":1,"doubled":4,"negative":-3,"outside":9,"which":"which"}' in answer
    assert b'{"number":2,"argued":4,"allowed":null' in answer


async def test_generic_rows_are_answered_as_by_strawberry() -> None:
    """Their fields are copies."""
    answer = await assert_no_difference(_schema(), "{ boxes { content again } }", None)
    assert answer == b'{"boxes":[{"content":1,"again":1},{"content":2,"again":2}]}'


async def test_a_default_resolver_of_the_schema_is_asked() -> None:
    """It may know attributes that no object has."""

    def upper(source: Any, name: str) -> Any:
        return getattr(source, name, 0) + 1

    schema = _schema(StrawberryConfig(default_resolver=upper))
    answer = await assert_no_difference(schema, "{ rows { number method } }", None)
    assert answer.startswith(b'{"rows":[{"number":2,"method":2}')
    assert getter_of(_fields(schema)["number"]) is None


async def test_a_resolver_that_was_put_in_its_place_is_called() -> None:
    """Some instrument a schema that way, after strawberry has made it."""
    schema = _schema()
    field = _fields(schema)["number"]
    field.resolve = lambda row, info: row.number + 1000
    answer = await assert_no_difference(schema, "{ rows { number } }", None)
    assert answer.startswith(b'{"rows":[{"number":1001}')


async def test_a_result_that_was_put_in_its_place_is_taken() -> None:
    """On the definition of one field, instead of on a class."""
    schema = _schema()
    definition = _fields(schema)["described"].extensions["strawberry-definition"]
    definition.get_result = lambda source, info, args, kwargs: 77
    try:
        answer = await assert_no_difference(schema, "{ rows { described } }", None)
    finally:
        del definition.get_result
    assert answer.startswith(b'{"rows":[{"described":77}')


async def test_properties_are_read() -> None:
    """Of a class that is not the type's own."""

    class Own:
        def __init__(self, number: int) -> None:
            self._number = number

        @property
        def number(self) -> int:
            return self._number

    @strawberry.type
    class OwnQuery:
        @strawberry.field
        def rows(self) -> list[Row]:
            return [Own(1), Own(2)]  # type: ignore[list-item]

    answer = await assert_no_difference(strawberry.Schema(OwnQuery)._schema, "{ rows { number } }", None)
    assert answer == b'{"rows":[{"number":1},{"number":2}]}'
