"""WebSocket clients that take what they are sent, note when, and read it later: a thousand of them fit on one core."""

import asyncio
import os
import time
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self, cast

from gateway.endpoint.transport_ws import ACKNOWLEDGED, PING, SUBPROTOCOL

_OPENED_AT_ONCE = 100
_PATIENCE_SECONDS = 60.0
_INITIALISE = b'{"type":"connection_init"}'
_PONG = b'{"type":"pong"}'


@dataclass(slots=True, kw_only=True)
class Tally:
    """
    Counts what all receivers of a server were sent, together.

    Attributes:
        count: Messages so far.
        last: When the newest one came, in unix seconds.
    """

    count: int = 0
    last: float = 0.0
    _awaited: int = 0
    _reached: "asyncio.Future[None] | None" = None

    def add(self, moment: float) -> None:
        """One more."""
        self.count += 1
        self.last = moment
        if self.count == self._awaited and self._reached is not None and not self._reached.done():
            self._reached.set_result(None)

    async def reach(self, count: int) -> None:
        """
        Waits for that many messages.

        Raises:
            TimeoutError: If they do not come.
        """
        if self.count >= count:
            return
        self._awaited, self._reached = count, asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._reached
        except TimeoutError:
            raise TimeoutError(f"{count:,} messages expected, {self.count:,} came") from None


@dataclass(slots=True, kw_only=True, eq=False)
class Receiver(asyncio.Protocol):
    """
    One connection.

    Attributes:
        asked: What it sends once it may: after the acknowledgement, or nothing.
        speaks: Whether the server speaks graphql-transport-ws.
        kept: Each message with the moment at which it came, while `keeps`; pings and the acknowledgement are none.
        closed: Why it was closed, if it was and was not meant to be.
    """

    tally: Tally
    asked: Sequence[bytes] = ()
    speaks: bool = True
    keeps: bool = True
    kept: list[tuple[float, bytes]] = field(default_factory=list)
    closed: str | None = None
    _transport: asyncio.Transport | None = None
    _partial: bytes = b""
    _is_open: bool = False
    _is_ending: bool = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks for a WebSocket."""
        # uvloop's is none by its class.
        self._transport = cast("asyncio.Transport", transport)
        lines = ["GET /graphql HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Key: {b64encode(os.urandom(16)).decode()}", "Sec-WebSocket-Version: 13"]
        lines += [f"Sec-WebSocket-Protocol: {SUBPROTOCOL}"] if self.speaks else []
        self._transport.write("\r\n".join([*lines, "", ""]).encode())

    def data_received(self, data: bytes) -> None:
        """Takes the messages that are whole."""
        moment = time.time()
        if self._partial:
            data = self._partial + data
        at, size = 0, len(data)
        if not self._is_open:
            at = data.find(b"\r\n\r\n") + 4
            if at == 3:
                self._partial = data
                return
            self._opened(data[:at])
        while size - at >= 2:
            length, start = data[at + 1], at + 2
            if length >= 126:
                start += 2 if length == 126 else 8
                if size < start:
                    break
                length = int.from_bytes(data[at + 2 : start], "big")
            end = start + length
            if end > size:
                break
            self._message(data[at] & 15, data[start:end], moment)
            at = end
        self._partial = data[at:]

    def connection_lost(self, exc: Exception | None) -> None:
        """Notes an end that was not meant."""
        if not self._is_ending and self.closed is None:
            self.closed = f"the connection was lost: {exc}"

    def end(self) -> None:
        """Goes away."""
        self._is_ending = True
        if self._transport is not None:
            self._transport.abort()

    def _opened(self, head: bytes) -> None:
        if not head.startswith(b"HTTP/1.1 101 "):
            raise ConnectionError(f"101 expected, was {head[:100]!r}")
        self._is_open = True
        if self.speaks:
            self._send(_INITIALISE)
        else:
            self.tally.add(time.time())

    def _message(self, opcode: int, text: bytes, moment: float) -> None:
        if opcode == 8:
            self.closed = f"closed with {int.from_bytes(text[:2], 'big')} {text[2:].decode()}"
        elif text == PING:
            self._send(_PONG)
        elif text == ACKNOWLEDGED:
            for one in self.asked:
                self._send(one)
        else:
            self.tally.add(moment)
            if self.keeps:
                self.kept.append((moment, text))

    def _send(self, text: bytes) -> None:
        assert self._transport is not None  # noqa: S101 - it is open
        # A mask of zeros is one, too, and leaves the text as it is.
        size = len(text)
        head = bytes([0x81, 0x80 | size]) if size < 126 else bytes([0x81, 0xFE]) + size.to_bytes(2, "big")
        self._transport.write(head + bytes(4) + text)


class Receivers:
    """The receivers of one server."""

    def __init__(self, tally: Tally, all_: Sequence[Receiver]) -> None:
        self.tally = tally
        self.all = all_

    @classmethod
    async def open(
        cls, port: int, asked: Sequence[Sequence[bytes]], *, speaks: bool = True, keeps: bool = True
    ) -> Self:
        """
        Connects one for each of *asked*, the operations that it begins, and waits for the first message of each.

        Args:
            speaks: Whether the server speaks graphql-transport-ws; of another one no first message is expected.

        Raises:
            TimeoutError: If not all of them are told something.
        """
        tally = Tally()
        receivers = [Receiver(tally=tally, asked=one, speaks=speaks, keeps=keeps) for one in asked]
        expected = 0
        for first in range(0, len(receivers), _OPENED_AT_ONCE):
            some = receivers[first : first + _OPENED_AT_ONCE]
            await asyncio.gather(*(_connected(port, one) for one in some))
            expected += sum(max(len(one.asked), 1) for one in some)
            await tally.reach(expected)
        return cls(tally, receivers)

    def faults(self) -> list[str]:
        """What went wrong with connections."""
        return [one.closed for one in self.all if one.closed is not None]

    def forget(self) -> None:
        """Drops what was kept."""
        for one in self.all:
            one.kept.clear()

    async def close(self) -> None:
        """Lets all connections go."""
        for one in self.all:
            one.end()
        await asyncio.sleep(0.1)


async def _connected(port: int, receiver: Receiver) -> None:
    await asyncio.get_running_loop().create_connection(lambda: receiver, "127.0.0.1", port)
