"""The server's end of a WebSocket."""

import asyncio
import socket
from collections import Counter
from struct import pack
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect
from websockets.frames import Frame, Opcode

from gateway.endpoint.wire import text_wire_of
from gateway.websocket_connection import text_frame
from tests.gateway.endpoint.streamed import socket_url
from tests.servers import RunningApp


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 100_000])
def test_a_text_is_framed_as_the_library_frames_it(size: int) -> None:
    """For each of the three lengths that frames have, at their bounds."""
    text = b"x" * size
    assert text_frame(text) == Frame(Opcode.TEXT, text).serialize(mask=False)


class Writing:
    """Writes texts of a size to each WebSocket while it may, one through ASGI, one more, and closes."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves."""
        if scope["type"] != "websocket":
            return
        await receive()
        await send({"type": "websocket.accept"})
        wire: Any = text_wire_of(scope)
        self.count = 0
        while wire.is_writable and self.count < 10:
            self.count += 1
            wire.write(b"%d" % self.count + b"x" * self._size)
        await send({"type": "websocket.send", "text": "by ASGI"})
        if wire.is_writable:
            wire.write_frame(text_frame(b"last"))
        await send({"type": "websocket.close"})


@pytest.mark.parametrize(("size", "count"), [(0, 10), (30_000, 3)])
async def test_what_is_written_keeps_its_order(size: int, count: int) -> None:
    """Texts that wait for the end of the turn go before what ASGI sends; 64 KiB are enough for one turn."""
    app = Writing(size)
    async with RunningApp(app) as running, connect(socket_url(running), compression=None) as socket:
        heard = [text async for text in socket]
    assert app.count == count
    expected = [f"{number}{'x' * size}" for number in range(1, count + 1)]
    assert heard == [*expected, "by ASGI", "last"]


class Leaving:
    """Notes in which turn of the event loop it hears that a client is gone."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self._turn = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves."""
        if scope["type"] != "websocket":
            return
        await receive()
        await send({"type": "websocket.accept"})
        assert (await receive())["type"] == "websocket.disconnect"
        self.heard.append(self._turn)

    async def count(self) -> None:
        """Counts the turns."""
        while True:
            self._turn += 1
            await asyncio.sleep(0)


@pytest.mark.parametrize("is_reset", [False, True])
async def test_clients_that_go_away_together_leave_in_turns(is_reset: bool) -> None:
    """However they do: by an end of what they send, or by a reset."""
    app = Leaving()
    async with RunningApp(app) as running:
        clients = [await connect(socket_url(running), compression=None) for _ in range(100)]
        counting = asyncio.create_task(app.count())
        for client in clients:
            if is_reset:
                system: socket.socket = client.transport.get_extra_info("socket")
                system.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pack("ii", 1, 0))
            client.transport.abort()
        async with asyncio.timeout(10):
            while len(app.heard) < len(clients):  # noqa: ASYNC110 - a hundred tasks end, each by itself
                await asyncio.sleep(0.001)
        counting.cancel()
    turns = Counter(app.heard)
    assert max(turns.values()) <= 20, turns
