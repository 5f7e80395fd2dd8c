"""Documents: what is kept of a text, which operation is meant, and what is refused how fast."""

import gc
import time
import weakref
from hashlib import sha256
from typing import Any

import pytest
from graphql import GraphQLError, OperationType, build_schema, get_introspection_query

from gateway.endpoint.documents import Documents
from gateway.endpoint.operation import Document
from schema.build import build_schema as build_market
from schema.errors import LimitExceeded, RequestError
from schema.limits import Limits

SCHEMA = build_schema(
    """
    directive @listSize(slicingArguments: [String!], requireOneSlicingArgument: Boolean = false) on FIELD_DEFINITION
    type Query {
      a: Query b: Int name(first: Int, last: Int): String
      some(first: Int, last: Int): [Query]
        @listSize(slicingArguments: ["first", "last"], requireOneSlicingArgument: true)
    }
    type Mutation { change: Int }
    type Subscription { ticks: Int }
    """
)


def documents(**limits: int) -> Documents:
    """Documents of the schema above."""
    return Documents(SCHEMA, Limits(**limits))


def refusal(document: Document) -> dict[str, Any]:
    """The extensions of the one error of a document."""
    (error,) = document.errors
    return error.extensions or {}


def test_a_text_is_read_once() -> None:
    """The same object answers, however often the text is made anew."""
    known = documents()
    first = known.get("{ b }")
    assert known.get("".join(["{", " b }"])) is first
    assert first.errors == ()
    assert first.hash == sha256(b"{ b }").hexdigest()


def test_an_operation_is_chosen_by_its_name() -> None:
    """The only one needs none."""
    known = documents()
    (both, one) = (known.get("query A { b } mutation B { change }"), known.get("subscription C { ticks }"))
    assert both.operation("A").kind is OperationType.QUERY
    assert both.operation("B").kind is OperationType.MUTATION
    assert both.operation("B").name == "B"
    assert one.operation().kind is OperationType.SUBSCRIPTION
    assert one.operation(None) is one.operation("") is one.operation("C")
    anonymous = known.get("{ b }").operation()
    assert anonymous.name is None
    assert anonymous.definition is anonymous.document.definitions[0]


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("query A { b } query B { b }", None, "operationName must name one of the document's operations: A, B"),
        ("query A { b } query B { b }", "", "operationName must name one of the document's operations: A, B"),
        ("query A { b } query B { b }", "C", "no operation 'C' is in the document; there are: A, B"),
        ("query A { b }", "a", "no operation 'a' is in the document; there are: A"),
        ("{ b }", "A", "no operation 'A' is in the document; there are: none with a name"),
    ],
)
def test_an_operation_that_is_not_there(text: str, name: str | None, message: str) -> None:
    """A request error that lists those that are."""
    with pytest.raises(RequestError) as missing:
        documents().get(text).operation(name)
    assert missing.value.message == message
    assert missing.value.extensions == {"code": "OPERATION_NOT_FOUND"}


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("", "SYNTAX_ERROR", "Syntax Error: Unexpected <EOF>."),
        ("{ b", "SYNTAX_ERROR", "Syntax Error: Expected Name, found <EOF>."),
        ('{ b(x: "\ud800") }', "SYNTAX_ERROR", "Syntax Error: Invalid character within String: U+D800."),
        ("{ nane }", "INVALID_OPERATION", "Cannot query field 'nane' on type 'Query'. Did you mean 'name'?"),
        ("query ($x: Int) { b }", "INVALID_OPERATION", "Variable '$x' is never used."),
        ("{ ...A } fragment A on Query { ...A }", "INVALID_OPERATION", "Cannot spread fragment 'A' within itself."),
        ("fragment A on Query { b }", "INVALID_OPERATION", "Fragment 'A' is never used."),
        ("{ some { b } }", "INVALID_OPERATION", "some takes exactly one of first, last, given: none"),
        ("{ some(first: 1, last: 1) { b } }", "INVALID_OPERATION",
         "some takes exactly one of first, last, given: first, last"),
    ],
)  # fmt: skip
def test_what_cannot_be_executed_says_why(text: str, code: str, message: str) -> None:
    """With a code, where it is in the text, and a suggestion where there is one."""
    known = documents()
    document = known.get(text)
    (error,) = document.errors
    assert (error.message, error.extensions) == (message, {"code": code})
    assert error.formatted["locations"]
    assert known.get(text) is document


def test_one_slicing_argument_is_enough() -> None:
    """An explicit null is none."""
    assert documents().get("{ some(first: 1, last: null) { b } }").errors == ()


def test_validation_ends_after_a_few_errors() -> None:
    """Five, and one that says so; every error has its code."""
    errors = documents().get("{ " + " ".join(f"x{n}" for n in range(90)) + " }").errors
    assert len(errors) == 6
    assert "aborted" in errors[-1].message
    assert all((error.extensions or {})["code"] == "INVALID_OPERATION" for error in errors)


@pytest.mark.parametrize(
    ("limits", "good", "bad", "found"),
    [
        ({"max_document_bytes": 8}, "{ b } #a", "{ b } #ä", 9),
        ({"max_tokens": 4}, "{ b b }", "{ b b b }", 5),
        ({"max_tokens": 3}, "#1\n#2\n#3\n{ b }", "#1\n#2\n#3\n#4\n{ b }", 4),
        ({"max_depth": 2}, "{ a { b } }", "{ a { a { b } } }", 3),
        ({"max_fields": 3}, "{ b b }", "{ b b b }", 6),
        ({"max_root_fields": 1}, "{ b }", "{ b c: b }", 2),
        ({"max_aliases": 1}, "{ c: b }", "{ c: b d: b }", 2),
    ],
)
def test_each_limit_at_its_bound_and_one_above(limits: dict[str, int], good: str, bad: str, found: int) -> None:
    """The refusal names it."""
    known = documents(**limits)
    assert known.get(good).errors == ()
    ((limit, maximum),) = limits.items()
    assert refusal(known.get(bad)) == {"code": "LIMIT_EXCEEDED", "limit": limit, "maximum": maximum, "found": found}


def test_limits_that_depend_on_variables() -> None:
    """One document, asked for much or little."""
    known = documents(max_list_size=50, max_cost=500)
    operation = known.get("query ($n: Int) { some(first: $n) { some(first: 10) { a { b } } } }").operation()
    known.check(operation, {"n": 20})
    with pytest.raises(LimitExceeded, match="the operation costs 1,050, the limit max_cost is 500"):
        known.check(operation, {"n": 50})
    with pytest.raises(LimitExceeded, match="asked for 51 items, the limit max_list_size is 50"):
        known.check(operation, {"n": 51})


def test_garbage_displaces_nothing_good() -> None:
    """Texts with errors have a place of their own, which is bounded too."""
    known = Documents(SCHEMA, Limits(), size=20)
    good = [known.get(f"{{ x{n}: b }}") for n in range(20)]
    bad = known.get("{ x0 }")
    for n in range(200):
        assert known.get(f"{{ x{n} }}").errors
    assert [known.get(f"{{ x{n}: b }}") for n in range(20)] == good
    assert known.get("{ x0 }") is not bad


def test_the_least_recently_used_goes_first() -> None:
    """A look keeps a document."""
    known = Documents(SCHEMA, Limits(), size=2)
    first, second = known.get("{ b }"), known.get("{ c: b }")
    assert known.get("{ b }") is first
    known.get("{ d: b }")
    assert known.get("{ b }") is first
    assert known.get("{ c: b }") is not second


def test_long_texts_are_kept_within_a_number_of_characters() -> None:
    """One that is longer than all may be is read each time."""
    known = Documents(SCHEMA, Limits(), characters=100)
    long = known.get("{ b }" + " " * 80)
    assert known.get("{ b }" + " " * 80) is long
    known.get("{ c: b }" + " " * 80)
    assert known.get("{ b }" + " " * 80) is not long
    assert known.get("{ b }" + " " * 101) is not known.get("{ b }" + " " * 101)


def test_errors_keep_no_document_alive() -> None:
    """A refused text costs its text, not its tree."""
    (error,) = documents().get("{ nane }").errors
    assert (error.nodes, error.source, error.__traceback__, error.__context__) == (None, None, None, None)
    (syntax,) = documents().get("{").errors
    assert (syntax.nodes, syntax.source, syntax.__traceback__, syntax.__context__) == (None, None, None, None)


def nested_lists(levels: int) -> str:
    """An argument that is a list in a list in a list."""
    return "{ name(first: " + "[" * levels + "]" * levels + ") }"


def doubling(levels: int, fields: str) -> str:
    """Fragments that each spread the next one twice, in a *fields* pattern."""
    parts = [f"fragment F{n} on Query {{ {fields.replace('NEXT', f'...F{n + 1}')} }}" for n in range(levels)]
    return f"{{ ...F0 }} {' '.join(parts)} fragment F{levels} on Query {{ b }}"


ABUSE = {
    "30 MB": "#" * 30_000_000,
    "tokens": "{" + "b " * 6000 + "}",
    "repeated": "{" + "b " * 4900 + "}",
    "aliases": "{" + "".join(f"a{n}: b " for n in range(10_000)) + "}",
    "aliases within the tokens": "{" + "".join(f"a{n}: b " for n in range(1_500)) + "}",
    "deep": "{a" * 20_000 + "}" * 20_000,
    "a little deep": "{a" * 190 + "}" * 190,
    "deep fragments": "{ ...F0 } " + " ".join(f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(600)),
    "bomb": doubling(100, "a { NEXT } c: a { NEXT }"),
    "flat bomb": doubling(100, "NEXT NEXT NEXT"),
    "directives": "{ b " + "@skip(if: false) " * 800 + "}",
    "unknown directives": "{ b " + "@x " * 2400 + "}",
    "lists": nested_lists(2000),
    "lists within the nesting": nested_lists(150),
    "operations": " ".join(f"query Q{n} {{ ...F }}" for n in range(600)) + " fragment F on Query { " + "b " * 90 + "}",
    "overlapping": "{" + ("a{" * 11 + "b " * 5 + "}" * 11) * 60 + "}",
    "variables": "query (" + "".join(f"$v{n}: Int " for n in range(1500)) + ") { b }",
    "a number": "{ name(first: " + "9" * 90_000 + ") }",
    "introspection": "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
}


@pytest.mark.parametrize("name", ABUSE)
def test_abuse_is_refused_within_a_blink(name: str) -> None:
    """Each of these took from a second to for ever somewhere; here the worst takes some 80 ms."""
    known = documents()
    begun = time.perf_counter()
    document = known.get(ABUSE[name])
    assert time.perf_counter() - begun < 1
    assert document.errors
    codes = {(error.extensions or {})["code"] for error in document.errors}
    assert codes <= {"LIMIT_EXCEEDED", "SYNTAX_ERROR", "INVALID_OPERATION"}


MARKET = Documents(build_market()._schema, Limits())


@pytest.mark.parametrize(
    "text",
    [
        get_introspection_query(specified_by_url=True, directive_is_repeatable=True, input_value_deprecation=True),
        """query Chart($symbol: String!) { candles(symbol: $symbol, interval: D1, last: 250) { columns {
             timestamp close rsi(period: 14) fast: ema(period: 12) slow: ema(period: 26)
             bollinger(period: 20, deviations: 2) { upper middle lower } } } }""",
        """{ instruments(first: 100) { edges { node { symbol quote { price changePercent }
             candles(last: 20) { bars { time close rsi macd { macd signal } } } } } pageInfo { hasNextPage } } }""",
        "{" + " ".join(f'a{n}: candles(symbol: "S{n}", last: 20) {{ columns {{ close }} }}' for n in range(100)) + "}",
    ],
    ids=["introspection", "chart", "watch list", "a hundred symbols by alias"],
)
def test_what_front_ends_ask_passes_the_defaults(text: str) -> None:
    """Limits are against abuse, not against use."""
    document = MARKET.get(text)
    assert document.errors == ()
    MARKET.check(document.operation(), {"symbol": "NOVA"})


@pytest.mark.parametrize("n", [10**18, 2**31, 50_001])
def test_a_huge_window_is_left_to_its_field(n: int) -> None:
    """The field refuses it at its own path, so it costs the operation no more than the field and its error."""
    operation = MARKET.get('query ($n: Int) { candles(symbol: "A", last: $n) { columns { close } } }').operation()
    MARKET.check(operation, {"n": n})
    assert operation.cost.of({"n": n}, Limits()) < operation.cost.of({"n": 100}, Limits())


@pytest.mark.parametrize("n", [-1, -(10**30), None])
def test_a_negative_number_or_a_null_saves_nothing(n: int | None) -> None:
    """They cost what none costs, and the resolver says what is wrong with them."""
    text = 'query ($n: Int) { candles(symbol: "A", last: $n) { columns { close } } }'
    operation = MARKET.get(text).operation()
    assert operation.cost.of({"n": n}, MARKET.limits) == operation.cost.of({}, MARKET.limits) > 0


def test_a_document_that_is_gone_is_freed() -> None:
    """Nothing else holds on to it."""
    known = Documents(SCHEMA, Limits(), size=1)
    document = known.get("{ b }").operation().document
    gone = weakref.ref(document)
    del document
    known.get("{ c: b }")
    gc.collect()
    assert gone() is None


def test_errors_are_graphql_errors_that_any_transport_can_show() -> None:
    """With the fields of the specification and nothing else."""
    (error,) = documents().get("{ nane }").errors
    assert isinstance(error, GraphQLError)
    assert set(error.formatted) == {"message", "locations", "extensions"}
