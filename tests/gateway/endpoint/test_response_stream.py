"""Answers over HTTP that stay open, against real uvicorn."""

import asyncio
import hashlib
import json
import logging
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from gateway.endpoint.negotiation import EVENT_STREAM, JSON, RESPONSE_JSON
from gateway.endpoint.persisted import PersistedOperations
from gateway.endpoint.refusals import Connection
from gateway.endpoint.requests import OperationRequest
from gateway.endpoint.stream_limits import StreamLimits
from gateway.streams.message import Stream, StreamMessage
from tests.gateway.endpoint.streamed import Counted, Gates, Streaming, events, parts_of, until
from tests.gateway.endpoint.test_websocket import Texts
from tests.loopback import NO_ROOTS
from tests.servers import RunningApp

_MULTIPART = f'multipart/mixed;boundary="graphql";subscriptionSpec="1.0",{JSON}'
_URQL = f"{RESPONSE_JSON}, application/graphql+json, {JSON}, {EVENT_STREAM}, multipart/mixed"


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


async def _results(client: httpx.AsyncClient, query: str, accept: str = EVENT_STREAM, **options: Any) -> list[Any]:
    """The results of an operation whose stream is complete at the end."""
    async with events(client, query, accept, **options) as answer:
        assert answer.status_code == 200
        if answer.headers["content-type"].startswith(EVENT_STREAM):
            parts = [one async for one in parts_of(answer)]
            assert (parts[0], parts[-1]) == (":", "event: complete\ndata:")
            results = [one.removeprefix("event: next\ndata: ") for one in parts[1:-1] if one != ":"]
        else:
            parts = [one async for one in parts_of(answer, "\r\n") if one.startswith(("{", "--"))]
            assert parts[-1] == "--graphql--"
            results = [one for one in parts if one.startswith('{"payload"')]
    read = [json.loads(one) for one in results]
    found = [one.get("payload", one) for one in read]
    for one in found:
        if one.get("extensions") == {"counted": True}:
            del one["extensions"]
    return found


@pytest.mark.parametrize("accept", [EVENT_STREAM, _MULTIPART, _URQL, f"{JSON},{EVENT_STREAM};q=0.1"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_subscription_streams(accept: str, method: str, served: tuple[Streaming, RunningApp]) -> None:
    """To whoever takes streams at all."""
    found = await _results(served[1].client, "subscription { count(to: 3) }", accept, method=method)
    assert found == [{"data": {"count": number}} for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (_URQL, RESPONSE_JSON),
        (_MULTIPART, JSON),
        (f"{EVENT_STREAM}, {JSON}", JSON),
        (f"{EVENT_STREAM};q=0.5, */*", JSON),
        (f"{EVENT_STREAM};q=0, {JSON}", JSON),
        (EVENT_STREAM, EVENT_STREAM),
        (f"{EVENT_STREAM}, {JSON};q=0.9", EVENT_STREAM),
        (f"{EVENT_STREAM}, */*;q=0.1", EVENT_STREAM),
    ],
)
async def test_a_query_streams_to_who_wants_that_more(
    accept: str, kind: str, served: tuple[Streaming, RunningApp]
) -> None:
    """Others get JSON, also if they name streams."""
    async with events(served[1].client, "{ hello }", accept) as answer:
        assert answer.headers["content-type"].partition(";")[0] == kind
        assert "hello you" in (await answer.aread()).decode()


@pytest.mark.parametrize(
    ("accept", "code"),
    [
        ("*/*", "TRANSPORT_NOT_SUPPORTED"),
        (JSON, "TRANSPORT_NOT_SUPPORTED"),
        ("multipart/mixed, application/json", "TRANSPORT_NOT_SUPPORTED"),
        ('multipart/mixed;subscriptionSpec="2.0", application/json', "TRANSPORT_NOT_SUPPORTED"),
        ("multipart/mixed;deferSpec=20220824, application/json", "TRANSPORT_NOT_SUPPORTED"),
        (f"{EVENT_STREAM};q=0, {JSON}", "TRANSPORT_NOT_SUPPORTED"),
        ("multipart/mixed", "NOT_ACCEPTABLE"),
        ("text/html", "NOT_ACCEPTABLE"),
    ],
)
async def test_a_subscription_without_a_stream_is_refused(
    accept: str, code: str, served: tuple[Streaming, RunningApp]
) -> None:
    """As JSON, which names the streams that there are."""
    async with events(served[1].client, "subscription { count(to: 3) }", accept) as answer:
        (error,) = json.loads(await answer.aread())["errors"]
        assert error["extensions"]["code"] == code
        assert EVENT_STREAM in error["message"]
        assert "subscriptionSpec" in error["message"]


async def test_queries_and_mutations_are_streams_of_one_result(served: tuple[Streaming, RunningApp]) -> None:
    """With GET as with POST; a mutation needs POST."""
    client = served[1].client
    assert await _results(client, "{ hello }") == [{"data": {"hello": "hello you"}}]
    assert await _results(client, "{ hello }", method="GET") == [{"data": {"hello": "hello you"}}]
    assert await _results(client, "mutation { add(one: 1, other: 2) }") == [{"data": {"add": 3}}]
    ((refused,),) = [
        one["errors"] for one in await _results(client, "mutation { add(one: 1, other: 2) }", method="GET")
    ]
    assert refused["extensions"]["code"] == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize("accept", [EVENT_STREAM, "multipart/mixed;subscriptionSpec=1.0"])
@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{"}, "SYNTAX_ERROR"),
        ({"query": ""}, "BAD_REQUEST"),
        ({"query": "{ nothing }"}, "INVALID_OPERATION"),
        ({"query": "subscription($to: Int!) { count(to: $to) }"}, "INVALID_OPERATION"),
        ({"query": "{ hello }", "operationName": "A"}, "OPERATION_NOT_FOUND"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_cannot_be_executed_is_one_result_with_errors(
    payload: dict[str, Any], code: str, accept: str, served: tuple[Streaming, RunningApp]
) -> None:
    """And the end: a client that takes nothing but streams is told in one."""
    (found,) = await _results(served[1].client, "", accept, payload=payload)
    assert found.get("data") is None
    assert [one["extensions"]["code"] for one in found["errors"]] == [code]


async def test_what_is_no_operation_is_json_with_its_status(served: tuple[Streaming, RunningApp]) -> None:
    """Whatever is accepted."""
    answer = await served[1].client.post("/", content=b"5", headers={"accept": EVENT_STREAM, "content-type": JSON})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")
    answer = await served[1].client.post("/", json=[{"query": "{ hello }"}], headers={"accept": EVENT_STREAM})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize("accept", [EVENT_STREAM, _MULTIPART])
async def test_errors_are_masked(
    accept: str, served: tuple[Streaming, RunningApp], caplog: pytest.LogCaptureFixture
) -> None:
    """In fields, and of sources."""
    client = served[1].client
    with caplog.at_level(logging.ERROR):
        for query, codes in (
            ("subscription { breaking(foreseen: true) }", ["NOT_FOUND"]),
            ("subscription { breaking(foreseen: false) }", ["INTERNAL"]),
        ):
            found = await _results(client, query, accept)
            assert found[0] == {"data": {"breaking": 1}}
            assert [one["extensions"]["code"] for one in found[1]["errors"]] == codes
            assert "a secret" not in json.dumps(found)
        (found,) = await _results(client, "{ secret missing }")
    assert [one["extensions"]["code"] for one in found["errors"]] == ["INTERNAL", "NOT_FOUND"]
    assert "a secret" not in json.dumps(found)


async def test_persisted_operations(served: tuple[Streaming, RunningApp]) -> None:
    """By their hash alone, with GET too."""
    endpoint, running = served
    endpoint.persisted = PersistedOperations(Texts(), valid=lambda text: not endpoint.documents.get(text).errors)
    query = "subscription { count(to: 1) }"
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(query.encode()).hexdigest()}}
    (unknown,) = await _results(running.client, "", payload={"extensions": extensions})
    assert unknown["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert await _results(running.client, query, payload={"extensions": extensions}) == [{"data": {"count": 1}}]
    found = await _results(running.client, "", method="GET", payload={"extensions": json.dumps(extensions)})
    assert found == [{"data": {"count": 1}}]


@pytest.mark.parametrize("accept", [EVENT_STREAM, _MULTIPART])
async def test_headers_and_results_are_sent_at_once(accept: str, served: tuple[Streaming, RunningApp]) -> None:
    """Though the stream goes on, and the second result is long in coming."""
    async with events(served[1].client, "subscription { waiting }", accept) as answer:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-accel-buffering"] == "no"
        assert "x-request-id" in answer.headers
        text = ""
        async with asyncio.timeout(10):
            async for chunk in answer.aiter_text():
                text += chunk
                if '"waiting":1' in text:
                    break
    gates = served[0].gates
    async with asyncio.timeout(10):
        await until(lambda: gates.noted == ["closed"])


@pytest.mark.parametrize(("accept", "beat"), [(EVENT_STREAM, ":\n\n"), (_MULTIPART, "\r\n\r\n{}\r\n")])
async def test_silence_is_filled(accept: str, beat: str) -> None:
    """So that nobody in between takes the connection for dead."""
    app = RunningApp(Streaming(streaming=StreamLimits(ping_seconds=0.1)))
    async with app as running, events(running.client, "subscription { waiting }", accept) as answer:
        text = ""
        async for chunk in answer.aiter_text():
            text += chunk
            if text.partition('"waiting":1')[2].count(beat) == 3:
                break


class Positioned(Streaming):
    """Streams where it was asked to resume, and a position."""

    async def stream(self, connection: Connection, asked: OperationRequest) -> Stream:
        """One result."""
        return _Once(StreamMessage(body=json.dumps(asked.extensions).encode(), position="p-2"))


class _Once:
    def __init__(self, message: StreamMessage) -> None:
        self._messages = iter((message,))

    def __aiter__(self) -> "_Once":
        return self

    async def __anext__(self) -> StreamMessage:
        for message in self._messages:
            return message
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Has nothing to end."""


async def test_a_position_is_the_event_s_id_and_comes_back() -> None:
    """As ``Last-Event-ID``, unless the request has its own."""
    query = "subscription { count(to: 1) }"
    async with RunningApp(Positioned()) as running:
        for headers, payload, told in (
            ({}, {}, {}),
            ({"last-event-id": "p-1"}, {}, {"resumeFrom": "p-1"}),
            ({"last-event-id": "p-1"}, {"extensions": {"resumeFrom": "p-0"}}, {"resumeFrom": "p-0"}),
        ):
            async with events(running.client, query, headers=headers, payload=payload) as answer:
                parts = [one async for one in parts_of(answer)]
            assert parts[1] == f"event: next\nid: p-2\ndata: {json.dumps(told)}"


async def test_one_connection_too_many_says_when_to_come_back() -> None:
    """As JSON with 503, whatever the client takes."""
    app = RunningApp(Streaming(streaming=StreamLimits(max_connections=1)))
    async with app as running, events(running.client, "subscription { waiting }") as first:
        assert first.status_code == 200
        async with events(running.client, "subscription { waiting }") as second:
            (error,) = json.loads(await second.aread())["errors"]
        assert (second.status_code, second.headers["retry-after"]) == (503, "5")
        assert (error["extensions"]["limit"], error["extensions"]["retryAfterSeconds"]) == ("max_connections", 5)
        assert (await running.client.post("/", json={"query": "{ hello }"})).status_code == 200


async def test_a_client_that_stops_reading_is_ended() -> None:
    """Within the seconds that it has; nothing piles up here."""
    endpoint = Streaming(streaming=StreamLimits(send_seconds=0.3))
    async with RunningApp(endpoint) as running:
        url, loop = running.client.base_url, asyncio.get_running_loop()
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.setblocking(False)
            await loop.sock_connect(deaf, (url.host, url.port))
            query = "subscription%20%7Bflood(size:100000)%7D"
            asked = f"GET /?query={query} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"
            await loop.sock_sendall(deaf, asked.encode())
            async with asyncio.timeout(10):
                await until(lambda: endpoint.contexts >= 10)
                assert len(endpoint.connections) == 1
                await until(lambda: not len(endpoint.connections))
            assert endpoint.contexts * 100_000 < 20_000_000


@pytest.mark.parametrize("accept", [EVENT_STREAM, _MULTIPART])
async def test_connections_leave_nothing_behind(accept: str, served: tuple[Streaming, RunningApp]) -> None:
    """Two hundred of them, which end in each of the ways that there are."""
    endpoint, running = served
    await _results(running.client, "{ hello }")
    await asyncio.sleep(0.05)
    before = len(asyncio.all_tasks())

    async def come_and_go(number: int) -> None:
        async with httpx.AsyncClient(base_url=running.client.base_url, verify=NO_ROOTS) as client:
            if number % 2:
                assert len(await _results(client, "subscription { count(to: 2) }", accept)) == 2
                return
            async with events(client, "subscription { waiting }", accept) as answer:
                async for chunk in answer.aiter_text():
                    if '"waiting":1' in chunk:
                        break

    for begin in range(0, 200, 25):
        await asyncio.gather(*(come_and_go(number) for number in range(begin, begin + 25)))
    async with asyncio.timeout(10):
        await until(lambda: not len(endpoint.connections) and len(asyncio.all_tasks()) <= before)
