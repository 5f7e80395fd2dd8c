"""Whether the process lives and can answer, with servers that are stopped and started again."""

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from gateway.config import ServerUrls
from gateway.embedded import embedded_servers
from gateway.observe.health import ready
from resolvers.model.interval import Interval
from resolvers.storage.migrate import migrate
from resolvers.storage.pool import open_pool
from tests.bars import instrument, spaced, store
from tests.gateway.embedded.neighbour import pids
from tests.servers import PATIENT, RunningGateway

_QUERY = '{ candles(symbol: "ACME", last: 2) { count columns { rsi } } }'


async def test_a_gateway_with_both_servers_is_ready(gateway: RunningGateway) -> None:
    """And names them."""
    answer = await gateway.client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ok", "ok": ["postgresql", "redis"], "failing": {}},
    )
    assert (await gateway.client.get("/livez")).json() == {"status": "ok"}


class Mortal:
    """A gateway on servers of its own, each of which can be killed."""

    def __init__(self, gateway: RunningGateway, data_dir: Path) -> None:
        self.gateway = gateway
        self._data_dir = data_dir

    async def kill(self, which: int, number: signal.Signals) -> None:
        """Ends PostgreSQL (0) or Redis (1), and returns when it no longer listens."""
        pid = pids(self._data_dir)[which]
        assert pid is not None
        os.kill(pid, number)
        while pids(self._data_dir)[which] is not None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.fixture
async def mortal() -> AsyncIterator[Mortal]:
    """A gateway with an instrument, on embedded servers of its own."""
    with tempfile.TemporaryDirectory() as folder, embedded_servers(Path(folder) / "data") as urls:
        assert urls.database is not None
        assert urls.redis is not None
        await migrate(urls.database)
        pool = await open_pool(urls.database, size=1)
        await store(pool, await instrument(pool), Interval.D1, spaced(50, Interval.D1))
        await pool.close()
        async with RunningGateway(PATIENT, ServerUrls(database=urls.database, redis=urls.redis)) as gateway:
            yield Mortal(gateway, Path(folder) / "data")


async def test_servers_that_are_gone_are_named(mortal: Mortal) -> None:
    """Without Redis queries still work; without both, what is not held is UNAVAILABLE, and the process lives on."""
    gateway = mortal.gateway
    assert (await gateway.data(_QUERY))["candles"]["count"] == 2

    await mortal.kill(1, signal.SIGTERM)
    answer = await gateway.client.get("/readyz")
    assert answer.status_code == 503
    assert (answer.json()["status"], answer.json()["ok"]) == ("failing", ["postgresql"])
    assert list(answer.json()["failing"]) == ["redis"]
    assert (await gateway.data(_QUERY))["candles"]["count"] == 2

    await mortal.kill(0, signal.SIGINT)
    answer = await gateway.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "failing",
        "ok": [],
        "failing": {"postgresql": "Unavailable", "redis": answer.json()["failing"]["redis"]},
    }
    assert (await gateway.data(_QUERY))["candles"]["count"] == 2
    for query, path in (
        (_QUERY.replace("last: 2", "last: 3"), "candles"),
        ('{ instrument(symbol: "BETA") { symbol } }', "instrument"),
        ("{ instruments { totalCount } }", "instruments"),
        ('{ quotes(symbols: ["ACME"]) { price } }', "quotes"),
    ):
        assert await gateway.error(query) == ("UNAVAILABLE", [path], "PostgreSQL cannot be reached")
    assert (await gateway.client.get("/livez")).status_code == 200
    assert await gateway.data("{ __typename }") == {"__typename": "Query"}


@pytest.mark.parametrize(
    ("ping", "failure"),
    [
        (lambda: asyncio.Event().wait(), "no answer within 0.01 s"),
        (lambda: _refuse(ConnectionRefusedError("secret://address")), "ConnectionRefusedError"),
    ],
)
async def test_a_failure_is_told_without_addresses(ping: Callable[[], object], failure: str) -> None:
    """A service that hangs is named after the timeout; one that fails by the kind of its error alone."""
    endpoint = ready(lambda _: {"good": _answer, "bad": ping}, timeout_seconds=0.01)  # type: ignore[dict-item]
    transport = httpx.ASGITransport(Starlette(routes=[Route("/readyz", endpoint)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "failing", "ok": ["good"], "failing": {"bad": failure}}


async def _answer() -> None:
    """Answers."""


async def _refuse(error: Exception) -> None:
    raise error
