"""
As many requests as a server can take: a closed loop that costs its core little enough to keep another one busy.

`arrivals.closed_loop` spends more on a request than a server that has the answer at hand, and would measure itself.
"""

import asyncio
import time
from collections.abc import Iterator
from typing import Any, cast

from loadtests.arrivals import Run, Shot

_GRACE_SECONDS = 10.0
_LENGTH = b"content-length:"


class _Client(asyncio.Protocol):
    """A connection on which the next request is sent as soon as the last one is answered."""

    def __init__(self, run: Run, shots: Iterator[Shot], end: float) -> None:
        self._run = run
        self._shots = shots
        self._end = end
        self._transport: asyncio.Transport | None = None
        self._parts: list[bytes] = []
        self._missing = 0
        self._status = 0
        self.is_done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Sends the first request."""
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def _send(self) -> None:
        self._due = time.perf_counter()
        if self._due >= self._end or self._transport is None:
            self.close()
            return
        self._shot = next(self._shots)
        self._transport.write(self._shot.request)

    def data_received(self, data: bytes) -> None:
        """Takes a part of an answer."""
        if not self._missing:
            # What is left of a head that came in two.
            data = b"".join([*self._parts, data])
            self._parts = []
            head, found, rest = data.partition(b"\r\n\r\n")
            if not found:
                self._parts = [data]
                return
            self._status = int(head[9:12])
            at = head.lower().index(_LENGTH) + len(_LENGTH)
            self._missing = int(head[at:].partition(b"\r\n")[0])
            data = rest
        self._parts.append(data)
        self._missing -= len(data)
        if self._missing == 0:
            body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
            self._parts = []
            self._run.keep(self._shot, self._due, self._shot.fault(self._status, body))
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """Counts what was under way, if anything was."""
        if not self.is_done.done():
            self._run.faults.append("a connection was lost")
            self.is_done.set_result(None)

    def close(self) -> None:
        """Ends the connection."""
        if not self.is_done.done():
            self.is_done.set_result(None)
        if self._transport is not None:
            self._transport.close()


async def volley(port: int, shots: Iterator[Shot], *, concurrency: int, seconds: float) -> Run:
    """As many requests as *concurrency* clients can make in *seconds*, each waiting for its answer."""
    run = Run()
    loop = asyncio.get_running_loop()
    begin = time.perf_counter()
    clients: list[Any] = []
    try:
        for _ in range(concurrency):
            _, client = await loop.create_connection(
                lambda: _Client(run, shots, begin + seconds), host="127.0.0.1", port=port
            )
            clients.append(client)
        async with asyncio.timeout(seconds + _GRACE_SECONDS):
            await asyncio.gather(*(client.is_done for client in clients))
    except TimeoutError:
        run.faults.append("not answered")
    finally:
        run.seconds = time.perf_counter() - begin
        for client in clients:
            client.close()
    return run
