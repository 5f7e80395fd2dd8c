"""The key by which executions are shared: made of what is computed, whoever listens."""

from typing import Any

import pytest
from graphql import GraphQLError

from gateway.endpoint.documents import Documents
from gateway.endpoint.executing import RequestErrors
from gateway.streams.selection import NotShared, Subscription, subscription_of
from resolvers.errors import BadInput
from schema.errors import LimitExceeded
from schema.limits import Limits
from tests.gateway.streams.live_schema import LIVE
from tests.gateway.streams.stage import ALL_FIELDS, LATEST_FIELDS, Stage

_AUDIENCES = {name: frozenset({"names", "like"}) for name in (*LATEST_FIELDS, *ALL_FIELDS)}


def _of(text: str, access: str = "anonymous", **variables: Any) -> Subscription:
    return subscription_of(LIVE, Stage().operation(text), variables, _AUDIENCES, access)


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("subscription { rows(names: []) { name scaled(by: 2, offset: 0.5) } }", {}),
        ("subscription Named { rows(names: []) { name scaled(offset: 0.5, by: 2) } }", {}),
        ('subscription { rows(names: ["a", "b"]) { name scaled(by: 2, offset: 0.5) } }', {}),
        ("subscription ($n: [String!]!) { rows(names: $n) { name scaled(by: 2, offset: 0.5) } }", {"n": ["c"]}),
        ("subscription ($b: Int) { rows(names: []) { name scaled(by: $b, offset: 0.5) } }", {"b": 2}),
        ("subscription ($b: Int = 2) { rows(names: []) { name scaled(by: $b, offset: 0.5) } }", {}),
        ("subscription { rows(names: []) { ...F } } fragment F on Row { name scaled(by: 2, offset: 0.5) }", {}),
        ("subscription { rows(names: []) { ... on Named { name } ... { scaled(by: 2, offset: 0.5) } } }", {}),
        ("subscription { rows(names: []) { name scaled(by: 2, offset: 0.5) name price @skip(if: true) } }", {}),
        (
            "subscription ($y: Boolean!) { rows(names: [])"  # noqa: ISC004
            " { name @include(if: $y) scaled(by: 2, offset: 0.5) count @skip(if: $y) } }",
            {"y": True},
        ),
        ("subscription @throttle(ms: 500) { rows(names: []) { name scaled(by: 2, offset: 0.5) } }", {}),
    ],
)
def test_what_is_computed_alike_has_one_text(text: str, variables: dict[str, Any]) -> None:
    """Whatever it is called, how it is written, who listens and how often."""
    shared = "subscription {\n  rows {\n    name\n    scaled(by: 2, offset: 0.5)\n  }\n}"
    assert _of(text, **variables).selection.text == shared


@pytest.mark.parametrize(
    "text",
    [
        "subscription { rows(names: []) { name price } }",
        "subscription { rows(names: []) { name scaled } }",
        "subscription { rows(names: []) { name scaled(by: null) } }",
        "subscription { rows(names: []) { scaled(by: 2) name } }",
        "subscription { rows(names: []) { n: name scaled(by: 2) } }",
        "subscription { mine: rows(names: []) { name scaled(by: 2) } }",
        "subscription { mustRows(names: []) { name scaled(by: 2) } }",
    ],
)
def test_what_is_answered_otherwise_has_another_key(text: str) -> None:
    """Other fields, orders, names, arguments."""
    assert _of(text).selection.key != _of("subscription { rows(names: []) { name scaled(by: 2) } }").selection.key


def test_no_variable_remains() -> None:
    """In lists and objects neither, and one without a value is not given."""
    text = (
        "subscription ($h: Int, $l: Int, $f: Int, $r: Range) {"
        " a: someRows(names: [], within: {low: $l, high: $h}, first: 2) { scaled(by: $f) }"
        "}"
    )
    made = _of(text.replace(", $r: Range", ""), h=7)
    assert "someRows(first: 2, within: { high: 7 })" in made.selection.text
    assert "scaled\n" in made.selection.text
    whole = _of("subscription ($r: Range) { someRows(names: [], within: $r) { name } }", r={"high": 1, "low": 2})
    assert "within: { high: 1, low: 2 }" in whole.selection.text


def test_arguments_that_are_no_audience_divide() -> None:
    """Membership or order may depend on them."""
    one = _of("subscription { someRows(names: [], first: 2) { name } }")
    other = _of("subscription { someRows(names: [], first: 4) { name } }")
    assert one.selection.key != other.selection.key
    assert other.arguments == {"names": [], "first": 4, "within": None}


def test_classes_of_access_share_nothing() -> None:
    """What one may see the other may not."""
    text = "subscription { rows(names: []) { name } }"
    one, other = _of(text, access="a"), _of(text, access="b")
    assert one.selection.text == other.selection.text
    assert one.selection.key != other.selection.key


def test_conditions_on_types_stay_where_they_decide() -> None:
    """Below an interface or a union; in an order that answers keep."""
    text = _of(
        "subscription { named(names: []) { name ... on Row { count ...F } ... on Named { name } name"
        " ... on Other { size } ...F } } fragment F on Row { price }"
    ).selection.text
    expected = "subscription { named { name ... on Row { count price } name ... on Other { size } } }"
    assert " ".join(text.split()) == expected


def test_fragments_that_double_do_not_grow() -> None:
    """Fields of one name are one field; what is left has a bound."""
    fragments = " ".join(
        f"fragment F{number} on Row {{ others {{ ...F{number + 1} }} others {{ ...F{number + 1} }} }}"
        for number in range(8)
    )
    text = f"subscription {{ rows(names: []) {{ ...F0 }} }} {fragments} fragment F8 on Row {{ name }}"
    assert _of(text).selection.text.count("others") == 8


def test_too_many_fields_are_refused() -> None:
    """What fragments hide is counted where it comes out."""
    names = " ".join(f"a{number}: name" for number in range(80))
    inner = " ".join(f"o{number}: others {{ {names} }}" for number in range(70))
    large = 10**9
    limits = Limits(max_document_bytes=large, max_tokens=large, max_fields=large, max_aliases=large)
    document = Documents(LIVE, limits).get(f"subscription {{ rows(names: []) {{ {inner} }} }}")
    assert not document.errors
    with pytest.raises(LimitExceeded, match="more than 5,000 fields"):
        subscription_of(LIVE, document.operation(), {}, _AUDIENCES, "anonymous")


def test_what_cannot_be_streamed_is_refused() -> None:
    """Variables that do not fit, fields without a source, queries, odd rates."""
    with pytest.raises(RequestErrors):
        _of("subscription ($n: [String!]!) { rows(names: $n) { name } }", n=5)
    with pytest.raises(NotShared, match="one is no field that this gateway streams"):
        _of("subscription { one(names: []) { name } }")
    with pytest.raises(GraphQLError, match="a subscription was expected"):
        _of("{ rows { name } }")
    with pytest.raises(BadInput, match="ms of @throttle must be from 0 to 3,600,000, was -1"):
        _of("subscription @throttle(ms: -1) { rows(names: []) { name } }")
    assert _of("subscription ($m: Int!) @throttle(ms: $m) { rows(names: []) { name } }", m=250).throttle_seconds == 0.25
