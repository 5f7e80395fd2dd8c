"""Gates for writers and readers: rows and tables that a connection of the test holds locked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from resolvers.model.instrument import Instrument
from resolvers.storage.pool import Pool


@asynccontextmanager
async def held(url: str, statement: str) -> AsyncIterator[asyncpg.Connection]:
    """A transaction that has executed *statement* and keeps its locks until it is left."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute(statement)
            yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def held_quote(url: str, instrument: Instrument) -> AsyncIterator[asyncpg.Connection]:
    """
    Keeps every write of *instrument* from ending: all of it is written but the quote, and nothing committed.

    The instrument has a quote already.
    """
    async with held(url, f"SELECT FROM quotes WHERE instrument_id = {instrument.id} FOR UPDATE") as gate:
        yield gate


async def blocked(pool: Pool, *, count: int = 1, at_most: int | None = None) -> list[int]:
    """The backends of this database that wait for a lock, once they are *count*, or more but for *at_most*."""
    while True:
        pids = await pool.fetch(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        if count <= len(pids) and (at_most is None or len(pids) <= at_most):
            return [row["pid"] for row in pids]
