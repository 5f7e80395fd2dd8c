"""The connection pool, and what a lost PostgreSQL looks like to the layers above."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias

import asyncpg

from resolvers.errors import Unavailable

Pool: TypeAlias = asyncpg.Pool

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection: TypeAlias = asyncpg.Connection | PoolConnectionProxy

_LOST = (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError, asyncpg.InterfaceError, TimeoutError)


async def open_pool(dsn: str, *, size: int) -> asyncpg.Pool:
    """
    A pool of at most *size* connections to *dsn*.

    Raises:
        Unavailable: If PostgreSQL does not answer.
    """
    try:
        return await asyncpg.create_pool(
            dsn,
            min_size=min(2, size),
            max_size=size,
            # Nothing here leaves session state behind, so the round trip of a reset on every release is saved.
            reset=_keep,
            server_settings={"application_name": "signal-gateway", "timezone": "UTC"},
            command_timeout=60,
        )
    except _LOST as error:
        raise Unavailable(f"PostgreSQL cannot be reached: {error}") from error


@asynccontextmanager
async def connection(pool: asyncpg.Pool) -> AsyncIterator["Connection"]:
    """
    A connection for a short while.

    Raises:
        Unavailable: If PostgreSQL does not answer, also in the middle.
    """
    try:
        async with pool.acquire() as one:
            yield one
    except _LOST as error:
        raise Unavailable("PostgreSQL cannot be reached") from error


@asynccontextmanager
async def snapshot(pool: asyncpg.Pool) -> AsyncIterator["Connection"]:
    """A connection that sees one moment of the database, for reads that belong together."""
    async with connection(pool) as one, one.transaction(isolation="repeatable_read", readonly=True):
        yield one


async def _keep(_: asyncpg.Connection) -> None:
    """Leaves a released connection as it is."""


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
    """Holds an advisory lock, so that one process at a time does what only one should; the others wait."""
    async with connection(pool) as one:
        await one.execute("SELECT pg_advisory_lock($1)", lock, timeout=600)
        try:
            yield
        finally:
            await one.execute("SELECT pg_advisory_unlock($1)", lock)
