"""Variables are coerced as graphql-core does it, whichever way they take."""

from typing import Any

from graphql import GraphQLError, OperationDefinitionNode, build_schema, parse
from graphql.execution.values import VariableValues, get_variable_values
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.variables import Variables

_SCHEMA = build_schema(
    "enum Colour { RED BLUE } input Size { wide: Int! high: Int = 3 } type Query { a: Int } scalar Any"
)
_DECLARED = (
    "$a: Int",
    "$b: Int!",
    '$c: String! = "x"',
    "$d: Colour",
    "$e: [Int!]",
    "$f: Size",
    "$g: Float!",
    "$h: ID",
    "$i: Boolean",
    "$j: Any",
    "$k: Colour = RED",
)
_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**33), 2**33),
    st.floats(),
    st.sampled_from(["RED", "x", "5", ""]),
    st.lists(st.integers(0, 3), max_size=2),
    st.fixed_dictionaries({"wide": st.integers(0, 9)}, optional={"high": st.none()}),
)


@settings(max_examples=200)
@given(
    declared=st.lists(st.sampled_from(_DECLARED), unique=True, max_size=5),
    given_=st.dictionaries(st.sampled_from("abcdefghijkz"), _VALUES, max_size=8),
)
def test_any_variables(declared: list[str], given_: dict[str, Any]) -> None:
    """Of any types, fitting or not, given or not, asked for twice."""
    definition = _operation(declared)
    variables = Variables(_SCHEMA, definition)
    expected = _shown(get_variable_values(_SCHEMA, definition.variable_definitions or (), given_))
    assert _shown(variables.coerced(given_)) == expected
    assert _shown(variables.coerced(given_)) == expected


_TEXTS = st.one_of(
    st.none(), st.text(max_size=2), st.integers(0, 3), st.booleans(), st.lists(st.text(max_size=2), max_size=2)
)


@given(
    kind=st.sampled_from(["[String]", "[String!]", "[String!]!", "[ID!]", "[Colour]", "[[String]]", "String"]),
    value=st.one_of(_TEXTS, st.lists(_TEXTS, max_size=3), st.lists(st.text(max_size=2), max_size=5)),
)
def test_any_lists(kind: str, value: Any) -> None:
    """Of strings or not, of one where a list is meant, or of lists."""
    definition = _operation([f"$a: {kind}"])
    expected = _shown(get_variable_values(_SCHEMA, definition.variable_definitions or (), {"a": value}))
    assert _shown(Variables(_SCHEMA, definition).coerced({"a": value})) == expected


def test_a_list_of_strings_is_another_one() -> None:
    """What a resolver does to it changes nothing of the request."""
    given_ = {"a": ["x", "y"]}
    found = Variables(_SCHEMA, _operation(["$a: [String!]"])).coerced(given_)
    assert isinstance(found, VariableValues)
    assert found.coerced["a"] == given_["a"]
    assert found.coerced["a"] is not given_["a"]


def _operation(declared: list[str]) -> OperationDefinitionNode:
    text = f"query ({', '.join(declared)}) {{ a }}" if declared else "{ a }"
    definition = parse(text).definitions[0]
    assert isinstance(definition, OperationDefinitionNode)
    return definition


def _shown(values: VariableValues | list[GraphQLError]) -> object:
    if isinstance(values, list):
        return [(one.message, one.locations) for one in values]
    sources = {name: (str(one.signature.type), repr(one.value)) for name, one in values.sources.items()}
    return repr(values.coerced), sources
