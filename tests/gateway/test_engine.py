"""The engine inside processes that serve: one of them computes, and what it makes is heard of everywhere."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.config import ServerUrls, Settings
from gateway.engine import LOCK, plan_of
from resolvers.compute.agents import installed
from resolvers.errors import GatewayError
from resolvers.storage.pool import Pool
from tests.following import eventually
from tests.processes import Serving, environment
from tests.resolvers.engine.market import StoredMarket, days

_SIGNALS = "{ signals(first: 500) { nodes { producer } } }"


@pytest.fixture
def variables(tmp_path: Path, urls: ServerUrls) -> dict[str, str]:
    """Of a process that serves the test's database, with an engine of days inside."""
    return environment(
        tmp_path, database_url=urls.database, redis_url=urls.redis, engine="on", engine_intervals="D1", log_level="INFO"
    )


async def _leaders(pool: Pool) -> int:
    return int(
        await pool.fetchval(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            LOCK,
        )
    )


@asynccontextmanager
async def _serving(variables: dict[str, str]) -> AsyncIterator[Serving]:
    """A process that serves, until the block is left."""
    serving = Serving(variables, "serve")
    try:
        await asyncio.to_thread(serving.wait_until_ready)
        yield serving
    finally:
        if serving.process.poll() is None:
            await asyncio.to_thread(serving.end, signal.SIGTERM)
    assert "Traceback" not in serving.log, serving.log


async def test_one_of_those_who_serve_computes_and_another_takes_over(pool: Pool, variables: dict[str, str]) -> None:
    """Whoever is asked answers with what it has made; when it is killed, the other goes on."""
    market = await StoredMarket.of_days(pool, symbols=3, count=60)

    async def has_all() -> bool:
        return await market.stored() == market.expected()

    async def is_heard_of() -> bool:
        found: dict[str, Any] = await asyncio.to_thread(second.data, _SIGNALS)
        return len(found["signals"]["nodes"]) == len(market.expected())

    async with _serving(variables) as first:
        await eventually(has_all)
        async with _serving(variables) as second:
            await eventually(is_heard_of)
            assert await _leaders(pool) == 1
            await asyncio.to_thread(first.end, signal.SIGKILL)
            await market.add("SYM1", days(61, seed=1)[-1:])
            await eventually(has_all)
            await eventually(is_heard_of)
    assert await _leaders(pool) == 0


@pytest.mark.parametrize("engine", ["auto", "off"])
async def test_serving_alone_computes_nothing(pool: Pool, variables: dict[str, str], engine: str) -> None:
    """Unless it is told to."""
    await StoredMarket.of_days(pool, symbols=3, count=60)
    async with _serving(variables | {"GATEWAY_ENGINE": engine}):
        await asyncio.sleep(1.5)
        assert (await _leaders(pool), await pool.fetchval("SELECT count(*) FROM engine_series")) == (0, 0)


async def test_it_ends_in_the_middle_of_its_work(pool: Pool, variables: dict[str, str]) -> None:
    """Cleanly, with whole batches or nothing."""
    market = await StoredMarket.of_days(pool, symbols=40, count=300)

    async def has_some() -> bool:
        return bool(await pool.fetchval("SELECT count(*) FROM signals"))

    async with _serving(variables):
        await eventually(has_some)
    stored, expected = await market.stored(), market.expected()
    assert stored.items() <= expected.items()
    by_series = {key[0]: sum(one[0] == key[0] for one in stored) for key in stored}
    assert all(count == sum(one[0] == number for one in expected) for number, count in by_series.items())


def test_an_agent_that_cannot_be_used_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a line for the person who started it."""

    def refused() -> Callable[[], None]:
        raise installed.AgentRefused("refused as agents:\nmine = nothing: it cannot be loaded")

    monkeypatch.setattr("gateway.engine.installed_panel", refused)
    with pytest.raises(GatewayError, match="mine = nothing"):
        plan_of(Settings(), is_worker=True)


def test_settings_become_a_plan() -> None:
    """Workers take more at once than an engine beside requests."""
    settings = Settings(engine_intervals="h1, D1", engine_shard="1/3", engine_horizon_bars=7, bar_grace_seconds=0.5)
    worker, beside = plan_of(settings, is_worker=True), plan_of(settings, is_worker=False)
    assert [interval.name for interval in worker.intervals] == ["H1", "D1"]
    assert (worker.shard.number, worker.shard.of, worker.horizon, worker.grace) == (1, 3, 7, 0.5)
    assert worker.version == beside.version
    assert worker.most_rows > beside.most_rows
    assert worker.most_series > beside.most_series
