"""The single connection mode of graphql-sse, against real uvicorn."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from gateway.endpoint.negotiation import EVENT_STREAM
from gateway.endpoint.stream_limits import StreamLimits
from tests.gateway.endpoint.streamed import Streaming, parts_of, until
from tests.servers import RunningApp

_TOKEN = "x-graphql-event-stream-token"


class Client:
    """One client of the mode."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self.client = client
        self.headers = {_TOKEN: token}
        self.parts: AsyncIterator[str]

    async def ask(self, query: str, id_: Any = "1", **payload: Any) -> httpx.Response:
        """Asks for an operation."""
        asked = {"query": query, "extensions": {"operationId": id_}, **payload}
        return await self.client.post("/", json=asked, headers=self.headers)

    async def hear(self) -> tuple[str, dict[str, Any]]:
        """The next event and its data."""
        while (part := await anext(self.parts)) == ":":
            pass
        kind, data = part.split("\n")
        return kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))

    @asynccontextmanager
    async def opened(self) -> AsyncIterator["Client"]:
        """The client while its stream is open."""
        async with self.client.stream("GET", "/", headers={**self.headers, "accept": EVENT_STREAM}) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"] == f"{EVENT_STREAM}; charset=utf-8"
            self.parts = parts_of(answer)
            assert await anext(self.parts) == ":"
            yield self


async def _reserved(running: RunningApp) -> Client:
    answer = await running.client.put("/")
    assert (answer.status_code, answer.headers["content-type"]) == (201, "text/plain; charset=utf-8")
    return Client(running.client, answer.text)


@pytest.fixture
async def endpoint() -> Streaming:
    """The schema."""
    return Streaming(streaming=StreamLimits(max_operations=2, max_connections=3))


@pytest.fixture
async def running(endpoint: Streaming) -> AsyncIterator[RunningApp]:
    """The schema behind uvicorn."""
    async with RunningApp(endpoint, endpoint.connections) as running:
        yield running


async def test_operations_of_every_kind_share_a_stream(running: RunningApp) -> None:
    """Each event names its operation; each operation is accepted by itself."""
    client = await _reserved(running)
    async with client.opened():
        for query, results in (
            ("{ hello }", [{"hello": "hello you"}]),
            ("mutation { add(one: 1, other: 2) }", [{"add": 3}]),
            ("subscription { count(to: 2) }", [{"count": 1}, {"count": 2}]),
        ):
            answer = await client.ask(query)
            assert (answer.status_code, answer.content) == (202, b"")
            for one in results:
                assert await client.hear() == ("next", {"id": "1", "payload": {"data": one}})
            assert await client.hear() == ("complete", {"id": "1"})


async def test_operations_may_be_asked_for_before_the_stream_is_open(running: RunningApp, endpoint: Streaming) -> None:
    """They begin when it is."""
    client = await _reserved(running)
    assert (await client.ask("{ hello }")).status_code == 202
    await asyncio.sleep(0.05)
    assert endpoint.contexts == 0
    async with client.opened():
        assert (await client.hear())[1]["payload"]["data"] == {"hello": "hello you"}


async def test_an_operation_is_stopped_by_delete(running: RunningApp, endpoint: Streaming) -> None:
    """Its source is closed and its id free; nothing more is said of it."""
    client = await _reserved(running)
    async with client.opened():
        await client.ask("subscription { waiting }")
        assert (await client.hear())[1]["payload"]["data"] == {"waiting": 1}
        answer = await running.client.delete("/", params={"operationId": "1"}, headers=client.headers)
        assert answer.status_code == 200
        await until(lambda: endpoint.gates.noted == ["closed"])
        answer = await running.client.delete("/", params={"operationId": "1"}, headers=client.headers)
        assert answer.status_code == 200
        await client.ask("{ hello }")
        assert (await client.hear())[1]["payload"]["data"] == {"hello": "hello you"}


async def test_a_client_that_goes_away_stops_its_operations(running: RunningApp, endpoint: Streaming) -> None:
    """And its token is worth nothing any more."""
    client = await _reserved(running)
    async with client.opened():
        await client.ask("subscription { waiting }")
        await client.hear()
    await until(lambda: endpoint.gates.noted == ["closed"] and not len(endpoint.connections))
    assert (await client.ask("{ hello }")).status_code == 404


async def test_the_token_may_be_in_the_address(running: RunningApp) -> None:
    """For browsers, whose `EventSource` sends no headers."""
    client = await _reserved(running)
    parameters = {"token": client.headers[_TOKEN]}
    async with running.client.stream("GET", "/", params=parameters, headers={"accept": EVENT_STREAM}) as answer:
        assert answer.status_code == 200
        asked = {"query": "{ hello }", "extensions": {"operationId": "1"}}
        assert (await running.client.post("/", params=parameters, json=asked)).status_code == 202
        parts = parts_of(answer)
        assert await anext(parts) == ":"
        assert "hello you" in await anext(parts)


@pytest.mark.parametrize(
    ("query", "id_", "payload", "status", "code"),
    [
        ("{", "1", {}, 400, "SYNTAX_ERROR"),
        ("{ nothing }", "1", {}, 400, "INVALID_OPERATION"),
        ("{ hello }", "1", {"operationName": "A"}, 400, "OPERATION_NOT_FOUND"),
        ("", "1", {}, 400, "BAD_REQUEST"),
        ("{ hello }", None, {}, 400, "BAD_REQUEST"),
        ("{ hello }", "", {}, 400, "BAD_REQUEST"),
        ("{ hello }", 1, {}, 400, "BAD_REQUEST"),
    ],
)
async def test_what_cannot_be_executed_is_told_at_once(
    query: str, id_: Any, payload: dict[str, Any], status: int, code: str, running: RunningApp
) -> None:
    """As over plain HTTP; the stream hears nothing of it."""
    client = await _reserved(running)
    async with client.opened():
        answer = await client.ask(query, id_, **payload)
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["extensions"]["code"]) == (status, code)
        await client.ask("{ hello }", "2")
        assert (await client.hear())[1]["id"] == "2"


async def test_errors_are_masked_and_end_their_operation_only(running: RunningApp) -> None:
    """In fields, of variables that do not fit, and of sources."""
    client = await _reserved(running)
    async with client.opened():
        await client.ask("{ secret }")
        assert [one["message"] for one in (await client.hear())[1]["payload"]["errors"]] == ["Internal error"]
        assert (await client.hear())[0] == "complete"
        for query, code in (
            ("subscription { breaking(foreseen: true) }", "NOT_FOUND"),
            ("subscription { breaking(foreseen: false) }", "INTERNAL"),
        ):
            await client.ask(query)
            assert (await client.hear())[1]["payload"] == {"data": {"breaking": 1}}
            errors = (await client.hear())[1]["payload"]["errors"]
            assert [one["extensions"]["code"] for one in errors] == [code]
            assert "a secret" not in json.dumps(errors)
            assert (await client.hear())[0] == "complete"
        await client.ask("subscription($to: Int!) { count(to: $to) }")
        assert (await client.hear())[1]["payload"]["errors"][0]["extensions"]["code"] == "INVALID_OPERATION"


async def test_what_is_taken_or_too_much_is_refused(running: RunningApp) -> None:
    """An id that runs, one operation too many, a second stream, one connection too many."""
    client = await _reserved(running)
    async with client.opened():
        for id_ in ("1", "2"):
            await client.ask("subscription { waiting }", id_)
            await client.hear()
        again, more = await client.ask("{ hello }", "1"), await client.ask("{ hello }", "3")
        second = await running.client.get("/", headers={**client.headers, "accept": EVENT_STREAM})
        unacceptable = await running.client.get("/", headers={**client.headers, "accept": "application/json"})
        await _reserved(running)
        await _reserved(running)
        full = await running.client.put("/")
    found = [
        (one.status_code, one.json()["errors"][0]["extensions"]) for one in (again, more, second, unacceptable, full)
    ]
    assert [(status, extensions["code"], extensions.get("limit")) for status, extensions in found] == [
        (409, "CONFLICT", None),
        (429, "LIMIT_EXCEEDED", "max_operations"),
        (409, "CONFLICT", None),
        (406, "NOT_ACCEPTABLE", None),
        (503, "LIMIT_EXCEEDED", "max_connections"),
    ]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_an_unknown_token_is_not_found(method: str, running: RunningApp) -> None:
    """So that a client reserves again, as after a restart."""
    parts: dict[str, Any] = {"json": {"query": "{ hello }"}} if method == "POST" else {}
    answer = await running.client.request(method, "/", headers={_TOKEN: "x"}, **parts)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("parameter", ["mytoken", "variables"])
async def test_other_parameters_are_no_tokens(parameter: str, running: RunningApp) -> None:
    """Also if they end in one, or hold one."""
    parameters = {"query": "{ hello }", parameter: '{"token=": 1}'}
    answer = await running.client.get("/?" + urlencode(parameters, safe="=").replace("%3D", "="))
    assert answer.json() == {"data": {"hello": "hello you"}}
    head = await running.client.head("/", params={"query": "{ hello }", "token": "x"})
    assert head.status_code == 200


async def test_odd_requests(running: RunningApp) -> None:
    """A batch, and a stop of nothing."""
    client = await _reserved(running)
    batch = await running.client.post("/", json=[{"query": "{ hello }"}], headers=client.headers)
    nothing = await running.client.delete("/", headers=client.headers)
    for answer in (batch, nothing):
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")


async def test_a_reservation_that_is_not_used_is_forgotten() -> None:
    """With the operations that wait for it; one that is used is not."""
    endpoint = Streaming(streaming=StreamLimits(reserved_seconds=0.2))
    async with RunningApp(endpoint) as running:
        unused, used = await _reserved(running), await _reserved(running)
        await unused.ask("{ hello }")
        assert len(endpoint.connections) == 2
        async with used.opened():
            await until(lambda: len(endpoint.connections) == 1)
            assert (await unused.ask("{ hello }")).status_code == 404
            await asyncio.sleep(0.2)
            await used.ask("{ hello }")
            assert (await used.hear())[0] == "next"
        await until(lambda: not len(endpoint.connections))


async def test_a_restart_ends_it_without_complete(running: RunningApp) -> None:
    """Whether it is open or only reserved."""
    client = await _reserved(running)
    await _reserved(running)
    async with client.opened():
        await client.ask("subscription { waiting }")
        await client.hear()
        stopping = asyncio.create_task(running.stop())
        rest = [one async for one in client.parts]
        assert len(rest) == 1
        assert rest[0].startswith(": the server restarts")
    await stopping
