"""The clients that stream: each hears the same of the same operations, and connects again after a restart."""

import asyncio
import logging
import socket
import struct
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, cast

import pytest
from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportQueryError
from gql.transport.websockets import WebsocketsTransport

from gateway.endpoint.persisted import PersistedOperations
from gateway.endpoint.refusals import Connection
from gateway.endpoint.requests import OperationRequest
from gateway.streams.message import Stream, StreamMessage
from tests.clients.node import node, node_json
from tests.gateway.endpoint.streamed import Streaming, socket_url, until
from tests.gateway.endpoint.test_websocket import Texts
from tests.servers import RunningApp

_CUT = 10
_COUNTED = {"data": [{"count": 1}, {"count": 2}, {"count": 3}], "codes": []}
_EXPECTED: dict[str, Any] = {
    "query": {"data": [{"hello": "hello me"}], "codes": []},
    "mutation": {"data": [{"add": 3}], "codes": []},
    "subscription": _COUNTED,
    "nothing": {"data": [], "codes": []},
    "partial": {"data": [{"hello": "hello you", "missing": None, "secret": None}], "codes": ["NOT_FOUND", "INTERNAL"]},
    "invalid": {"data": [], "codes": ["INVALID_OPERATION"]},
    "broken": {"data": [{"breaking": 1}], "codes": ["NOT_FOUND"]},
    "masked": {"data": [{"breaking": 1}], "codes": ["INTERNAL"]},
}
_WAYS = (
    "graphql-ws",
    "graphql-sse",
    "graphql-sse, one connection",
    "apollo, multipart",
    "apollo, graphql-ws",
    "apollo, graphql-ws, persisted",
    "urql, events",
    "urql, graphql-ws",
)


@pytest.fixture
async def running() -> AsyncIterator[RunningApp]:
    """A schema that streams, with persisted operations."""
    endpoint = Streaming()
    endpoint.persisted = PersistedOperations(Texts(), valid=lambda text: not endpoint.documents.get(text).errors)
    logging.getLogger("gateway.errors").disabled = True
    async with RunningApp(endpoint, endpoint.connections) as running:
        yield running
    logging.getLogger("gateway.errors").disabled = False


@pytest.mark.usefixtures("packages")
async def test_clients_of_javascript(running: RunningApp) -> None:
    """graphql-ws, graphql-sse, Apollo Client and urql, over each transport that they have."""
    found = await node_json("streams.mjs", str(running.client.base_url))
    assert tuple(found) == _WAYS
    for way in _WAYS:
        expected = dict(_EXPECTED)
        if way in ("graphql-ws", "graphql-sse", "graphql-sse, one connection"):
            expected["persisted"] = [_COUNTED, _COUNTED]
        if way.startswith("urql"):
            # It takes a stream without results for a failure, or for one that goes on.
            del expected["nothing"]
        if way == "graphql-sse, one connection":
            # It ends the request that was refused before anybody can read why.
            expected["invalid"] = {"data": [], "codes": ["status 400"]}
        assert found[way] == expected, way


async def test_gql(running: RunningApp) -> None:
    """Python's client, over WebSocket."""
    transport = WebsocketsTransport(url=socket_url(running))
    async with Client(transport=transport) as client:

        async def heard(query: str) -> dict[str, Any]:
            found: dict[str, Any] = {"data": [], "codes": []}
            try:
                async for one in client.subscribe(GraphQLRequest(query)):
                    found["data"].append(one)
            except TransportQueryError as error:
                found["data"] += [error.data] if error.data else []
                found["codes"] += [one["extensions"]["code"] for one in error.errors or []]
            return found

        assert await heard('{ hello(name: "me") }') == _EXPECTED["query"]
        assert await heard("mutation { add(one: 1, other: 2) }") == _EXPECTED["mutation"]
        assert await heard("subscription { count(to: 3) }") == _COUNTED
        assert await heard("{ hello missing secret }") == _EXPECTED["partial"]
        assert await heard('subscription { count(to: "x") }') == _EXPECTED["invalid"]
        assert await heard("subscription { breaking(foreseen: true) }") == _EXPECTED["broken"]
        assert await heard("subscription { breaking(foreseen: false) }") == _EXPECTED["masked"]


async def _reset(listening: socket.socket) -> None:
    """Resets connections before they are answered, until one of them asked for a WebSocket."""
    listening.setblocking(False)
    loop, asked = asyncio.get_running_loop(), b""
    while b"upgrade: websocket" not in asked.lower():
        connection, _ = await loop.sock_accept(listening)
        asked = await loop.sock_recv(connection, 65_536)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


@pytest.mark.usefixtures("packages")
async def test_clients_connect_again_after_a_restart() -> None:
    """Each in its own way, and to whatever listens there then; nothing is taken for an end before."""
    clients = 5
    before, after = Streaming(), Streaming()
    after.gates.open.set()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        async with RunningApp(before, before.connections, spread_seconds=0.5, listening=listening) as running:
            script = asyncio.create_task(
                node("--experimental-eventsource", "--no-warnings", "restart.mjs", str(running.client.base_url))
            )
            # Each stream has a context for its source and one for its first event.
            await until(lambda: script.done() or (len(before.connections), before.contexts) == (clients, 2 * clients))
            await running.stop()
        # Whoever comes in the moment in which a server stops may find that the connection is nobody's.
        await _reset(listening)
        async with RunningApp(after, after.connections, listening=listening):
            ended = await script
    assert ended.status == 0, ended.log
    heard = (
        '{"graphql-ws":%s,"graphql-sse":%s,"graphql-sse, one connection":%s,"apollo, multipart":%s,"EventSource":%s}'
    )
    assert ended.output.strip() == heard % (("[1,1,2]",) * clients)


class Cutting(Streaming):
    """Ends the response to every other request in the moment in which it gives a result."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def stream(self, connection: Connection, asked: OperationRequest) -> Stream:
        """One result before the end, or two and an end."""
        self.asked += 1
        return cast("Stream", self._cut() if self.asked % 2 else self._whole())

    async def _cut(self) -> AsyncGenerator[StreamMessage, None]:
        yield StreamMessage(body=b'{"data":{"waiting":1}}')
        for one in list(self.connections):
            one.end()
        await asyncio.Event().wait()

    async def _whole(self) -> AsyncGenerator[StreamMessage, None]:
        for number in (1, 2):
            yield StreamMessage(body=b'{"data":{"waiting":%d}}' % number)


@pytest.mark.usefixtures("packages")
async def test_a_restart_in_the_moment_of_a_result_is_noticed() -> None:
    """By graphql-sse too, which looks for an end only while it waits for a result."""
    async with RunningApp(Cutting()) as running:
        heard = await node_json("cut.mjs", str(running.client.base_url), str(_CUT))
    assert heard == [[1, 1, 2]] * _CUT
