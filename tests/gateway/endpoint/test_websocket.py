"""GraphQL over WebSocket against real uvicorn."""

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from gateway.endpoint.persisted import PersistedOperations
from gateway.endpoint.stream_limits import StreamLimits
from schema.limits import Limits
from tests.gateway.endpoint.streamed import Counted, Gates, Streaming, Talk, socket_url, talking, until
from tests.servers import RunningApp


class Texts:
    """A store of texts, in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def get(self, key: str) -> str | None:
        """The text of a key."""
        return self.kept.get(key)

    async def set(self, key: str, text: str) -> None:
        """Keeps a text."""
        self.kept[key] = text


@pytest.fixture(scope="module", params=[(), (Counted,)], ids=["plain", "extended"])
async def shared(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Streaming, RunningApp]]:
    """The schema, without and with an extension, behind uvicorn."""
    endpoint = Streaming(*request.param)
    async with RunningApp(endpoint) as running:
        yield endpoint, running


@pytest.fixture
def served(shared: tuple[Streaming, RunningApp]) -> tuple[Streaming, RunningApp]:
    """The same with nothing noted, and all gates closed."""
    shared[0].gates, shared[0].contexts, shared[0].persisted = Gates(), 0, None
    return shared


@pytest.fixture
async def talk(served: tuple[Streaming, RunningApp]) -> AsyncIterator[Talk]:
    """A connection that has begun."""
    async with talking(served[1]) as talk:
        yield talk


def _without_extensions(heard: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Messages without what the test's extension says."""
    for _, payload in heard:
        if isinstance(payload, dict) and payload.get("extensions") == {"counted": True}:
            del payload["extensions"]
    return heard


async def test_operations_of_every_kind_are_answered(talk: Talk) -> None:
    """One result of a query and of a mutation, several of a subscription, and complete."""
    for query, results in (
        ("{ hello }", [{"hello": "hello you"}]),
        ("mutation { add(one: 1, other: 2) }", [{"add": 3}]),
        ("subscription { count(to: 3) }", [{"count": 1}, {"count": 2}, {"count": 3}]),
    ):
        heard = _without_extensions(await talk.all(query))
        assert heard == [*(("next", {"data": one}) for one in results), ("complete", None)]


async def test_variables_and_names_are_taken(talk: Talk) -> None:
    """As over HTTP."""
    query = "query A($name: String!) { hello(name: $name) } subscription B($to: Int!) { count(to: $to) }"
    heard = await talk.all(query, variables={"name": "me"}, operationName="A")
    assert heard[0][1]["data"] == {"hello": "hello me"}
    heard = await talk.all(query, variables={"to": 1}, operationName="B")
    assert [payload["data"] for kind, payload in heard if kind == "next"] == [{"count": 1}]


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{"}, "SYNTAX_ERROR"),
        ({"query": ""}, "BAD_REQUEST"),
        ({"query": "{ nothing }"}, "INVALID_OPERATION"),
        ({"query": "subscription { nothing }"}, "INVALID_OPERATION"),
        ({"query": "subscription($to: Int!) { count(to: $to) }"}, "INVALID_OPERATION"),
        ({"query": "query($name: String!) { hello(name: $name) }", "variables": {"name": 1}}, "INVALID_OPERATION"),
        ({"query": "{ hello }", "operationName": "A"}, "OPERATION_NOT_FOUND"),
        ({"query": "{ hello #" + "x" * 200_000 + "\n }"}, "LIMIT_EXCEEDED"),
        ({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}, "BAD_REQUEST"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_what_cannot_be_executed_ends_the_operation(payload: dict[str, Any], code: str, talk: Talk) -> None:
    """By one error message; the socket goes on."""
    await talk.say(id="1", type="subscribe", payload=payload)
    ((kind, errors),) = await talk.rest()
    assert kind == "error"
    assert [one["extensions"]["code"] for one in errors] == [code]
    assert (await talk.all("{ hello }"))[0][1]["data"] == {"hello": "hello you"}


async def test_errors_in_fields_are_parts_of_results(talk: Talk) -> None:
    """Each with its code, and masked where nobody foresaw it; the stream goes on."""
    ((_, result), _) = await talk.all("{ hello secret missing }")
    assert result["data"] == {"hello": "hello you", "secret": None, "missing": None}
    assert [(one["message"], one["extensions"]["code"]) for one in result["errors"]] == [
        ("Internal error", "INTERNAL"),
        ("no instrument ZZZZ", "NOT_FOUND"),
    ]
    assert "requestId" in result["errors"][0]["extensions"]


async def test_a_source_that_fails_ends_its_operation_masked(
    talk: Talk, served: tuple[Streaming, RunningApp], caplog: pytest.LogCaptureFixture
) -> None:
    """After what it gave before; the log has the whole story."""
    with caplog.at_level(logging.ERROR):
        foreseen = await talk.all("subscription { breaking(foreseen: true) }")
        secret = await talk.all("subscription { breaking(foreseen: false) }")
    for heard, code in ((foreseen, "NOT_FOUND"), (secret, "INTERNAL")):
        assert heard[0][1]["data"] == {"breaking": 1}
        assert heard[-1][0] == "error"
        assert heard[-1][1][0]["extensions"]["code"] == code
    assert "a secret" not in json.dumps(secret)
    assert "a secret" in caplog.text


async def test_every_operation_and_event_has_a_context_of_its_own(talk: Talk) -> None:
    """What one event's loaders hold answers no later one; within an event all resolvers share it."""
    asked = "subscription { readings(to: 2) { number context loaderContext } }"
    first, second = await talk.all(asked), await talk.all(asked)
    readings = [payload["data"]["readings"] for kind, payload in first + second if kind == "next"]
    assert [(one["number"], one["context"], one["loaderContext"]) for one in readings] == [
        (1, 2, 2),
        (1, 3, 3),
        (4, 5, 5),
        (4, 6, 6),
    ]


async def test_persisted_operations(served: tuple[Streaming, RunningApp], talk: Talk) -> None:
    """A text with its hash, then the hash alone, also of a subscription; and a trusted document by its id."""
    endpoint, _ = served
    trusted = '{ hello(name: "trusted") }'
    endpoint.persisted = PersistedOperations(
        Texts(), valid=lambda text: not endpoint.documents.get(text).errors, trusted={"greeting": trusted}
    )
    query = "subscription { count(to: 1) }"
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(query.encode()).hexdigest()}}
    await talk.say(id="1", type="subscribe", payload={"extensions": extensions})
    ((kind, errors),) = await talk.rest()
    assert (kind, errors[0]["extensions"]["code"]) == ("error", "PERSISTED_QUERY_NOT_FOUND")
    assert (await talk.all(query, extensions=extensions))[0][1]["data"] == {"count": 1}
    await talk.say(id="1", type="subscribe", payload={"extensions": extensions})
    assert (await talk.rest())[0][1]["data"] == {"count": 1}
    await talk.say(id="1", type="subscribe", payload={"documentId": "greeting"})
    assert (await talk.rest())[0][1]["data"] == {"hello": "hello trusted"}


async def test_operations_run_beside_each_other(talk: Talk, served: tuple[Streaming, RunningApp]) -> None:
    """A query is answered while another one and a stream wait."""
    await talk.ask("{ held }", "1")
    await talk.ask("subscription { waiting }", "2")
    assert (await talk.hear())["id"] == "2"
    assert (await talk.all("{ hello }", "3"))[-1] == ("complete", None)
    served[0].gates.open.set()
    heard = [await talk.hear() for _ in range(4)]
    assert sorted((one["id"], one["type"]) for one in heard) == [
        ("1", "complete"),
        ("1", "next"),
        ("2", "complete"),
        ("2", "next"),
    ]


async def test_a_stopped_operation_sends_nothing_and_frees_its_id(
    talk: Talk, served: tuple[Streaming, RunningApp]
) -> None:
    """Its source is closed at once, a query's resolver cancelled, and a mutation finished."""
    gates = served[0].gates
    for query, noted in (("subscription { waiting }", "closed"), ("{ held }", "cancelled")):
        gates.reached.clear()
        await talk.ask(query)
        if noted == "closed":
            assert (await talk.hear())["type"] == "next"
        await asyncio.wait_for(gates.reached.wait(), 10)
        await talk.say(type="complete", id="1")
        heard = await talk.all("{ hello }")
        assert [kind for kind, _ in heard] == ["next", "complete"]
        assert gates.noted == [noted]
        gates.noted.clear()
    gates.reached.clear()
    await talk.ask("mutation { write }")
    await asyncio.wait_for(gates.reached.wait(), 10)
    await talk.say(type="complete", id="1")
    assert [kind for kind, _ in await talk.all("{ hello }")] == ["next", "complete"]
    gates.open.set()
    await until(lambda: gates.noted == ["written"])


@pytest.mark.parametrize("subprotocols", [None, ["graphql-ws"]])
async def test_another_subprotocol_is_not_spoken(
    subprotocols: list[Any] | None, served: tuple[Streaming, RunningApp]
) -> None:
    """It is closed with 4406, as is none at all."""
    async with talking(served[1], begun=False, subprotocols=subprotocols) as talk:
        assert talk.socket.subprotocol is None
        assert await talk.closed() == (4406, "Subprotocol not acceptable")


async def test_ours_is_chosen_among_others(served: tuple[Streaming, RunningApp]) -> None:
    """Wherever in the list it stands."""
    async with talking(served[1], subprotocols=["graphql-ws", "graphql-transport-ws"]) as talk:
        assert talk.socket.subprotocol == "graphql-transport-ws"
        assert not talk.socket.protocol.extensions


async def test_pages_of_other_origins_are_turned_away() -> None:
    """Before the handshake, in words; those that are allowed, our own and clients without a page are not."""
    limits = StreamLimits(allowed_origins=frozenset({"https://example.com"}))
    async with RunningApp(Streaming(streaming=limits)) as running:
        own = socket_url(running, "").replace("ws", "http", 1)
        for origin in (None, own, "https://example.com"):
            async with talking(running, origin=origin) as talk:
                assert (await talk.all("{ hello }"))[-1] == ("complete", None)
        for origin in ("https://evil.example", "null"):
            with pytest.raises(InvalidStatus) as refused:
                await connect(socket_url(running), origin=origin, subprotocols=["graphql-transport-ws"])  # type: ignore[arg-type,list-item]
            assert refused.value.response.status_code == 403
            (error,) = json.loads(refused.value.response.body or b"")["errors"]
            assert error["extensions"]["code"] == "ORIGIN_NOT_ALLOWED"
            assert origin in error["message"]


async def test_limits_say_which_and_when_to_try_again() -> None:
    """Too many connections are closed with 1013, too many operations are errors of theirs."""
    limits = StreamLimits(max_connections=2, max_operations=1)
    async with RunningApp(Streaming(streaming=limits)) as running:
        async with talking(running) as talk, talking(running):
            async with talking(running, begun=False) as third:
                assert await third.closed() == (
                    1013,
                    "2 connections stream, the limit max_connections is 2; try again in 5 s",
                )
            await talk.ask("subscription { waiting }", "1")
            await talk.hear()
            ((kind, errors),) = await talk.all("{ hello }", "2")
            assert kind == "error"
            assert errors[0]["message"].endswith("the limit max_operations is 1; try again when one of them has ended")
            assert errors[0]["extensions"]["code"] == "LIMIT_EXCEEDED"
        async with talking(running) as talk:
            assert (await talk.all("{ hello }"))[-1] == ("complete", None)


async def test_limits_of_operations_are_those_of_http() -> None:
    """A subscription costs what it selects."""
    async with RunningApp(Streaming(limits=Limits(max_aliases=1))) as running, talking(running) as talk:
        ((kind, errors),) = await talk.all("subscription { readings { a: number b: number } }")
        assert (kind, errors[0]["extensions"]["limit"]) == ("error", "max_aliases")
