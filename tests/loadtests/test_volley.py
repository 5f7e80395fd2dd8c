"""The lean generator against servers that send answers in pieces, wrong ones, and none."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

from loadtests.arrivals import Shot
from loadtests.http_client import post
from loadtests.volley import volley

_ANSWER = (b"HTTP/1.1 200 OK\r\nConte", b"nt-Length: 4\r\n\r", b"\ngo", b"od")


@asynccontextmanager
async def _peer(pieces: Sequence[bytes]) -> AsyncIterator[int]:
    """The port of a server that answers each request with *pieces*, one after the other; with none it hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n{}")
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0.001)
                if not pieces:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def _shots() -> Iterator[Shot]:
    def fault(status: int, body: bytes) -> str | None:
        return None if (status, body) == (200, b"good") else f"{status} {body.decode()}"

    return itertools.repeat(Shot(kind="any", request=post("/", b"{}"), fault=fault))


async def test_answers_in_pieces_are_whole() -> None:
    """The head too may come in several."""
    async with _peer(_ANSWER) as port:
        run = await volley(port, _shots(), concurrency=3, seconds=0.1)
    assert run.faults == []
    assert len(run.all_times_ms()) > 3


async def test_a_wrong_answer_is_a_fault_and_has_no_time() -> None:
    """As for the other generators."""
    async with _peer([b"HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno"]) as port:
        run = await volley(port, _shots(), concurrency=1, seconds=0.02)
    assert set(run.faults) == {"any: 503 no"}
    assert run.all_times_ms() == []


async def test_a_lost_connection_is_a_fault() -> None:
    """One of each client; the run ends."""
    async with _peer([]) as port:
        run = await volley(port, _shots(), concurrency=2, seconds=5)
    assert run.faults == ["a connection was lost"] * 2
