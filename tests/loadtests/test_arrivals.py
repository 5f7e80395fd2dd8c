"""The generators against a server that stalls, one that is wrong and one that is silent."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from loadtests.arrivals import Shot, closed_loop, open_loop
from loadtests.http_client import post

_STALL = 0.3


class Peer:
    """A server that answers every request with a short text; the first answer takes a while."""

    def __init__(self, *, stall: float = 0.0, is_silent: bool = False) -> None:
        self._stall = stall
        self._is_silent = is_silent
        self.requests = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """The port, while it serves."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n{}")
                self.requests += 1
                if self.requests == 1:
                    await asyncio.sleep(self._stall)
                if not self._is_silent:
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood")
        except asyncio.IncompleteReadError:
            writer.close()


def _shots(expected: bytes = b"good") -> Iterator[Shot]:
    def fault(status: int, body: bytes) -> str | None:
        return None if (status, body) == (200, expected) else f"{status} {body.decode()}"

    return itertools.repeat(Shot(kind="any", request=post("/", b"{}"), fault=fault))


async def test_an_open_loop_counts_a_stall_for_all_who_wait() -> None:
    """Thirty requests are due within 30 ms; behind one that takes 300 ms, none of them is quick."""
    async with Peer(stall=_STALL).listening() as port:
        run = await open_loop(port, _shots(), rate=1000, seconds=0.03, connections=1)
    assert len(run.all_times_ms()) == 30
    assert min(run.all_times_ms()) > (_STALL - 0.03) * 1000 * 0.9


async def test_a_closed_loop_counts_a_stall_once() -> None:
    """Which is why its times say little about a server under load."""
    async with Peer(stall=_STALL).listening() as port:
        run = await closed_loop(port, _shots(), concurrency=1, seconds=_STALL + 0.2)
    slow = [one for one in run.all_times_ms() if one > _STALL * 900]
    assert len(slow) == 1
    assert len(run.all_times_ms()) > 5


async def test_a_wrong_answer_is_a_fault_and_has_no_time() -> None:
    """Quick nonsense must not improve the percentiles."""
    async with Peer().listening() as port:
        run = await open_loop(port, _shots(expected=b"other"), rate=1000, seconds=0.01, connections=2)
    assert run.faults == ["any: 200 good"] * 10
    assert run.all_times_ms() == []


async def test_what_is_never_answered_is_a_fault() -> None:
    """The run ends all the same."""
    async with Peer(is_silent=True).listening() as port:
        run = await open_loop(port, _shots(), rate=1000, seconds=0.01, connections=2, grace_seconds=0.1)
    assert run.faults == ["not answered"] * 10
