"""Clients of streams over graphql-transport-ws and graphql-sse, which read one message at a time, or none."""

import asyncio
import base64
import os
from collections.abc import Mapping
from struct import pack, unpack
from typing import Any, Final, Protocol

import orjson

from loadtests.http_client import post
from loadtests.line import Gone, Line

WEBSOCKET: Final = "graphql-transport-ws"
EVENTS: Final = "graphql-sse"
TRANSPORTS: Final = (WEBSOCKET, EVENTS)

_TEXT, _CLOSE = 0x1, 0x8


class Ended(Exception):
    """
    The gateway has ended the stream.

    Args:
        errors: As it said.
    """

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors)
        self.errors = errors


class StreamClient(Protocol):
    """A connection with one subscription."""

    async def hear(self) -> dict[str, Any]:
        """
        The next execution result.

        Raises:
            Gone: If the connection is lost.
            Ended: If the gateway has ended the stream.
        """

    def abort(self) -> None:
        """Cuts the connection, without a word."""


async def subscribed(
    transport: str,
    port: int,
    query: str,
    variables: Mapping[str, Any],
    resume_from: str | None = None,
    *,
    read_limit: int | None = None,
) -> StreamClient:
    """
    A subscription on a connection of its own to *port* of the loopback.

    Args:
        read_limit: As of `Line`.

    Raises:
        Gone: If nobody is there, or goes away again.
    """
    client = Socket(read_limit) if transport == WEBSOCKET else Events(read_limit)
    try:
        await client.begin(port, {"query": query, "variables": variables}, resume_from)
    except (OSError, asyncio.IncompleteReadError) as error:
        client.abort()
        raise Gone(str(error)) from error
    except BaseException:
        client.abort()
        raise
    return client


class Socket(Line):
    """One connection of graphql-transport-ws."""

    async def begin(self, port: int, asked: dict[str, Any], resume_from: str | None) -> None:
        """Connects, and asks for an operation."""
        await self.connect(port)
        await self.open(port)
        await self.initialise()
        self.ask(asked if resume_from is None else {**asked, "extensions": {"resumeFrom": resume_from}})

    async def open(self, port: int) -> None:
        """
        Does the handshake.

        Raises:
            Gone: If it is refused.
        """
        key = base64.b64encode(os.urandom(16)).decode()
        fields = {
            "Host": f"127.0.0.1:{port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": key,
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Protocol": WEBSOCKET,
        }
        lines = ["GET /graphql HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
        self.write("\r\n".join(lines).encode())
        head = await self.head()
        if not head.startswith(b"101 "):
            raise Gone(f"the handshake was answered {head[:80]!r}")

    async def initialise(self) -> None:
        """
        Begins the protocol.

        Raises:
            Gone: If the gateway does not acknowledge it.
        """
        self._say({"type": "connection_init"})
        if (await self._message())["type"] != "connection_ack":
            raise Gone("the connection was not acknowledged")

    def ask(self, asked: dict[str, Any], id_: str = "1") -> None:
        """Asks for an operation."""
        self._say({"type": "subscribe", "id": id_, "payload": asked})

    def complete(self, id_: str = "1") -> None:
        """Wants no more of an operation."""
        self._say({"type": "complete", "id": id_})

    def close(self) -> None:
        """Says goodbye as the protocol has it."""
        self.write(pack("!BB", 0x80 | _CLOSE, 0x80 | 2) + bytes(4) + pack("!H", 1000))

    async def hear(self) -> dict[str, Any]:
        """The next execution result."""
        while True:
            try:
                message = await self._message()
            except (OSError, asyncio.IncompleteReadError) as error:
                raise Gone(str(error)) from error
            match message["type"]:
                case "next":
                    result: dict[str, Any] = message["payload"]
                    return result
                case "error":
                    raise Ended(message["payload"])
                case "ping":
                    self._say({"type": "pong"})
                case kind:
                    raise Gone(f"{kind} was said")

    async def _message(self) -> dict[str, Any]:
        first, size = await self._reader.readexactly(2)
        if size == 126:
            (size,) = unpack("!H", await self._reader.readexactly(2))
        elif size == 127:
            (size,) = unpack("!Q", await self._reader.readexactly(8))
        content = await self._reader.readexactly(size)
        if first & 0xF == _CLOSE:
            raise Gone(f"closed with {content!r}")
        if first != 0x80 | _TEXT:
            raise Gone(f"a frame of {first:#x} came")
        message: dict[str, Any] = orjson.loads(content)
        return message

    def _say(self, message: dict[str, Any]) -> None:
        text = orjson.dumps(message)
        # A mask of zeros is one: the text is sent as it is.
        if len(text) < 126:
            head = pack("!BB", 0x80 | _TEXT, 0x80 | len(text))
        else:
            head = pack("!BBH", 0x80 | _TEXT, 0x80 | 126, len(text))
        self.write(head + bytes(4) + text)


class Events(Line):
    """One operation in graphql-sse's distinct connections mode."""

    _waiting = b""

    async def begin(self, port: int, asked: dict[str, Any], resume_from: str | None) -> None:
        """Connects, and asks."""
        await self.connect(port)
        headers = {"Accept": "text/event-stream"}
        if resume_from is not None:
            headers["Last-Event-ID"] = resume_from
        self.write(post("/graphql", orjson.dumps(asked), headers))
        head = await self.head()
        if not head.startswith(b"200 "):
            raise Gone(f"the request was answered {head[:80]!r}")

    async def hear(self) -> dict[str, Any]:
        """The next execution result."""
        while True:
            while (end := self._waiting.find(b"\n\n")) < 0:
                try:
                    self._waiting += await self._chunk()
                except (OSError, asyncio.IncompleteReadError) as error:
                    raise Gone(str(error)) from error
            event, self._waiting = self._waiting[:end], self._waiting[end + 2 :]
            fields = dict(line.split(b": ", 1) for line in event.split(b"\n") if b": " in line and line[:1] != b":")
            if fields.get(b"event") == b"next":
                result: dict[str, Any] = orjson.loads(fields[b"data"])
                if "data" not in result and "errors" in result:
                    raise Ended(result["errors"])
                return result
            if b"event" in fields:
                raise Gone("the stream is complete")

    async def _chunk(self) -> bytes:
        size = int(await self._reader.readuntil(b"\r\n"), 16)
        content = await self._reader.readexactly(size + 2)
        if not size:
            raise Gone("the answer is complete")
        return content[:-2]
