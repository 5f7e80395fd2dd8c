"""GraphQL over WebSocket against real uvicorn."""

import asyncio
import hashlib
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from starlette.requests import Request
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from gateway.endpoint.persisted import PersistedOperations
from gateway.endpoint.stream_limits import StreamLimits
from schema.errors import RequestError
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


async def test_a_client_that_goes_away_stops_its_operations(served: tuple[Streaming, RunningApp]) -> None:
    """With a close, and without one."""
    endpoint, running = served
    for goodbye in (True, False):
        endpoint.gates.reached.clear()
        async with talking(running) as talk:
            await talk.ask("subscription { waiting }")
            await talk.hear()
            await asyncio.wait_for(endpoint.gates.reached.wait(), 10)
            if not goodbye:
                talk.socket.transport.abort()
        await until(lambda: endpoint.gates.noted == ["closed"])
        endpoint.gates.noted.clear()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (["{"], 4400),
        ([b"{}"], 4400),
        (['{"type":"connection_init"}'] * 2, 4429),
        (['{"type":"subscribe","id":"1","payload":{"query":"{ hello }"}}'], 4401),
        (
            ['{"type":"connection_init"}']
            + ['{"type":"subscribe","id":"1","payload":{"query":"subscription { waiting }"}}'] * 2,
            4409,
        ),
        (["x" * 2_000_000], 1009),
    ],
    ids=["not JSON", "binary", "two inits", "no init", "two with one id", "too long"],
)
async def test_a_violation_closes_the_socket(
    said: list[str | bytes], code: int, served: tuple[Streaming, RunningApp]
) -> None:
    """With the code that the protocol has for it; what ran is stopped."""
    async with talking(served[1], begun=False) as talk:
        for message in said:
            await talk.socket.send(message)
        assert (await talk.closed())[0] == code


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


async def test_a_client_that_does_not_begin_is_closed() -> None:
    """With 4408, after the seconds that it has."""
    async with RunningApp(Streaming(streaming=StreamLimits(init_seconds=0.05))) as running:
        async with talking(running, begun=False) as talk:
            assert await talk.closed() == (4408, "Connection initialisation timeout")
        async with talking(running) as talk:
            await asyncio.sleep(0.1)
            assert (await talk.all("{ hello }"))[-1] == ("complete", None)


async def test_a_client_that_answers_pings_stays() -> None:
    """One that does not is closed with 4408, after which graphql-ws connects again; any message is an answer."""
    app = RunningApp(Streaming(streaming=StreamLimits(ping_seconds=0.1)))
    async with app as running, talking(running) as talk:
        for _ in range(3):
            assert await talk.hear() == {"type": "ping"}
            await talk.say(type="pong")
        assert await talk.hear() == {"type": "ping"}
        await talk.say(type="complete", id="whatever")
        assert await talk.hear() == {"type": "ping"}
        assert await talk.closed() == (4408, "a ping was not answered within 0.1 s")


class Guarded(Streaming):
    """Lets those begin who say the word."""

    async def welcome(self, connection: Request | WebSocket, payload: dict[str, Any]) -> dict[str, Any] | None:
        """What they are told."""
        if payload.get("word") == "wrong":
            raise RequestError("the word is another one", code="FORBIDDEN")
        if payload.get("word") == "broken":
            raise RuntimeError("a secret")
        assert connection.state.connection_params == payload
        return {"hello": payload["word"]}


async def test_a_client_may_be_turned_away_when_it_begins(caplog: pytest.LogCaptureFixture) -> None:
    """With 4403 and why, or be told something; what fails there is 4500 and no more."""
    async with RunningApp(Guarded()) as running:
        async with talking(running, begun=False) as talk:
            await talk.say(type="connection_init", payload={"word": "right"})
            assert await talk.hear() == {"type": "connection_ack", "payload": {"hello": "right"}}
        async with talking(running, begun=False) as talk:
            await talk.say(type="connection_init", payload={"word": "wrong"})
            assert await talk.closed() == (4403, "the word is another one")
        async with talking(running, begun=False) as talk:
            await talk.say(type="connection_init", payload={"word": "broken"})
            assert await talk.closed() == (4500, "Internal server error")
    assert "a secret" in caplog.text


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


async def test_a_client_that_stops_reading_is_ended() -> None:
    """Within the seconds that it has; others notice nothing, and what waited for it is freed."""
    endpoint = Streaming(streaming=StreamLimits(send_seconds=0.3))
    async with RunningApp(endpoint) as running, talking(running) as talk, asyncio.timeout(20):
        with await _deaf(running) as deaf:
            _say(deaf, type="connection_init")
            _say(deaf, type="subscribe", id="1", payload={"query": "subscription { flood(size: 100000) }"})
            await until(lambda: endpoint.contexts >= 10)
            assert len(endpoint.connections) == 2
            asked = 0
            while len(endpoint.connections) > 1:
                assert (await talk.all("{ hello }"))[-1] == ("complete", None)
                asked += 1
                await asyncio.sleep(0.01)
            # What the kernel takes, and one message more: nothing piles up here.
            assert (endpoint.contexts - asked) * 100_000 < 20_000_000


async def test_a_client_whose_reading_has_stopped_is_ended_by_a_ping() -> None:
    """Also when nothing else waits to be sent to it, by its operations or by a close."""
    endpoint = Streaming(streaming=StreamLimits(send_seconds=0.2, ping_seconds=0.5))
    async with RunningApp(endpoint) as running, asyncio.timeout(20):
        with await _deaf(running) as deaf:
            _say(deaf, type="connection_init")
            _say(deaf, type="subscribe", id="1", payload={"query": "subscription { large(size: 9000000) }"})
            await until(lambda: endpoint.gates.noted == ["sent"])
            assert len(endpoint.connections) == 1
            while len(endpoint.connections):
                _say(deaf, type="complete", id="keeps it from being silent")
                await asyncio.sleep(0.01)


async def test_connections_leave_nothing_behind(served: tuple[Streaming, RunningApp]) -> None:
    """A thousand of them, which end in each of the ways that there are."""
    endpoint, running = served
    async with talking(running) as talk:
        await talk.all("{ hello }")
    await _quiet(0)
    before = len(asyncio.all_tasks())

    async def come_and_go(number: int) -> None:
        async with talking(running, ping_interval=None, begun=number % 5 != 0) as talk:
            if number % 5 == 1:
                await talk.all("subscription { count(to: 2) }")
            elif number % 5 == 2:
                await talk.ask("subscription { waiting }")
                await talk.hear()
            elif number % 5 == 3:
                await talk.ask("{ held }")
                talk.socket.transport.abort()
            elif number % 5 == 4:
                await talk.say(type="connection_init")
                assert (await talk.closed())[0] == 4429

    for begin in range(0, 1000, 50):
        await asyncio.gather(*(come_and_go(number) for number in range(begin, begin + 50)))
    await _quiet(before)
    assert len(endpoint.connections) == 0


async def _quiet(most: int) -> None:
    """Waits until no more tasks run than these, or as long as it takes for some to end."""
    for _ in range(200):
        await asyncio.sleep(0.01)
        if len(asyncio.all_tasks()) <= most:
            return
    if most:
        raise AssertionError(asyncio.all_tasks())


async def _deaf(running: RunningApp) -> socket.socket:
    """A WebSocket of a client that reads nothing after the handshake."""
    loop = asyncio.get_running_loop()
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.setblocking(False)
    url = running.client.base_url
    await loop.sock_connect(deaf, (url.host, url.port))
    handshake = (
        f"GET / HTTP/1.1\r\nHost: {url.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    )
    await loop.sock_sendall(deaf, handshake.encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += await loop.sock_recv(deaf, 1)
    assert b" 101 " in answer
    return deaf


def _say(deaf: socket.socket, **message: Any) -> None:
    """Sends a text as a client's frame, whose mask changes nothing."""
    text = json.dumps(message).encode()
    assert len(text) < 126
    with suppress(OSError):
        deaf.send(bytes((0x81, 0x80 | len(text))) + bytes(4) + text)


async def test_many_frames_arrive_whole(talk: Talk) -> None:
    """Of each of the three lengths that frames have."""
    for size in (10, 1_000, 100_000):
        await talk.ask(f"subscription {{ flood(size: {size}) }}")
        for _ in range(3):
            assert (await talk.hear())["payload"]["data"] == {"flood": "x" * size}
        await talk.say(type="complete", id="1")
        await talk.say(type="ping")
        while (await talk.hear())["type"] != "pong":
            pass
    with pytest.raises((ConnectionClosed, TimeoutError)):
        await asyncio.wait_for(talk.socket.recv(), 0.05)
