"""A PostgreSQL that goes away: one error for the layers above, and a pool that works when it is back."""

import asyncio
import logging
import re
import socket
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import asyncpg
import pytest

from gateway.config import ServerUrls
from resolvers.errors import Unavailable
from resolvers.ingest import Ingest
from resolvers.model.instrument import InstrumentSpec, Source
from resolvers.model.instrument_page import InstrumentPage
from resolvers.model.interval import Interval
from resolvers.storage.engine_series import ensure_engine_series
from resolvers.storage.instrument_changes import create_instruments
from resolvers.storage.instruments import (
    instrument_count,
    instrument_page,
    instruments_by_id,
    instruments_by_name,
    stored_intervals,
)
from resolvers.storage.migrate import migrate
from resolvers.storage.newest_bars import newest_bars
from resolvers.storage.panels import read_panels
from resolvers.storage.partitions import ensure_partitions, tidy
from resolvers.storage.pool import Pool, alone, connection, open_pool, ping, snapshot
from resolvers.storage.quotes import latest_quotes, store_quotes
from resolvers.storage.revisions import origin_of
from resolvers.storage.series import holds_bars_from
from tests.following import eventually
from tests.resolvers.storage.gates import blocked
from tests.servers import database_url

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

_LOCK = 77
_LIMIT_SECONDS = 20

_DEAD_URLS = [
    "postgresql://nobody@127.0.0.1:1/nothing",  # refused
    "postgresql://nobody@name.invalid/nothing",  # no such host
    "postgresql:///nothing?host=/nowhere",  # no such socket
]


@pytest.mark.parametrize("url", _DEAD_URLS)
async def test_a_server_that_is_not_there(url: str) -> None:
    """Neither a pool nor a migration begins."""
    with pytest.raises(Unavailable, match="PostgreSQL cannot be reached"):
        await open_pool(url, size=1)
    with pytest.raises(Unavailable, match="PostgreSQL cannot be reached"):
        await migrate(url)


async def test_a_server_that_lets_nobody_in(urls: ServerUrls) -> None:
    """A database that does not exist, and a password that is wrong, are told in PostgreSQL's words."""
    with pytest.raises(Unavailable, match='database "nothing" does not exist'):
        await open_pool(database_url(urls.database, "nothing"), size=1)
    with pytest.raises(Unavailable, match='database "nothing" does not exist'):
        await migrate(database_url(urls.database, "nothing"))
    with pytest.raises(Unavailable, match="password authentication failed"):
        await open_pool(re.sub(r":[^:@/]+@", ":guessed@", urls.database), size=1)


async def _terminate(pool: Pool, pids: list[int]) -> None:
    await pool.fetch("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid", pids)


async def test_a_connection_that_is_killed_while_it_waits(pool: Pool) -> None:
    """The caller gets the one error, and the next one a new connection."""
    async with asyncio.timeout(_LIMIT_SECONDS), connection(pool) as holder:
        await holder.execute("SELECT pg_advisory_lock($1)", _LOCK)
        waiting = asyncio.create_task(_lock(pool))
        await _terminate(pool, await blocked(pool))
        with pytest.raises(Unavailable, match="PostgreSQL cannot be reached"):
            await waiting
    await ping(pool)


async def _lock(pool: Pool) -> None:
    async with connection(pool) as one:
        await one.execute("SELECT pg_advisory_lock($1)", _LOCK)


@pytest.mark.parametrize("opened", [connection, snapshot])
async def test_a_connection_that_was_killed_between_two_statements(
    pool: Pool, opened: Callable[[Pool], AbstractAsyncContextManager["Connection"]]
) -> None:
    """Outside of a transaction and in one."""

    async def killed() -> None:
        async with opened(pool) as one:
            await _terminate(pool, [await one.fetchval("SELECT pg_backend_pid()")])
            await one.execute("SELECT 1")

    with pytest.raises(Unavailable, match="PostgreSQL cannot be reached"):
        await killed()
    await ping(pool)


async def test_a_server_that_is_full(pool: Pool, urls: ServerUrls) -> None:
    """One connection more than it takes, for a new pool and for one that grows."""
    await pool.execute(f"ALTER DATABASE {database_name(urls)} CONNECTION LIMIT 2")
    with pytest.raises(Unavailable, match="too many connections"):
        await open_pool(urls.database, size=1)
    async with connection(pool), connection(pool):
        with pytest.raises(Unavailable, match=r"reached$"):
            await ping(pool)


async def test_the_driver_does_not_tell_of_each_attempt(
    pool: Pool, urls: ServerUrls, caplog: pytest.LogCaptureFixture
) -> None:
    """It tries to get lost connections back by itself; who needed one has said so, in a line and once."""
    name = database_name(urls)
    other = await open_pool(urls.database, size=2)
    try:
        async with connection(other) as one, connection(other) as two:
            pids = [await each.fetchval("SELECT pg_backend_pid()") for each in (one, two)]
        await pool.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
        await _terminate(pool, pids)
        with caplog.at_level(logging.INFO):
            await eventually(lambda: _has(other, 0))
            with pytest.raises(Unavailable):
                await ping(other)
            await pool.execute(f"ALTER DATABASE {name} CONNECTION LIMIT -1")
            await eventually(lambda: _has(other, 2))
        assert caplog.messages == []
    finally:
        await other.close()


async def _has(pool: Pool, connections: int) -> bool:
    return pool.get_size() == connections


def database_name(urls: ServerUrls) -> str:
    """The test's own database."""
    return str(urlsplit(urls.database).path[1:])


async def test_nobody_waits_forever_for_a_connection(urls: ServerUrls) -> None:
    """Who has waited long enough is told for what and how long, without an address; the pool stays whole."""
    pool = await open_pool(urls.database, size=1, wait_seconds=0.05)
    try:
        async with asyncio.timeout(_LIMIT_SECONDS):
            async with connection(pool):
                with pytest.raises(Unavailable) as raised:
                    await ping(pool)
                assert str(raised.value) == "waited 0.05 s for one of 1 connections to PostgreSQL"
            await ping(pool)
    finally:
        await pool.close()


async def test_a_server_that_does_not_answer_is_not_waited_for(urls: ServerUrls) -> None:
    """A connection that has to be made first counts as waiting for one."""
    pool = await open_pool(urls.database, size=2, wait_seconds=0.05)
    silent = socket.create_server(("127.0.0.1", 0))
    try:
        async with asyncio.timeout(_LIMIT_SECONDS):
            await pool.expire_connections()
            pool.set_connect_args(f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/nothing", ssl=False)
            with pytest.raises(Unavailable, match=r"^waited 0\.05 s for one of 2 connections to PostgreSQL$"):
                await ping(pool)
    finally:
        pool.terminate()
        silent.close()


async def test_who_waits_to_be_alone_has_no_bound(urls: ServerUrls) -> None:
    """What only one process does may take long, and the others have nothing else to do."""
    pool = await open_pool(urls.database, size=1, wait_seconds=0.001)
    try:
        async with asyncio.timeout(_LIMIT_SECONDS):
            async with connection(pool) as one:
                waiting = asyncio.create_task(_enter(pool))
                await one.execute("SELECT pg_sleep(0.05)")
                assert not waiting.done()
            await waiting
    finally:
        await pool.close()


async def test_a_wrong_call_is_not_a_lost_server(pool: Pool) -> None:
    """What the driver refuses to send keeps its name, so that a bug does not look like an outage."""

    async def wrong() -> None:
        async with connection(pool) as one:
            await one.execute("SELECT $1::int", 2**40)

    with pytest.raises(asyncpg.DataError):
        await wrong()


async def test_a_pool_that_is_closed(pool: Pool) -> None:
    """Whoever still asks while the process ends gets the same answer."""
    await pool.close()
    with pytest.raises(Unavailable, match=r"reached$"):
        await ping(pool)


async def test_an_error_of_the_caller_is_not_the_databases(pool: Pool) -> None:
    """What fails beside the database keeps its name, also while a connection is held."""
    with pytest.raises(FileNotFoundError):
        async with alone(pool, _LOCK):
            raise FileNotFoundError("prices.csv")
    with pytest.raises(TimeoutError):
        async with alone(pool, _LOCK):
            raise TimeoutError


async def test_one_process_at_a_time_is_alone(pool: Pool) -> None:
    """The second enters when the first has left."""
    order: list[str] = []

    async def enter(name: str, leave: asyncio.Event) -> None:
        async with alone(pool, _LOCK):
            order.append(f"{name} in")
            await leave.wait()
            order.append(f"{name} out")

    gate = asyncio.Event()
    async with asyncio.timeout(_LIMIT_SECONDS), asyncio.TaskGroup() as group:
        group.create_task(enter("first", gate))
        while not order:
            await ping(pool)
        group.create_task(enter("second", gate))
        await blocked(pool)
        gate.set()
    assert order == ["first in", "first out", "second in", "second out"]


async def test_who_gives_up_waiting_holds_nothing(pool: Pool) -> None:
    """Cancelled while it waits to be alone, it leaves the lock to others and the pool whole."""
    async with asyncio.timeout(_LIMIT_SECONDS):
        async with alone(pool, _LOCK):
            waiting = [asyncio.create_task(_enter(pool)) for _ in range(3)]
            await blocked(pool, count=3)
            for task in waiting:
                task.cancel()
            await asyncio.wait(waiting)
        assert all(task.cancelled() for task in waiting)
        held = (
            "SELECT count(*) FROM pg_locks JOIN pg_database AS d ON d.oid = database"
            " WHERE locktype = 'advisory' AND d.datname = current_database()"
        )
        assert await pool.fetchval(held) == 0
        await _enter(pool)


async def _enter(pool: Pool) -> None:
    async with alone(pool, _LOCK):
        pass


async def _pass(pool: Pool) -> None:
    async with Ingest(pool).engine_pass([2024]):
        pass


_CALLS: dict[str, Callable[[Pool], Awaitable[object]]] = {
    "latest_quotes": lambda pool: latest_quotes(pool, [1]),
    "store_quotes": lambda pool: store_quotes(pool, []),
    "instruments_by_name": lambda pool: instruments_by_name(pool, ["ACME"]),
    "instruments_by_id": lambda pool: instruments_by_id(pool, [1]),
    "instrument_page": lambda pool: instrument_page(pool, InstrumentPage()),
    "instrument_count": lambda pool: instrument_count(pool, InstrumentPage()),
    "create_instruments": lambda pool: create_instruments(pool, [InstrumentSpec(symbol="ACME")]),
    "stored_intervals": lambda pool: stored_intervals(pool, [1]),
    "newest_bars": lambda pool: newest_bars(pool, []),
    "origin_of": origin_of,
    "holds_bars_from": lambda pool: holds_bars_from(pool, Source.FILE),
    "ensure_partitions": lambda pool: ensure_partitions(pool, [2024]),
    "tidy": lambda pool: tidy(pool, [2024]),
    "ensure_engine_series": lambda pool: ensure_engine_series(pool, "0123456789ab", [Interval.D1]),
    "read_panels": lambda pool: read_panels(pool, ["0123456789ab"]),
    "engine_pass": _pass,
    "ping": ping,
}


async def test_every_function_says_the_same_of_a_database_that_is_gone(pool: Pool, urls: ServerUrls) -> None:
    """All connections are ended, and new ones refused."""
    gone = await asyncpg.connect(database_url(urls.database, "postgres"))
    try:
        await gone.execute(f"ALTER DATABASE {database_name(urls)} WITH ALLOW_CONNECTIONS false")
        await gone.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", database_name(urls)
        )
        said = {name: await _said(call, pool) for name, call in _CALLS.items()}
        assert said == dict.fromkeys(_CALLS, "PostgreSQL cannot be reached")
    finally:
        await gone.close()


async def _said(call: Callable[[Pool], Awaitable[object]], pool: Pool) -> str:
    with pytest.raises(Unavailable) as raised:
        await call(pool)
    return str(raised.value)
