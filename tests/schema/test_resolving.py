"""Fields that call their functions themselves answer as strawberry has them answer."""

import asyncio
from collections.abc import Callable
from enum import Enum
from typing import Annotated, Any

import pytest
import strawberry
from graphql import GraphQLObjectType
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission
from strawberry.relay import GlobalID

from schema.build import build_schema
from schema.resolving import with_direct_resolvers


@strawberry.enum
class Colour(Enum):
    """Some."""

    RED = "r"
    BLUE = "b"


@strawberry.input
class Size:
    """Two numbers, one of which has a default."""

    wide: int
    high: int | None = 3


class _Loud(FieldExtension):
    def resolve(self, next_: Callable[..., Any], source: Any, info: strawberry.Info, **given: Any) -> Any:
        return str(next_(source, info, **given)).upper()


class _Never(BasePermission):
    message = "never"

    def has_permission(self, source: Any, info: strawberry.Info, **given: Any) -> bool:
        return False


def _shown(parent: strawberry.Parent["Query"], info: strawberry.Info) -> str:
    return f"{type(parent).__name__} {info.field_name} {info.python_name}"


@strawberry.type
class Query:
    """A field of each kind."""

    plain: int = 1
    shown: str = strawberry.field(resolver=_shown)

    @strawberry.field
    def told(
        self,
        info: strawberry.Info,
        colour: Colour = Colour.BLUE,
        from_: Annotated[int | None, strawberry.argument(name="from")] = strawberry.UNSET,
        size: Size | None = None,
        sizes: list[Size] | None = None,
        names: list[str] | None = None,
        maybe: strawberry.Maybe[int] = None,
    ) -> str:
        """What was given, as the function has it."""
        return f"{info.path.key} {colour!r} {from_!r} {size!r} {sizes!r} {names!r} {maybe!r}"

    @strawberry.field
    async def later(self, root_of: str | None = None) -> str:
        """A field that waits."""
        await asyncio.sleep(0)
        if root_of == "evil":
            raise ValueError("of all things")
        return f"later {root_of}"

    @strawberry.field
    def of(self, id: GlobalID) -> str:  # noqa: A002
        """Something with an id of strawberry's."""
        return f"{id.type_name} {id.node_id}"

    @strawberry.field(extensions=[_Loud()])  # type: ignore[untyped-decorator]
    def loud(self) -> str:
        """With an extension."""
        return "loud"

    @strawberry.field(permission_classes=[_Never])  # type: ignore[untyped-decorator]
    def hidden(self) -> str | None:
        """With a permission."""
        return "hidden"


@strawberry.type
class Mutation:
    """A write."""

    @strawberry.mutation
    async def double(self, size: Size) -> int:
        """Twice as wide."""
        return 2 * size.wide


@pytest.mark.parametrize(
    "text",
    [
        "{ plain shown told }",
        '{ other: told(colour: RED, from: 5, size: {wide: 1}, names: ["a"], maybe: 4) }',
        "{ told(from: null, size: null, sizes: [{wide: 1, high: null}, {wide: 2}], names: [], maybe: null) }",
        "query ($c: Colour!, $s: [Size!], $f: Int) { told(colour: $c, sizes: $s, from: $f) }",
        "query ($f: Int) { told(from: $f) later }",
        '{ later(rootOf: "x") evil: later(rootOf: "evil") }',
        '{ of(id: "VGhpbmc6MQ==") }',
        '{ of(id: "none") }',
        "{ loud hidden }",
        "mutation { double(size: {wide: 4}) }",
    ],
)
async def test_answers_are_strawberrys(text: str) -> None:
    """Values, defaults, names, errors."""
    variables = {"c": "BLUE", "s": [{"wide": 7}]} if "$c" in text else {}
    expected, found = [
        await schema.execute(text, variable_values=variables, root_value=Query())
        for schema in (strawberry.Schema(Query, Mutation), with_direct_resolvers(strawberry.Schema(Query, Mutation)))
    ]
    assert found.data == expected.data
    assert [one.formatted for one in found.errors or ()] == [one.formatted for one in expected.errors or ()]


def test_only_fields_with_a_function_and_nothing_else_are_direct() -> None:
    """Those with an extension, a permission or no function are strawberry's."""
    query = with_direct_resolvers(strawberry.Schema(Query, Mutation))._schema.query_type
    assert query is not None
    direct = {name for name, field in query.fields.items() if _is_direct(field.resolve)}
    assert direct == {"shown", "told", "later", "of"}


def test_the_fields_of_the_market_are_direct() -> None:
    """All that have a function, but for subscriptions."""
    schema = build_schema()._schema
    for name in ("Query", "Mutation", "CandleSeries", "Instrument"):
        kind = schema.type_map[name]
        assert isinstance(kind, GraphQLObjectType)
        assert any(_is_direct(field.resolve) for field in kind.fields.values()), name
    assert schema.subscription_type is not None
    assert not any(_is_direct(field.resolve) for field in schema.subscription_type.fields.values())


def _is_direct(resolve: Any) -> bool:
    return getattr(resolve, "__module__", None) == "schema.resolving"
