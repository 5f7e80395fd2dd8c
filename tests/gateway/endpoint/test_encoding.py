"""Answers as JSON: what orjson refuses, what nothing can encode, and never a NaN."""

import json
from collections import namedtuple
from datetime import UTC, datetime
from typing import Any, NewType

import orjson
import pytest
import strawberry
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.scalars import JSON as ANYTHING
from strawberry.schema.config import StrawberryConfig

from gateway.endpoint.encoding import encoded
from gateway.endpoint.http import GraphQLEndpoint
from tests.servers import RunningApp

_LARGE = 2**64
_NAN = float("nan")
_Pair = namedtuple("_Pair", ["a", "b"])

Whole = NewType("Whole", int)
_CONFIG = StrawberryConfig(scalar_map={Whole: strawberry.scalar(name="Whole", serialize=lambda value: value)})


def _refused(text: str) -> Any:
    raise AssertionError(f"{text} is no JSON")


def _read(body: bytes) -> Any:
    """What JSON holds, exactly; NaN and the infinities are none."""
    return json.loads(body, parse_constant=_refused)


def test_what_orjson_takes_is_its_text() -> None:
    """Byte for byte."""
    answer = {"data": {"a": [1, 1.5, None, "é"], "b": orjson.Fragment(b"[1,2]")}}
    assert encoded(answer) == orjson.dumps(answer)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (_LARGE, _LARGE),
        (-_LARGE, -_LARGE),
        (2**200, 2**200),
        (_Pair(1, _LARGE), [1, _LARGE]),
        ({1: "one"}, {"1": "one"}),
        ("\ud800", "\ud800"),
    ],
)
def test_what_only_the_standard_library_takes(value: Any, read: Any) -> None:
    """Beside what only orjson takes: lists that were completed by column, and moments."""
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    answer = {"data": {"x": value, "rows": [orjson.Fragment(b'[{"a":18446744073709551616},0.1]')], "at": moment}}
    assert _read(encoded(answer))["data"] == {
        "x": read,
        "rows": [[{"a": _LARGE}, 0.1]],
        "at": "2026-01-02T00:00:00+00:00",
    }


@pytest.mark.parametrize("number", [_NAN, float("inf"), -float("inf")])
def test_what_is_no_number_is_null(number: float) -> None:
    """Whatever else the answer holds."""
    assert _read(encoded({"x": [number]})) == {"x": [None]}
    assert _read(encoded({"x": [number, _LARGE]})) == {"x": [None, _LARGE]}


def test_what_nothing_can_encode_is_an_error() -> None:
    """Of one kind."""
    circle: list[Any] = []
    circle.append(circle)
    for value in (object(), {object(): 1}, [_LARGE, object()], circle, [_LARGE, circle], 10**5_000):
        with pytest.raises((TypeError, ValueError)):
            encoded({"x": value})


@strawberry.type
class Query:
    """Values that a scalar may hold."""

    @strawberry.field
    def whole(self) -> Whole:
        """A number of more than 64 bits."""
        return Whole(_LARGE)

    @strawberry.field
    def anything(self) -> ANYTHING:
        """Numbers, and what is none."""
        return ANYTHING([_LARGE, _NAN])

    @strawberry.field
    def failing(self) -> str | None:
        """An error that tells a number."""
        raise GraphQLError("told", extensions={"code": "OWN", "found": _LARGE})


class Refusing(SchemaExtension):
    """Refuses every operation with what no JSON holds."""

    def on_operation(self) -> Any:
        """Nothing is executed."""
        raise GraphQLError("told", extensions={"code": "OWN", "found": object()})


async def test_an_answer_with_large_numbers_is_given() -> None:
    """In data and in errors, alone and in a batch."""
    query = {"query": "{ whole anything failing }"}
    data = {"whole": _LARGE, "anything": [_LARGE, None], "failing": None}
    async with RunningApp(GraphQLEndpoint(strawberry.Schema(Query, config=_CONFIG))) as running:
        answers = [await running.client.post("/", json=asked) for asked in (query, [query])]
    for answer, body in zip(answers, (_read(answers[0].content), _read(answers[1].content)[0]), strict=True):
        assert answer.status_code == 200
        assert body["data"] == data
        assert body["errors"][0]["extensions"] == {"code": "OWN", "found": _LARGE}


async def test_a_refusal_that_has_no_json_is_masked() -> None:
    """It is as much an unforeseen error as a value without JSON is, and answered as GraphQL."""
    async with RunningApp(GraphQLEndpoint(strawberry.Schema(Query, config=_CONFIG, extensions=[Refusing]))) as running:
        answer = await running.client.post("/", json={"query": "{ whole }"})
    assert answer.status_code == 500
    assert answer.json()["errors"][0]["extensions"]["code"] == "INTERNAL"
