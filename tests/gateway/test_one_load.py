"""One load per key across processes, as clients see it: equal queries at once are one read of PostgreSQL."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.config import ServerUrls
from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool
from tests.bars import instrument, spaced, store
from tests.processes import Serving, environment
from tests.resolvers.storage.gates import blocked, held
from tests.servers import Servers
from tests.statements import StatementLog

_LIMIT_SECONDS = 60
_QUERY = '{ candles(symbol: "ACME", interval: H1, last: 100) { count columns { timestamp close } } }'


@pytest.fixture
async def log(servers: Servers, urls: ServerUrls) -> StatementLog:
    """The statements of the test's database."""
    log = StatementLog(servers.log, urls.database)
    await log.start()
    return log


@asynccontextmanager
async def _clients(one: Serving) -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(base_url=one.client.base_url, timeout=_LIMIT_SECONDS, limits=limits) as client:
        yield client


async def _ask(client: httpx.AsyncClient, number: int) -> int:
    """How many bars were answered; every other request is a GET."""
    if number % 2:
        answer = await client.get("/graphql", params={"query": _QUERY})
    else:
        answer = await client.post("/graphql", json={"query": _QUERY})
    told: dict[str, Any] = answer.json()
    assert len(told["data"]["candles"]["columns"]["close"]) == told["data"]["candles"]["count"]
    count: int = told["data"]["candles"]["count"]
    return count


def _reads(log: StatementLog) -> int:
    """How often bars were read."""
    return sum(one.startswith("COPY (SELECT") for one in log.statements())


def _variables(home: Path, urls: ServerUrls) -> dict[str, str]:
    # A busy machine may miss the usual budget, and then each process reads for itself.
    return environment(home, database_url=urls.database, redis_url=urls.redis, redis_budget_seconds=20)


async def test_200_equal_queries_to_two_cold_processes_are_one_read(
    pool: Pool, urls: ServerUrls, log: StatementLog, tmp_path: Path
) -> None:
    """All at once, by GET and by POST, all answered."""
    await store(pool, await instrument(pool), Interval.H1, spaced(200, Interval.H1))
    with ExitStack() as stack:
        one, other = (stack.enter_context(Serving(_variables(tmp_path, urls), "serve")) for _ in range(2))
        log.forget()
        async with _clients(one) as first, _clients(other) as second, held(urls.database, "LOCK TABLE candles") as gate:
            asked = [asyncio.create_task(_ask(client, n)) for n in range(100) for client in (first, second)]
            await blocked(pool)
            await gate.execute("COMMIT")
            counts = await asyncio.gather(*asked)
            await gate.execute("BEGIN")
        assert _reads(log) == 1
    assert counts == [100] * 200


async def test_a_process_that_is_killed_while_it_reads_costs_one_more(
    pool: Pool, urls: ServerUrls, log: StatementLog, tmp_path: Path
) -> None:
    """A hundred clients of another process wait for what it reads; they are answered all the same."""
    await store(pool, await instrument(pool), Interval.H1, spaced(200, Interval.H1))
    with ExitStack() as stack:
        holder, other = (stack.enter_context(Serving(_variables(tmp_path, urls), "serve")) for _ in range(2))
        log.forget()
        async with _clients(holder) as first, _clients(other) as second:
            async with held(urls.database, "LOCK TABLE candles"):
                lost = asyncio.create_task(_ask(first, 0))
                await blocked(pool)
                asked = [asyncio.create_task(_ask(second, n)) for n in range(100)]
                await asyncio.to_thread(holder.end, signal.SIGKILL)
                with pytest.raises(httpx.TransportError):
                    await lost
            counts = await asyncio.gather(*asked)
        assert _reads(log) == 2
    assert counts == [100] * 100
