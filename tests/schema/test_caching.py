"""How long answers may be kept, by what their operations select."""

import pytest
import strawberry
from graphql import OperationDefinitionNode, parse, validate

from schema.caching import CacheControl, CachePolicy, CacheScope
from schema.shape import fragments_of


@strawberry.interface
class Named:
    """With a hint on a field of one implementation alone."""

    name: str


@strawberry.type(directives=[CacheControl(max_age=300)])
class Quote(Named):
    """With a hint on the type."""

    name: str = strawberry.field(directives=[CacheControl(max_age=200)])
    price: float
    mine: float = strawberry.field(directives=[CacheControl(scope=CacheScope.PRIVATE)])
    shared: float = strawberry.field(directives=[CacheControl(scope=CacheScope.PUBLIC)])


@strawberry.type(directives=[CacheControl(max_age=600)])
class Thing(Named):
    """With a field of another type."""

    name: str
    size: int = strawberry.field(directives=[CacheControl(max_age=60)])
    quote: Quote
    quotes: list[Quote]


@strawberry.type
class Query:
    """The root."""

    thing: Thing
    things: list[Thing]
    plain: int
    hinted: int = strawberry.field(directives=[CacheControl(max_age=5)])
    named: Named = strawberry.field(directives=[CacheControl(max_age=900)])
    short: Thing = strawberry.field(directives=[CacheControl(max_age=10)])


@strawberry.type
class Mutation:
    """Never kept."""

    change: Thing


SCHEMA = strawberry.Schema(query=Query, mutation=Mutation, types=[Quote, Thing])


def _max_age(text: str) -> float:
    document = parse(text)
    assert not validate(SCHEMA._schema, document)
    (operation,) = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    return CachePolicy.of(SCHEMA._schema, operation, fragments_of(document)).max_age


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("{ thing { name } }", 600),
        ("{ things { name } }", 600),
        ("{ thing { size } }", 60),
        ("{ thing { quote { price } } }", 300),
        ("{ thing { quotes { price } size } }", 60),
        ("{ thing { quote { mine } } }", 0),
        ("{ thing { quote { shared } } }", 300),
        ("{ plain }", 0),
        ("{ thing { name } plain }", 0),
        ("{ hinted }", 5),
        ("{ short { name } }", 10),
        ("{ named { name } }", 200),
        ("{ named { ... on Thing { size } } }", 60),
        ("{ __typename }", 86_400),
        ("{ __schema { queryType { name } } }", 86_400),
        ("{ thing { name } __schema { queryType { name } } }", 600),
        ("{ ...F } fragment F on Query { thing { ...G } } fragment G on Thing { size }", 60),
        ("query ($no: Boolean = false) { thing { name size @include(if: $no) } }", 60),
        ("mutation { change { name } }", 0),
    ],
)
def test_the_shortest_life_of_all_that_is_selected_wins(text: str, seconds: float) -> None:
    """Of fields and types, fragments followed; without a hint at the root nothing is kept."""
    assert _max_age(text) == seconds


def test_the_hints_are_in_the_sdl() -> None:
    """So that clients and gateways in front can read them."""
    text = SCHEMA.as_str()

    assert (
        "directive @cacheControl(maxAge: Int, scope: CacheControlScope) on FIELD_DEFINITION | OBJECT | INTERFACE"
        in text
    )
    assert "type Thing implements Named @cacheControl(maxAge: 600)" in text
    assert "mine: Float! @cacheControl(scope: PRIVATE)" in text
    assert "enum CacheControlScope" in text
