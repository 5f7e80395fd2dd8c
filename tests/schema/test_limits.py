"""Each limit of a document's shape, at its bound and one above."""

import time
from dataclasses import fields

import pytest
from graphql import get_introspection_query, parse

from gateway.config import Settings
from schema.errors import LimitExceeded
from schema.limits import Limits
from schema.shape import CyclicFragments, check_shape


def refusal(text: str, limits: Limits) -> tuple[str, int, int] | None:
    """The limit that refuses *text*, its value and what was found; None if none does."""
    try:
        check_shape(parse(text), limits)
    except LimitExceeded as error:
        found = error.extensions or {}
        return found["limit"], found["maximum"], found["found"]
    return None


def test_a_refusal_says_what_was_found_and_what_the_limit_is() -> None:
    """In words and for programs."""
    with pytest.raises(LimitExceeded) as refused:
        check_shape(parse("{ a { b } }"), Limits(max_depth=1))
    assert refused.value.formatted == {
        "message": "the operation is 2 fields deep, the limit max_depth is 1",
        "extensions": {"code": "LIMIT_EXCEEDED", "limit": "max_depth", "maximum": 1, "found": 2},
    }


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("{ a }", 1),
        ("{ a { b { c } } }", 3),
        ("{ a { ... { ... on T { b } } } }", 2),
        ("{ a { ...F } } fragment F on T { b { c } }", 3),
        ("{ ...F } fragment F on T { a { ...G } } fragment G on T { b { c } }", 3),
        ("{ __schema { types { ofType { ofType { name } } } } }", 3),
        ("{ a } fragment Unused on T { b { c { d } } }", 3),
        ("query A { a } query B { a { b } }", 2),
    ],
)
def test_depth_counts_fields_with_fragments_followed(text: str, depth: int) -> None:
    """Inline fragments and ``ofType`` add none; fragments that nobody spreads count too."""
    assert refusal(text, Limits(max_depth=depth)) is None
    if depth > 1:
        assert refusal(text, Limits(max_depth=depth - 1)) == ("max_depth", depth - 1, depth)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("{ a b c }", 3),
        ("{ a a a }", 6),
        ("{ a { x } a { x } }", 3 + 3),
        ("{ a { x { y } } b }", 4),
        ("{ ...F ...G } fragment F on T { a } fragment G on T { b }", 3 + 2),
        ("{ a } fragment Unused on T { b b }", 1 + 3),
        ("query A { a } query B { a }", 2),
    ],
)
def test_fields_count_as_often_as_they_are_compared(text: str, count: int) -> None:
    """A field, or a fragment, that stands k times in one place counts k(k+1)/2."""
    assert refusal(text, Limits(max_fields=count)) is None
    assert refusal(text, Limits(max_fields=count - 1)) == ("max_fields", count - 1, count)


@pytest.mark.parametrize(
    "text",
    ["{ a b c }", "{ a a b c }", "{ a ... { b } ...F } fragment F on T { a c }", "query A { a b c } query B { a }"],
)
def test_root_fields_are_those_of_the_answer(text: str) -> None:
    """A field that is written twice is answered once."""
    assert refusal(text, Limits(max_root_fields=3)) is None
    assert refusal(text, Limits(max_root_fields=2)) == ("max_root_fields", 2, 3)


@pytest.mark.parametrize(
    "text",
    [
        "{ a: x b: x }",
        "{ x { a: x } b: x }",
        "{ a: x a: x b: x }",
        "{ x { ...F } y { ...F } } fragment F on T { a: x }",
        "query A { a: x b: x } query B { a: x }",
    ],
)
def test_aliases_count_wherever_they_are_answered(text: str) -> None:
    """A fragment's aliases count each time that it is spread."""
    assert refusal(text, Limits(max_aliases=2)) is None
    assert refusal(text, Limits(max_aliases=1)) == ("max_aliases", 1, 2)


def test_introspection_passes_the_defaults() -> None:
    """GraphiQL asks this first."""
    assert refusal(get_introspection_query(), Limits()) is None


def test_fragments_that_lead_back_are_left_to_validation() -> None:
    """They have no depth."""
    for text in (
        "{ ...A } fragment A on T { ...A }",
        "{ ...A } fragment A on T { a { ...B } } fragment B on T { ...A }",
    ):
        with pytest.raises(CyclicFragments):
            check_shape(parse(text), Limits())


def doubling(levels: int) -> str:
    """Fragments that each spread the next one twice."""
    text = "{ ...F0 }"
    for level in range(levels):
        text += f" fragment F{level} on T {{ a {{ ...F{level + 1} }} b {{ ...F{level + 1} }} }}"
    return text + f" fragment F{levels} on T {{ c }}"


def spreading(count: int) -> str:
    """Many fragments in one place, each of which validation compares with each."""
    spreads, fragments = [f"...F{n}" for n in range(count)], [f"fragment F{n} on T {{ x{n} }}" for n in range(count)]
    return f"{{ {' '.join(spreads)} }} {' '.join(fragments)}"


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        (doubling(11), "max_fields"),
        (doubling(60), "max_depth"),
        ("{" + "a " * 4000 + "}", "max_fields"),
        ("{" + "a { b c d } " * 600 + "}", "max_fields"),
        ("{" + "".join(f"a{n}: x " for n in range(10_000)) + "}", "max_fields"),
        (
            "{"
            + "".join(f"...F{n} " for n in range(500))
            + "}"
            + "".join(f"fragment F{n} on T{{x{n}}}" for n in range(500)),
            "max_fields",
        ),
        ("{" + "a{" * 190 + "b" + "}" * 190 + "}", "max_depth"),
    ],
    ids=["bomb", "deep bomb", "repeated", "repeated objects", "aliases", "spreads", "deep"],
)
def test_bombs_are_refused_within_a_blink(text: str, limit: str) -> None:
    """Validating some of these takes minutes; measuring them stops at the limit."""
    document = parse(text)
    begun = time.perf_counter()
    with pytest.raises(LimitExceeded) as refused:
        check_shape(document, Limits())
    assert time.perf_counter() - begun < 0.5
    assert (refused.value.extensions or {})["limit"] == limit


def test_every_limit_is_a_setting() -> None:
    """With the same default, and read from the environment."""
    assert Settings().limits() == Limits()
    for one in fields(Limits):
        settings = Settings.from_environment({f"GATEWAY_{one.name.upper()}": "7"})
        assert getattr(settings.limits(), one.name) == 7
