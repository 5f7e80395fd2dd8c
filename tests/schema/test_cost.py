"""What operations cost: worked examples, the market's own figures, and a second, naive calculation."""

import math
from collections.abc import Mapping
from typing import Any

import pytest
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    get_introspection_query,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_object_type,
    parse,
    validate,
)
from graphql.execution.values import get_argument_values, get_directive_values, get_variable_values
from graphql.type import GraphQLIncludeDirective, GraphQLSkipDirective
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schema import build
from schema.cost import Prices, thousandths
from schema.cost_plan import OperationCost
from schema.errors import LimitExceeded
from schema.limits import Limits
from schema.market_costs import size_of_window
from schema.node import global_id
from schema.shape import fragments_of

DIRECTIVES = """
directive @cost(weight: String!) on FIELD_DEFINITION | OBJECT | SCALAR | ENUM
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!],
    requireOneSlicingArgument: Boolean = false, itemWeight: String) on FIELD_DEFINITION
"""

SHOP = build_schema(
    DIRECTIVES
    + """
    type Query {
      user: User
      users(first: Int = 5, ids: [ID!], filter: Filter): [User]
        @listSize(slicingArguments: ["first", "ids", "filter.max"])
      page(first: Int): Page @listSize(assumedSize: 20, slicingArguments: ["first"], sizedFields: ["nodes", "table"])
      anything(first: Int): [Thing!] @listSize(slicingArguments: ["first"], assumedSize: 3)
      matrix: [[User]]
      colour: Colour
    }
    input Filter { max: Int }
    enum Colour @cost(weight: "3") { RED }
    type Page { nodes: [User!]! total: Int @cost(weight: "2.5") table: Table! }
    type Table { names: [String]! @cost(weight: "0.1") lines: Lines! }
    type Lines { upper: [Float] @cost(weight: "0.2") }
    type User @cost(weight: "2") {
      name: String secret: String @cost(weight: "0.5") friends(first: Int): [User]
        @listSize(slicingArguments: ["first"], assumedSize: 4)
      best: User @cost(weight: "7")
    }
    type Shop { title: String @cost(weight: "10") }
    union Thing = User | Shop
    """
)
PRICES = Prices(SHOP)


def cost_of(text: str, variables: Mapping[str, Any] | None = None, limits: Limits | None = None) -> int:
    """The cost of the one operation of *text* in the shop."""
    return plan_of(SHOP, PRICES, text).of(variables or {}, limits or Limits())


def plan_of(schema: GraphQLSchema, prices: Prices, text: str) -> OperationCost:
    """The compiled cost of the one operation of *text*."""
    document = parse(text)
    assert validate(schema, document) == []
    (operation,) = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    return OperationCost(prices, operation, fragments_of(document))


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("{ __typename }", 0),
        ("{ user { name } }", 2),
        ("{ user { __typename name best { name } } }", 2 + 7),
        ("{ colour }", 3),
        ("{ users { name } }", 5 * 2),
        ("{ users(first: 3) { name } }", 3 * 2),
        ("{ users(first: 3, ids: [1, 2, 3, 4]) { name } }", 4 * 2),
        ("{ users(first: null, ids: 7) { name } }", 1 * 2),
        ("{ users(first: null, filter: {max: 6}) { name } }", 6 * 2),
        ("{ users(first: null) { name } }", 10 * 2),
        ("{ users(first: 0) { friends { name } } }", 0),
        ("{ users(first: 2) { friends(first: 3) { best { name } } } }", 2 * (2 + 3 * (2 + 7))),
        ("{ users(first: 2) { friends { name } } }", 2 * (2 + 4 * 2)),
        ("{ users(first: 3) { secret } }", math.ceil(3 * 2.5)),
        ("{ page { nodes { name } } }", 1 + 20 * 2),
        ("{ page(first: 50) { nodes { name } total } }", math.ceil(1 + 50 * 2 + 2.5)),
        ("{ page(first: 100) { table { names } } }", 1 + 1 + 10),
        ("{ page(first: 100) { table { names also: names lines { upper } } } }", 1 + 1 + 20 + 1 + 20),
        ("{ anything { ... on User { name } ... on Shop { title } } }", 3 * (1 + 10)),
        ("{ anything(first: 2) { ... on User { best { name } } } }", 2 * (1 + 7)),
        ("{ matrix { name } }", 10 * 10 * 2),
        ("{ a: user { name } b: user { name } }", 4),
        ("{ user { name } user { best { name } } ...F } fragment F on Query { user { best { secret } } }", 10),
        ("{ user @skip(if: true) { name } colour @include(if: false) }", 0),
    ],
)  # fmt: skip
def test_worked_examples(text: str, cost: int) -> None:
    """Size times (weight + selection); equal fields of one place once; of the possible types the dearest."""
    assert cost_of(text) == cost


@pytest.mark.parametrize(
    ("variables", "cost"),
    [
        ({}, 6 * 2),
        ({"n": 9}, 9 * 2),
        ({"n": 9.0}, 9 * 2),
        ({"n": None}, 10 * 2),
        ({"n": -1}, 10 * 2),
        ({"n": True}, 10 * 2),
        ({"n": "many"}, 10 * 2),
        ({"n": math.nan}, 10 * 2),
        ({"n": math.inf}, 10 * 2),
        ({"n": 3, "ids": ["a"] * 8}, 8 * 2),
        ({"n": 3, "ids": "a"}, 3 * 2),
        ({"n": 3, "max": 4}, 4 * 2),
        ({"n": 3, "more": True}, 3 * (2 + 4 * 2)),
        ({"n": 3, "more": True, "less": True}, 3 * 2),
        ({"n": 3, "more": None}, 3 * 2),
    ],
)
def test_variables_are_what_the_client_sends(variables: dict[str, Any], cost: int) -> None:
    """Absent ones have their default; what cannot be a size is left to coercion, and counts as none given."""
    text = """query ($n: Int = 6, $ids: [ID!], $max: Int, $more: Boolean! = false, $less: Boolean! = false) {
      users(first: $n, ids: $ids, filter: {max: $max}) { name friends @include(if: $more) @skip(if: $less) { name } }
    }"""
    assert cost_of(text, variables) == cost


def test_a_variable_that_is_absent_leaves_the_arguments_default() -> None:
    """An explicit null does not."""
    assert cost_of("query ($n: Int) { users(first: $n) { name } }") == 5 * 2
    assert cost_of("query ($n: Int) { users(first: $n) { name } }", {"n": None}) == 10 * 2


@pytest.mark.parametrize(
    "text", ["{ users(first: %d) { name } }", "query ($n: Int = %d) { users(first: $n) { name } }"]
)
def test_a_list_at_its_limit_passes_and_one_above_does_not(text: str) -> None:
    """Whether it is written or given."""
    limits = Limits(max_list_size=40, max_cost=80)
    plan_of(SHOP, PRICES, text % 40).check({}, limits)
    with pytest.raises(
        LimitExceeded, match=r"Query.users is asked for 41 items, the limit max_list_size is 40"
    ) as refused:
        plan_of(SHOP, PRICES, text % 41).check({}, limits)
    assert refused.value.extensions == {"code": "LIMIT_EXCEEDED", "limit": "max_list_size", "maximum": 40, "found": 41}


def test_a_list_of_keys_is_as_large_as_it_is_long() -> None:
    """Its length has the same limit."""
    plan = plan_of(SHOP, PRICES, "query ($ids: [ID!]) { users(ids: $ids) { name } }")
    plan.check({"ids": ["a"] * 40}, Limits(max_list_size=40))
    with pytest.raises(LimitExceeded, match="asked for 41 items"):
        plan.check({"ids": ["a"] * 41}, Limits(max_list_size=40))


def test_a_cost_at_its_limit_passes_and_one_above_does_not() -> None:
    """The refusal says what the operation costs."""
    plan = plan_of(SHOP, PRICES, "query ($n: Int) { users(first: $n) { name } colour }")
    plan.check({"n": 1000}, Limits(max_cost=2003))
    with pytest.raises(LimitExceeded, match=r"the operation costs 2,003, the limit max_cost is 2,002") as refused:
        plan.check({"n": 1000}, Limits(max_cost=2002))
    assert refused.value.extensions == {"code": "LIMIT_EXCEEDED", "limit": "max_cost", "maximum": 2002, "found": 2003}


def test_a_figure_beyond_what_json_holds_is_cut() -> None:
    """A client's reader must take the refusal."""
    plan = plan_of(SHOP, PRICES, "query ($n: Int) { users(first: $n) { name } }")
    with pytest.raises(LimitExceeded) as refused:
        plan.check({"n": 10**100}, Limits())
    assert (refused.value.extensions or {})["found"] == 2**53 - 1


@pytest.mark.parametrize(
    ("weight", "expected"), [("0", 0), ("1", 1000), ("0.1", 100), ("2.005", 2005), ("1e2", 100_000)]
)
def test_weights_are_exact(weight: str, expected: int) -> None:
    """As thousandths."""
    assert thousandths(weight) == expected


@pytest.mark.parametrize("weight", ["", "one", "-1", "0.0001", "NaN", "Infinity"])
def test_a_weight_that_is_none_is_refused(weight: str) -> None:
    """When the schema is read, not when it is queried."""
    with pytest.raises(ValueError, match="a weight is a number"):
        thousandths(weight)


MARKET = build.build_schema()._schema
MARKET_PRICES = Prices(MARKET)


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ('{ candles(symbol: "A", last: 1000) { bars { time open high low close volume } } }', 10 + 1000 * 1.8),
        ('{ candles(symbol: "A", last: 1000) { columns { time open high low close volume } } }', 11 + 1000 * 0.8),
        ('{ candles(symbol: "A") { columns { close rsi bollinger { upper lower } } } }', 11.2 + 200 * (0.2 + 0.7)),
        ('{ candles(symbol: "A", last: 50) { bars { bollinger { upper } } } }', 10 + 50 * (0.2 + 1 + 0.2 + 0.2)),
        ('{ quotes(symbols: ["A", "B", "C"]) { price } }', 3),
        ('{ nodes(ids: ["a", "b"]) { id ... on Quote { instrument { name } } } }', 2 * (1 + 1)),
        ("{ instruments(first: 100) { nodes { quote { price } candles(last: 20) { bars { close rsi ema } } } } }",
         10 + 100 * (1 + 1 + 10 + 20 * (0.2 + 1 + 0.5))),
        ("{ instruments { edges { node { symbol } } totalCount } }", 10 + 20 * (1 + 1) + 10),
        ('{ candles(symbol: "A", interval: H1, from: "2024-01-01T00:00:00Z", to: "2024-01-02T00:30:00Z") { bars { close } } }',  # noqa: E501
         10 + 25 * (0.2 + 1.1)),
        ('{ candles(symbol: "A", last: 1000) { count } }', 10 + 200),
    ],
)  # fmt: skip
def test_what_the_market_costs(text: str, cost: float) -> None:
    """A unit is about a microsecond: rows cost more than columns, indicators more than prices."""
    assert plan_of(MARKET, MARKET_PRICES, text).of({}, Limits()) == math.ceil(round(cost, 6))


def test_a_node_costs_what_its_id_asks_for() -> None:
    """A window's id holds its length; without that, ids would be a way around the limits."""
    plan = plan_of(
        MARKET, MARKET_PRICES, "query ($id: ID!) { node(id: $id) { ... on CandleSeries { bars { close } } } }"
    )
    assert plan.of({"id": global_id("CandleSeries", "A", "D1", 5000, None, None)}, Limits()) == 1 + 1000 + 5500
    assert plan.of({"id": global_id("CandleSeries", "A", "D1", None, 0, 864_000)}, Limits()) == 1 + 2 + 11
    for other in (global_id("Quote", "A"), "nonsense", 5, None):
        assert plan.of({"id": other}, Limits()) == 1


def test_what_is_asked_for_is_bounded_even_where_it_is_not_shown() -> None:
    """The size of a window that only its count is taken of."""
    plan = plan_of(MARKET, MARKET_PRICES, 'query ($n: Int) { candles(symbol: "A", last: $n) { count } }')
    assert plan.of({"n": 1000}, Limits()) == 210
    assert plan.of({"n": 50_001}, Limits()) == 10  # the field refuses it at its own path


def test_nodes_cost_what_the_dearest_of_their_ids_asks_for() -> None:
    """The number of ids is the size of the list, not of the windows in it."""
    text = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on CandleSeries { columns { close } } } }"
    ids = [global_id("CandleSeries", "A", "D1", last, None, None) for last in (10, 5000, 300)]
    assert plan_of(MARKET, MARKET_PRICES, text).of({"ids": ids}, Limits()) == 3 * (1 + 1 + 1000 + 500)
    written = f'{{ nodes(ids: ["{ids[1]}"]) {{ ... on CandleSeries {{ columns {{ close }} }} }} }}'
    assert plan_of(MARKET, MARKET_PRICES, written).of({}, Limits()) == 1 + 1 + 1000 + 500


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        ({}, None),
        ({"from": "2024-01-01T00:00:00Z", "last": 5}, None),
        ({"to": "2024-01-01T00:00:00Z"}, None),
        ({"from": "yesterday"}, None),
        ({"from": "2024-01-01T00:00:00Z", "to": 5}, None),
        ({"from": "2024-01-01T00:00:00Z", "interval": "Y1"}, None),
        ({"from": "2024-01-01T00:00:00Z", "to": "2024-01-11T00:00:00Z"}, 10),
        ({"from": "2024-01-01T00:00:00Z", "to": "2023-01-11T00:00:00Z"}, 0),
        ({"from": "2024-01-01T00:00:00Z", "to": "2024-01-02T00:00:00Z", "interval": "M1"}, 1440),
    ],
)
def test_a_range_is_as_large_as_its_interval_goes_into_it(asked: dict[str, Any], size: int | None) -> None:
    """What cannot be read is left to coercion."""
    assert size_of_window(asked) == size


def test_introspection_and_a_large_watch_list_pass_the_defaults() -> None:
    """With room to spare."""
    assert plan_of(MARKET, MARKET_PRICES, get_introspection_query()).of({}, Limits()) < Limits().max_cost / 10
    text = "{ instruments(first: 100) { nodes { symbol candles(last: 20) { bars { close rsi macd { macd } } } } } }"
    assert plan_of(MARKET, MARKET_PRICES, text).of({}, Limits()) < Limits().max_cost / 10


# The naive calculation: collects and sums anew for every item, on the library's own coercion of arguments.


def naive(text: str, variables: dict[str, Any]) -> float:
    """The cost of the one operation of *text* in the shop, in units."""
    document = parse(text)
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    (operation,) = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]

    def collect(kind: GraphQLObjectType, places: list[Any], followed: set[str]) -> dict[str, list[FieldNode]]:
        groups: dict[str, list[FieldNode]] = {}
        for place in places:
            for node in place.selections:
                skip = get_directive_values(GraphQLSkipDirective, node, coerced)
                include = get_directive_values(GraphQLIncludeDirective, node, coerced)
                if (skip and skip["if"]) or (include and not include["if"]):
                    continue
                if isinstance(node, FieldNode):
                    groups.setdefault((node.alias or node.name).value, []).append(node)
                    continue
                inner: Any = node
                if isinstance(node, FragmentSpreadNode):
                    if node.name.value in followed:
                        continue
                    followed.add(node.name.value)
                    inner = fragments[node.name.value]
                if inner.type_condition is None or inner.type_condition.name.value in (kind.name, "Thing"):
                    for name, nodes in collect(kind, [inner.selection_set], followed).items():
                        groups.setdefault(name, []).extend(nodes)
        return groups

    def below(kind: Any, places: list[Any], inherited: int | None, names: tuple[str, ...]) -> float:
        if not is_object_type(kind):
            return max(below(one, places, inherited, names) for one in SHOP.get_possible_types(kind))
        total = 0.0
        for nodes in collect(kind, places, set()).values():
            name = nodes[0].name.value
            if name == "__typename":
                continue
            field = kind.fields[name]
            arguments = get_argument_values(field, nodes[0], coerced)
            sizes = [arguments.get("first")]
            if name == "users":
                ids = arguments.get("ids")
                sizes += [None if ids is None else len(ids), (arguments.get("filter") or {}).get("max")]
            asked = [one for one in sizes if one is not None]
            size = max(asked) if asked else {"page": 20, "anything": 3, "friends": 4}.get(name, 10)
            here = inherited if inherited is not None and (not names or name in names) else None
            weight = {
                "Page.total": 2.5, "Table.names": 0.1, "Lines.upper": 0.2, "User.secret": 0.5, "User.best": 7.0,
                "Shop.title": 10.0, "Query.colour": 3.0,
            }.get(f"{kind.name}.{name}")  # fmt: skip
            inner = get_named_type(field.type)
            if weight is None:
                weight = {"User": 2.0, "String": 0.0, "Int": 0.0}.get(inner.name, 1.0)
            around, count = get_nullable_type(field.type), 1
            if is_list_type(around):
                count = size if here is None else here
                count *= 10 if is_list_type(get_nullable_type(around.of_type)) else 1
            passed: tuple[int | None, tuple[str, ...]] = (None, ())
            if name == "page":
                passed = (size, ("nodes", "table"))
            elif here is not None and not is_list_type(around):
                passed = (here, ())
            chosen = [node.selection_set for node in nodes if node.selection_set]
            for _ in range(count):
                total += weight + (below(inner, chosen, *passed) if chosen else 0)
        return total

    coerced: Any = get_variable_values(SHOP, list(operation.variable_definitions or ()), variables)
    return below(SHOP.query_type, [operation.selection_set], None, ())


_CONDITIONS = st.sampled_from(["", " @skip(if: $s)", " @include(if: $i)", " @skip(if: false)", " @include(if: false)"])
_ARGUMENTS = ("", "(first: 2)", "(first: $n)", "(first: null)", "(first: 0)")
_FIELDS = {
    "Query": ["user:User", "users:User", "page:Page", "anything:Thing", "colour:", "matrix:User"],
    "User": ["name:", "secret:", "friends:User", "best:User"],
    "Page": ["nodes:User", "total:", "table:Table"],
    "Table": ["names:", "lines:Lines"],
    "Lines": ["upper:"],
    "Shop": ["title:"],
    "Thing": ["__typename:"],
}


@st.composite
def selections(draw: st.DrawFn, kind: str, depth: int = 3, spreads: bool = True) -> str:
    """A selection of some fields of *kind*, *depth* fields deep at most."""
    parts = ["__typename"]
    for _ in range(draw(st.integers(1, 3))):
        way = draw(st.integers(0, 7))
        if depth and way == 0:
            parts.append(f"...{draw(_CONDITIONS)} {draw(selections(kind, depth - 1, spreads))}")
        elif way == 1 and spreads and kind in ("Query", "User"):
            parts.append(f"...Of{kind}{draw(_CONDITIONS)}")
        elif depth and kind == "Thing":
            one = draw(st.sampled_from(["User", "Shop"]))
            parts.append(f"... on {one}{draw(_CONDITIONS)} {draw(selections(one, depth - 1, spreads))}")
        else:
            parts.append(draw(_field(kind, depth, spreads)))
    return "{ " + " ".join(parts) + " }"


@st.composite
def _field(draw: st.DrawFn, kind: str, depth: int, spreads: bool) -> str:
    name, _, inner = draw(st.sampled_from(_FIELDS[kind])).partition(":")
    if inner and not depth:
        return "__typename"
    alias, arguments = "", ""
    if name in ("users", "page", "anything", "friends"):
        # Equal response names must have equal arguments, so those are a part of the alias.
        number = draw(st.integers(0, len(_ARGUMENTS) - 1))
        alias, arguments = f"{name}{number}: ", _ARGUMENTS[number]
    if name == "users" and draw(st.booleans()):
        alias, arguments = "some: ", "(ids: $ids, first: $n)"
    below = draw(selections(inner, depth - 1, spreads)) if inner else ""
    return f"{alias}{name}{arguments}{draw(_CONDITIONS)} {below}"


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    root=selections("Query"),
    of_query=selections("User", 2),
    of_user=selections("User", 1, spreads=False),
    n=st.none() | st.integers(0, 4),
    ids=st.none() | st.lists(st.just("a"), max_size=4),
    skip=st.booleans(),
    include=st.booleans(),
)
def test_the_compiled_cost_is_the_naive_one(
    root: str, of_query: str, of_user: str, n: int | None, ids: list[str] | None, skip: bool, include: bool
) -> None:
    """For generated operations with fragments, conditions and variables."""
    text = (
        f"query ($n: Int = 3, $ids: [ID!], $s: Boolean!, $i: Boolean!) {root}"
        f" fragment OfQuery on Query {{ user {of_query} }} fragment OfUser on User {of_user}"
    )
    variables: dict[str, Any] = {"s": skip, "i": include, "n": n, "ids": ids}
    document = parse(text)
    (operation,) = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    plan = OperationCost(PRICES, operation, fragments_of(document))
    assert plan.of(variables, Limits()) == math.ceil(round(naive(text, variables), 6))
