"""The connection pool, and what a lost PostgreSQL looks like to the layers above."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, TypeAlias

import asyncpg

from resolvers.errors import Unavailable

Pool: TypeAlias = asyncpg.Pool

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection: TypeAlias = asyncpg.Connection | PoolConnectionProxy

# It tells of each attempt to get a lost connection back, with a traceback; here that is said in a line, and once.
logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)

_LOST = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.DatabaseDroppedError,
    asyncpg.IdleSessionTimeoutError,
    # What the driver makes of a farewell that it reads where it expects an answer.
    asyncpg.InternalClientError,
)
# While connecting any refusal counts: too many connections, a wrong password, no such database.
_REFUSED = (*_LOST, asyncpg.InterfaceError, asyncpg.PostgresError)


@contextmanager
def reached(one: "Connection") -> Iterator[None]:
    """
    What is done with a connection.

    Raises:
        Unavailable: If PostgreSQL does not answer any more; a client may see it, so it holds no address.
    """
    try:
        yield
    except asyncpg.InternalClientError as error:
        # A farewell of the server that crossed a statement of ours: the driver no longer knows where it is.
        one.terminate()
        raise Unavailable("PostgreSQL cannot be reached") from error
    except (*_LOST, asyncpg.InterfaceError) as error:
        # The driver says by the same error that a call was wrong, which is no loss of PostgreSQL.
        if isinstance(error, asyncpg.InterfaceError) and _is_open(one):
            raise
        raise Unavailable("PostgreSQL cannot be reached") from error


def _is_open(one: "Connection") -> bool:
    try:
        return not one.is_closed()
    except asyncpg.InterfaceError:
        return False  # the pool took it back when it was lost


@contextmanager
def connecting() -> Iterator[None]:
    """
    The first connection of a process.

    Raises:
        Unavailable: If PostgreSQL does not answer, or does not let us in; it says why.
    """
    try:
        yield
    # The URL may be none at all, or its port no number; the driver's words may then hold a piece of its password.
    except ValueError as error:
        raise Unavailable("PostgreSQL cannot be reached: its URL cannot be read") from error
    except _REFUSED as error:
        raise Unavailable(f"PostgreSQL cannot be reached: {str(error) or type(error).__name__}") from error


class _BoundedPool(asyncpg.Pool):
    """A pool for whose connections nobody waits longer than `wait_seconds`; None for as long as it takes."""

    def __init__(self, dsn: str, *, size: int, wait_seconds: float | None) -> None:
        super().__init__(
            dsn,
            min_size=min(2, size),
            max_size=size,
            max_queries=50_000,
            max_inactive_connection_lifetime=300,
            loop=None,
            connection_class=asyncpg.Connection,
            record_class=asyncpg.Record,
            # Nothing here leaves session state behind, so the round trip of a reset on every release is saved.
            reset=_keep,
            server_settings={"application_name": "signal-gateway", "timezone": "UTC"},
            command_timeout=60,
        )
        self.wait_seconds = wait_seconds


async def open_pool(dsn: str, *, size: int, wait_seconds: float | None = None) -> asyncpg.Pool:
    """
    A pool of at most *size* connections to *dsn*.

    Args:
        wait_seconds: How long whoever needs a connection waits for one before it is `Unavailable`, for a process
            that serves; without it, as for a command with nothing else to do, as long as it takes.

    Raises:
        Unavailable: If PostgreSQL does not answer, or does not let us in.
    """
    with connecting():
        return await _BoundedPool(dsn, size=size, wait_seconds=wait_seconds)


@asynccontextmanager
async def connection(pool: asyncpg.Pool) -> AsyncIterator["Connection"]:
    """
    A connection for a short while, and for nothing but PostgreSQL.

    Raises:
        Unavailable: If PostgreSQL does not answer, also in the middle, or all connections stay in use.
    """
    one = await _acquired(pool, wait_seconds=pool.wait_seconds if isinstance(pool, _BoundedPool) else None)
    try:
        with reached(one):
            yield one
    finally:
        await pool.release(one)


async def _acquired(pool: asyncpg.Pool, *, wait_seconds: float | None) -> "PoolConnectionProxy":
    """A connection, which may have to be made first."""
    # The driver's own bound makes a task for each connection, and would bound its release as well.
    bound = asyncio.timeout(wait_seconds)
    try:
        async with bound:
            return await pool.acquire()
    except _REFUSED as error:
        if bound.expired():
            most = pool.get_max_size()
            raise Unavailable(f"waited {wait_seconds:g} s for one of {most} connections to PostgreSQL") from error
        raise Unavailable("PostgreSQL cannot be reached") from error


@asynccontextmanager
async def snapshot(pool: asyncpg.Pool) -> AsyncIterator["Connection"]:
    """A connection that sees one moment of the database, for reads that belong together."""
    async with connection(pool) as one, one.transaction(isolation="repeatable_read", readonly=True):
        yield one


async def _keep(_: asyncpg.Connection) -> None:
    """Leaves a released connection as it is."""


async def close_pool(pool: asyncpg.Pool, *, patience_seconds: float) -> None:
    """Closes *pool*; statements that still run after a while, because nobody awaits them any more, are cut off."""
    try:
        async with asyncio.timeout(patience_seconds):
            await pool.close()
    except _LOST:
        pool.terminate()


async def ping(pool: asyncpg.Pool) -> None:
    """
    Asks PostgreSQL for an answer.

    Raises:
        Unavailable: If there is none.
    """
    async with connection(pool) as one:
        await one.execute("SELECT 1")


@asynccontextmanager
async def alone(pool: asyncpg.Pool, lock: int) -> AsyncIterator[None]:
    """
    Holds an advisory lock, so that one process at a time does what only one should; the others wait, however long.

    Raises:
        Unavailable: If PostgreSQL does not answer. Errors of what is done meanwhile pass as they are.
    """
    one = await _acquired(pool, wait_seconds=None)
    try:
        with reached(one):
            await one.execute("SELECT pg_advisory_lock($1)", lock, timeout=600)
        yield
    finally:
        with reached(one):
            try:
                # Also where waiting was given up: the lock may have been granted in that moment.
                await one.execute("SELECT pg_advisory_unlock($1)", lock)
            finally:
                await pool.release(one)
