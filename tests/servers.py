"""Real servers for tests: embedded PostgreSQL and Redis, a database per test, a gateway on a port of its own."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
from starlette.types import ASGIApp

from gateway.app import create_app
from gateway.config import ServerUrls, Settings
from gateway.endpoint.connections import Connections
from gateway.endpoint.front import Front
from gateway.server import Server, config_of
from resolvers.events.position import position_text
from resolvers.storage.migrate import migrate
from resolvers.storage.outbox import newest_numbers
from resolvers.storage.revisions import read_origin
from tests.loopback import NO_ROOTS

_TEMPLATE = "template_of_tests"

PATIENT = Settings(redis_budget_seconds=20)
"""
Settings of a gateway that waits for Redis.

Past the usual 50 ms, which a busy machine may miss, it says so in its log and does without for a second.
"""
COLD = replace(
    PATIENT,
    quote_cache_seconds=0,
    candle_cache_seconds=0,
    signal_cache_seconds=0,
    instrument_cache_seconds=0,
    absent_cache_seconds=0,
    response_cache_bytes=0,
    warm_windows=0,
)
"""Settings of a gateway that holds nothing, so that every operation reads what it answers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Servers:
    """The embedded servers of a test run; `log` is what PostgreSQL writes."""

    urls: ServerUrls
    log: Path


def database_url(url: str, name: str) -> str:
    """*url* with another database."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, f"/{name}", parts.query, ""))


async def make_template(url: str) -> None:
    """A migrated database that tests copy: copying takes 10 to 50 ms, migrating anew several times that."""
    await _execute(url, f"CREATE DATABASE {_TEMPLATE}")
    await migrate(database_url(url, _TEMPLATE))


@asynccontextmanager
async def fresh_database(url: str, name: str) -> AsyncIterator[str]:
    """The URL of an empty, migrated database that is dropped at the end."""
    # File by file, because the template does not change: written to the log as well it would be written twice.
    await _execute(url, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY file_copy")
    # The copies share a Redis, and are different databases to it.
    await _execute(database_url(url, name), "UPDATE origins SET id = gen_random_uuid()")
    try:
        yield database_url(url, name)
    finally:
        await drop_database(url, name)


@asynccontextmanager
async def unreachable(url: str) -> AsyncIterator[None]:
    """A database that lets nobody in for a while, and has thrown everybody out."""
    server, name = database_url(url, "postgres"), urlsplit(url).path[1:]
    await _execute(server, f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
    await _execute(server, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    try:
        yield
    finally:
        await _execute(server, f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")


async def drop_database(url: str, name: str) -> None:
    """Drops a database and whatever is connected to it."""
    try:
        await _execute(url, f"DROP DATABASE {name} WITH (FORCE)")
    except asyncpg.InsufficientPrivilegeError:
        # A vacuum of PostgreSQL's own is at work there. Force may not end it; without force it is asked to leave.
        await _execute(url, f"DROP DATABASE {name}")


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


class RunningApp:
    """
    An application behind real uvicorn on a free port of the loopback, and a client for it.

    Args:
        connections: Those of the application that stream, to be ended before it stops.
        listening: A socket that others listen to as well, so that clients find somebody when one stops.
    """

    def __init__(
        self,
        app: ASGIApp,
        connections: Connections | None = None,
        *,
        spread_seconds: float = 0.0,
        listening: socket.socket | None = None,
    ) -> None:
        answers = app if isinstance(app, Front) else None
        config = config_of(app, host="127.0.0.1", port=0, grace_seconds=10, answers=answers)
        self._sockets = None if listening is None else [listening.dup()]
        self._server = Server(config, connections=connections, spread_seconds=spread_seconds)
        self._task: asyncio.Task[None] | None = None
        self.client = httpx.AsyncClient(timeout=30, verify=NO_ROOTS)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._server.serve(self._sockets))
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise RuntimeError("the application ended before it was ready")
            await asyncio.sleep(0.005)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.client.base_url = httpx.URL(f"http://127.0.0.1:{port}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.client.aclose()
        await self.stop()

    async def stop(self) -> None:
        """Stops it as a signal would, and returns when it has ended."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task


class RunningGateway(RunningApp):
    """A gateway that runs."""

    def __init__(self, settings: Settings, urls: ServerUrls, *, spread_seconds: float = 0.0) -> None:
        app = create_app(settings, urls)
        super().__init__(app, app.connections, spread_seconds=spread_seconds)
        self._database = urls.database

    async def position(self) -> str | None:
        """What is written by now, as a client would hold it; None while the database cannot be asked."""
        try:
            connection = await asyncpg.connect(self._database, timeout=5)
        except (OSError, asyncpg.PostgresError):
            return None
        try:
            return position_text(await read_origin(connection), await newest_numbers(connection))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return None
        finally:
            await connection.close(timeout=5)

    async def answer(self, query: str, **variables: Any) -> dict[str, Any]:
        """
        The whole JSON answer of a POST request.

        Tests write to the database beside the gateway, so it is asked for an answer after all that was written.
        """
        asked: dict[str, Any] = {"query": query, "variables": variables}
        position = await self.position()
        if position is not None:
            asked["extensions"] = {"after": position}
        response = await self.client.post("/graphql", json=asked)
        answer: dict[str, Any] = response.json()
        return answer

    async def data(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer that has no errors."""
        answer = await self.answer(query, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def error(self, query: str, **variables: Any) -> tuple[str, list[str | int], str]:
        """Code, path and message of the one error that an answer has."""
        errors = (await self.answer(query, **variables))["errors"]
        assert len(errors) == 1, errors
        return errors[0]["extensions"]["code"], errors[0].get("path", []), errors[0]["message"]
