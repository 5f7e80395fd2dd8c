"""A Redis for tests of the tiers: the test run's, one of the test's own, and one behind a gate."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import redis.asyncio as redis

from gateway.embedded import embedded_servers
from tests.servers import Servers


class GatedRedis:
    """
    A Redis on a port of its own, whose answers wait while the gate is closed.

    Attributes:
        gate: Open at first.
        accepted: How many connections were made.
        severed: Whether connections are cut as soon as they ask for something.
    """

    def __init__(self, url: str) -> None:
        self._path = unquote(urlsplit(url).path)
        self._server: asyncio.Server | None = None
        self._links: set[asyncio.Task[None]] = set()
        self.gate = asyncio.Event()
        self.gate.set()
        self.accepted = 0
        self.severed = False

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server is not None
        return f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def open(self) -> None:
        """Begins to listen."""
        self._server = await asyncio.start_server(self._linked, "127.0.0.1", 0)

    async def close(self) -> None:
        """Cuts every connection."""
        assert self._server is not None
        self._server.close()
        for link in self._links:
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    async def _linked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.current_task()
        assert task is not None
        self._links.add(task)
        back, forth = await asyncio.open_unix_connection(self._path)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._passed(reader, forth, is_answer=False))
                group.create_task(self._passed(back, writer, is_answer=True))
        except* (OSError, EOFError):
            pass
        finally:
            self._links.discard(task)
            for one in (writer, forth):
                one.close()

    async def _passed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool) -> None:
        while chunk := await reader.read(65536):
            if is_answer:
                await self.gate.wait()
            elif self.severed:
                raise EOFError
            writer.write(chunk)
            await writer.drain()
        raise EOFError


@pytest.fixture
async def gated(servers: Servers) -> AsyncIterator[GatedRedis]:
    """The test run's Redis behind a gate."""
    gated = GatedRedis(servers.urls.redis)
    await gated.open()
    yield gated
    await gated.close()


@pytest.fixture
async def own_redis(tmp_path: Path) -> AsyncIterator[redis.Redis]:
    """A client of a Redis that is the test's alone, to be filled or stopped."""
    with embedded_servers(tmp_path / "data", postgres=False) as urls:
        client = redis.Redis.from_url(urls.redis or "")
        yield client
        with suppress(redis.ConnectionError):
            await client.aclose()
