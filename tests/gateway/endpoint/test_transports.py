"""One suite over all transports: the same operations, and every error code."""

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import strawberry
from strawberry.extensions import SchemaExtension

from gateway.endpoint.http import GraphQLEndpoint
from gateway.endpoint.negotiation import EVENT_STREAM, JSON
from gateway.endpoint.persisted import PersistedOperations
from resolvers.errors import BadInput, Conflict, GatewayError, NotFound, TooLarge, Unavailable
from schema.errors import RequestError
from schema.limits import Limits
from tests.gateway.endpoint.streamed import events, parts_of, talking
from tests.gateway.endpoint.test_websocket import Texts
from tests.servers import RunningApp

Result = dict[str, Any]
Ask = Callable[[RunningApp, dict[str, Any]], Awaitable[list[Result]]]

_FORESEEN: dict[str, GatewayError] = {
    one.code: one for one in (BadInput("m"), Conflict("m"), NotFound("m"), TooLarge("m"), Unavailable("m"))
}


def _raise(code: str) -> None:
    if code == "REFUSED":
        raise RequestError("m", code=code)
    raise _FORESEEN.get(code, RuntimeError("a secret"))


@strawberry.type
class Query:
    """Answers and errors."""

    @strawberry.field
    def echo(self, text: str) -> str:
        """The text."""
        return text

    @strawberry.field
    def failing(self, code: str) -> str | None:
        """Fails with a code."""
        _raise(code)
        return None


@strawberry.type
class Mutation:
    """The same for writing."""

    @strawberry.mutation
    def echo(self, text: str) -> str:
        """The text."""
        return text


@strawberry.type
class Subscription:
    """The same as streams."""

    @strawberry.subscription
    async def echo(self, texts: list[str]) -> AsyncIterator[str]:
        """Each text."""
        for text in texts:
            yield text

    @strawberry.subscription
    async def failing(self, code: str) -> AsyncIterator[str]:
        """Fails with a code after its first event."""
        yield "first"
        _raise(code)


class Refusing(SchemaExtension):
    """Refuses what is called so."""

    def on_operation(self) -> Any:
        """Before anything is executed."""
        if self.execution_context.operation_name == "Refused":
            raise RequestError("m", code="REFUSED")
        yield


@pytest.fixture(scope="module", params=[(), (Refusing,)], ids=["plain", "extended"])
async def running(request: pytest.FixtureRequest) -> AsyncIterator[RunningApp]:
    """The schema behind uvicorn, with persisted operations."""
    schema = strawberry.Schema(Query, Mutation, Subscription, extensions=request.param)
    endpoint: GraphQLEndpoint[Any, None] = GraphQLEndpoint(schema, limits=Limits(max_aliases=1))
    endpoint.persisted = PersistedOperations(
        Texts(),
        valid=lambda text: not endpoint.documents.get(text).errors,
        trusted={"trusted": '{ echo(text: "trusted") }'},
    )
    async with RunningApp(endpoint) as running:
        yield running


async def _by_json(running: RunningApp, payload: dict[str, Any]) -> list[Result]:
    answer = await running.client.post("/", json=payload, headers={"accept": JSON})
    return [answer.json()]


async def _by_websocket(running: RunningApp, payload: dict[str, Any]) -> list[Result]:
    async with talking(running) as talk:
        await talk.say(id="1", type="subscribe", payload=payload)
        return [{"errors": told} if kind == "error" else told for kind, told in await talk.rest() if kind != "complete"]


async def _by_events(running: RunningApp, payload: dict[str, Any]) -> list[Result]:
    async with events(running.client, "", EVENT_STREAM, payload=payload) as answer:
        parts = [one async for one in parts_of(answer)]
    assert parts[-1] == "event: complete\ndata:"
    return [json.loads(one.partition("data: ")[2]) for one in parts[1:-1]]


async def _by_multipart(running: RunningApp, payload: dict[str, Any]) -> list[Result]:
    async with events(running.client, "", "multipart/mixed;subscriptionSpec=1.0", payload=payload) as answer:
        parts = [json.loads(one) async for one in parts_of(answer, "\r\n") if one.startswith("{")]
    return [one["payload"] for one in parts if one]


async def _by_one_stream(running: RunningApp, payload: dict[str, Any]) -> list[Result]:
    headers = {"x-graphql-event-stream-token": (await running.client.put("/")).text}
    payload = {**payload, "extensions": {**payload.get("extensions", {}), "operationId": "1"}}
    async with running.client.stream("GET", "/", headers=headers) as stream:
        answer = await running.client.post("/", json=payload, headers=headers)
        if answer.status_code != 202:
            return [answer.json()]
        results: list[Result] = []
        async for part in parts_of(stream):
            if part.startswith("event: complete"):
                return results
            if part != ":":
                results.append(json.loads(part.partition("data: ")[2])["payload"])
    raise AssertionError("the stream ended")


STREAMING: dict[str, Ask] = {
    "websocket": _by_websocket,
    "events": _by_events,
    "multipart": _by_multipart,
    "one stream": _by_one_stream,
}
_ALL: dict[str, Ask] = {"json": _by_json, **STREAMING}


def _codes(results: list[Result]) -> list[str]:
    """The codes of all errors; none of them says what it should not."""
    assert "a secret" not in json.dumps(results)
    return [error["extensions"]["code"] for one in results for error in one.get("errors", ())]


@pytest.mark.parametrize("transport", _ALL)
async def test_queries_and_mutations_are_answered(transport: str, running: RunningApp) -> None:
    """With variables, a name, and characters of all kinds."""
    ask = _ALL[transport]
    text = 'ä\n\r\u2028"\\ \U0001f600 event: x data: '
    query = "query A($text: String!) { echo(text: $text) } mutation B($text: String!) { echo(text: $text) }"
    for name in "AB":
        payload = {"query": query, "variables": {"text": text}, "operationName": name}
        assert await ask(running, payload) == [{"data": {"echo": text}}]


@pytest.mark.parametrize("transport", STREAMING)
async def test_subscriptions_are_streamed(transport: str, running: RunningApp) -> None:
    """Each event is a result; none is none."""
    ask = STREAMING[transport]
    query = "subscription($texts: [String!]!) { echo(texts: $texts) }"
    for texts in (["one", "two", "thr\u00e9\n"], []):
        found = await ask(running, {"query": query, "variables": {"texts": texts}})
        assert found == [{"data": {"echo": text}} for text in texts]


_HASH = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}
_REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"query": "{"}, "SYNTAX_ERROR"),
    ({"query": "{ nothing }"}, "INVALID_OPERATION"),
    ({"query": "query($text: String!) { echo(text: $text) }", "variables": {"text": 1}}, "INVALID_OPERATION"),
    ({"query": "query A { __typename }", "operationName": "B"}, "OPERATION_NOT_FOUND"),
    ({"query": ""}, "BAD_REQUEST"),
    ({"query": '{ a: echo(text: "") b: echo(text: "") }'}, "LIMIT_EXCEEDED"),
    ({"extensions": _HASH}, "PERSISTED_QUERY_NOT_FOUND"),
    ({"query": "{ __typename }", "extensions": _HASH}, "PERSISTED_QUERY_MISMATCH"),
    (
        {"query": "{ __typename }", "extensions": {"persistedQuery": {"version": 2}}},
        "PERSISTED_QUERY_NOT_SUPPORTED",
    ),
    ({"query": "subscription { nothing }"}, "INVALID_OPERATION"),
    ({"query": "subscription($code: String!) { failing(code: $code) }", "variables": {}}, "INVALID_OPERATION"),
    ({"query": 'subscription { failing(code: "") echo(texts: []) }'}, "INVALID_OPERATION"),
]


@pytest.mark.parametrize("transport", _ALL)
@pytest.mark.parametrize(("payload", "code"), _REFUSED, ids=lambda value: str(value)[:60])
async def test_what_is_not_executed_has_the_same_code_everywhere(
    payload: dict[str, Any], code: str, transport: str, running: RunningApp
) -> None:
    """And no data."""
    if transport == "json" and "subscription" in payload.get("query", "") and "$code" in payload["query"]:
        code = "TRANSPORT_NOT_SUPPORTED"
    (found,) = await _ALL[transport](running, payload)
    assert set(_codes([found])) == {code}
    assert found.get("data") is None


@pytest.mark.parametrize("transport", _ALL)
@pytest.mark.parametrize("code", [*_FORESEEN, "INTERNAL"])
async def test_errors_in_fields_have_the_same_code_everywhere(code: str, transport: str, running: RunningApp) -> None:
    """In a result with data, masked where nobody foresaw them."""
    (found,) = await _ALL[transport](running, {"query": f'{{ failing(code: "{code}") }}'})
    assert found["data"] == {"failing": None}
    assert _codes([found]) == [code]
    assert ("requestId" in found["errors"][0]["extensions"]) == (code == "INTERNAL")


@pytest.mark.parametrize("transport", STREAMING)
@pytest.mark.parametrize("code", [*_FORESEEN, "INTERNAL", "REFUSED"])
async def test_sources_that_fail_have_the_same_code_everywhere(code: str, transport: str, running: RunningApp) -> None:
    """After what they gave before."""
    first, last = await STREAMING[transport](running, {"query": f'subscription {{ failing(code: "{code}") }}'})
    assert first == {"data": {"failing": "first"}}
    assert last.get("data") is None
    assert _codes([last]) == [code]


@pytest.mark.parametrize("transport", _ALL)
async def test_operations_are_persisted_everywhere(transport: str, running: RunningApp) -> None:
    """What was sent with its hash by one transport is known to all, and trusted documents have their ids."""
    query = f'query {transport.replace(" ", "")} {{ echo(text: "persisted") }}'
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(query.encode()).hexdigest()}}
    (unknown,) = await _ALL[transport](running, {"extensions": extensions})
    assert _codes([unknown]) == ["PERSISTED_QUERY_NOT_FOUND"]
    persisted = [{"data": {"echo": "persisted"}}]
    assert await _ALL[transport](running, {"query": query, "extensions": extensions}) == persisted
    for ask in _ALL.values():
        assert await ask(running, {"extensions": extensions}) == persisted
    assert await _ALL[transport](running, {"documentId": "trusted"}) == [{"data": {"echo": "trusted"}}]


@pytest.mark.parametrize("transport", _ALL)
async def test_only_trusted_documents_where_that_is_asked_for(transport: str) -> None:
    """The same refusal everywhere, of subscriptions too."""
    schema = strawberry.Schema(Query, Mutation, Subscription)
    endpoint: GraphQLEndpoint[Any, None] = GraphQLEndpoint(schema)
    endpoint.persisted = PersistedOperations(Texts(), valid=lambda _: True, trusted={"a": "b"}, trusted_only=True)
    async with RunningApp(endpoint) as running:
        for query in ("{ __typename }", 'subscription { echo(texts: ["a"]) }'):
            assert _codes(await _ALL[transport](running, {"query": query})) == ["DOCUMENT_NOT_TRUSTED"]


@pytest.mark.parametrize("transport", _ALL)
async def test_what_an_extension_refuses_has_its_code_everywhere(transport: str) -> None:
    """Before there is anything to stream."""
    schema = strawberry.Schema(Query, Mutation, Subscription, extensions=[Refusing])
    async with RunningApp(GraphQLEndpoint[Any, None](schema)) as running:
        queries = ["query Refused { __typename }", 'subscription Refused { echo(texts: ["a"]) }']
        for query in queries[: 1 if transport == "json" else 2]:
            (found,) = await _ALL[transport](running, {"query": query})
            assert found.get("data") is None
            assert _codes([found]) == ["REFUSED"]
