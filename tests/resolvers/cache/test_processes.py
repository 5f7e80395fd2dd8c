"""One load per key across processes, counted at the database's end."""

import asyncio
import json
import signal
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from gateway.config import ServerUrls
from resolvers.cache.counters import Counts
from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool
from tests.bars import instrument, spaced, store
from tests.processes import REPOSITORY
from tests.resolvers.cache.stored import assert_balanced
from tests.resolvers.storage.gates import blocked, held
from tests.servers import Servers
from tests.statements import StatementLog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_LIMIT_SECONDS = 60


class Reader:
    """A process of `tests.resolvers.cache.reader`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def go(self) -> None:
        """Lets it begin."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"go\n")
        await self.process.stdin.drain()

    async def told(self) -> tuple[list[int], Counts]:
        """The lengths of the windows it read, and how."""
        assert self.process.stdout is not None
        told: dict[str, Any] = json.loads(await self.process.stdout.readline())
        return told["lengths"], Counts(**told["body"])


@asynccontextmanager
async def _reader(urls: ServerUrls, origin: str, instrument_id: int, readers: int) -> "AsyncIterator[Reader]":
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-m", "tests.resolvers.cache.reader"),
        *(urls.database, urls.redis, origin, str(instrument_id), str(readers)),
        cwd=REPOSITORY,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        yield Reader(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _stored(pool: Pool) -> int:
    acme = await instrument(pool)
    await store(pool, acme, Interval.H1, spaced(200, Interval.H1))
    return acme.id


def _loads(log: StatementLog) -> int:
    """How often bars were read."""
    return sum(one.startswith("COPY (SELECT") for one in log.statements())


@pytest.fixture
async def log(servers: Servers, urls: ServerUrls) -> StatementLog:
    """The statements of the test's database."""
    log = StatementLog(servers.log, urls.database)
    await log.start()
    return log


async def test_200_misses_of_two_processes_are_one_load(pool: Pool, urls: ServerUrls, log: StatementLog) -> None:
    """All at once, all answered."""
    acme, origin = await _stored(pool), uuid4().hex
    async with asyncio.timeout(_LIMIT_SECONDS), AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(_reader(urls, origin, acme, 100)) for _ in range(2)]
        log.forget()
        await asyncio.gather(*(one.go() for one in readers))
        told = await asyncio.gather(*(one.told() for one in readers))
    assert [lengths for lengths, _ in told] == [[100] * 100] * 2
    assert _loads(log) == 1
    assert sorted(counts.loads for _, counts in told) == [0, 1]
    for _, counts in told:
        assert_balanced(counts, asked=100)


async def test_a_holder_that_is_killed_costs_one_more_load(pool: Pool, urls: ServerUrls, log: StatementLog) -> None:
    """Two hundred wait for it in two other processes; one of these loads, and all are answered."""
    acme, origin = await _stored(pool), uuid4().hex
    async with asyncio.timeout(_LIMIT_SECONDS), AsyncExitStack() as stack:
        holder = await stack.enter_async_context(_reader(urls, origin, acme, 1))
        readers = [await stack.enter_async_context(_reader(urls, origin, acme, 100)) for _ in range(2)]
        log.forget()
        async with held(urls.database, "LOCK TABLE candles"):
            await holder.go()
            await blocked(pool)
            await asyncio.gather(*(one.go() for one in readers))
            holder.process.send_signal(signal.SIGKILL)
            await holder.process.wait()
        told = await asyncio.gather(*(one.told() for one in readers))
    assert [lengths for lengths, _ in told] == [[100] * 100] * 2
    assert _loads(log) == 2
    assert sorted(counts.loads for _, counts in told) == [0, 1]
