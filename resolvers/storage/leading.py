"""A session of its own that hears what is notified, and of which one among all processes leads."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING

import asyncpg

from resolvers.storage.pool import connecting, reached

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

_STATEMENT_SECONDS = 30
_FAREWELL_SECONDS = 1


class Session:
    """A connection outside of any pool, because it listens, and holds a lock for as long as it lives."""

    def __init__(self, one: asyncpg.Connection) -> None:
        self._one = one
        self._leads = False
        self._woken = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Whether it has not lost its connection, and with it what it held."""
        return not self._one.is_closed()

    async def leads(self, lock: int) -> bool:
        """
        Whether this session holds the advisory *lock*, which it takes where it is free and keeps to its end.

        Raises:
            Unavailable: If PostgreSQL does not answer.
        """
        if not self._leads:
            with self.asking() as one:
                self._leads = await one.fetchval("SELECT pg_try_advisory_lock($1)", lock)
        return self._leads

    @contextmanager
    def asking(self) -> Iterator["Connection"]:
        """
        The connection, for nothing but PostgreSQL.

        Raises:
            Unavailable: If PostgreSQL does not answer.
        """
        with reached(self._one):
            yield self._one

    async def listen(self, channel: str) -> None:
        """Lets what is notified on *channel*, and the loss of the connection, end the waits."""
        self._one.add_termination_listener(lambda _: self._woken.set())
        with self.asking():
            await self._one.add_listener(channel, lambda *_: self._woken.set())

    async def woken(self, seconds: float) -> None:
        """Returns when something was notified since the last call, after *seconds* at the latest."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()

    async def close(self) -> None:
        """Ends the session, and with it whatever it holds."""
        try:
            await self._one.close(timeout=_FAREWELL_SECONDS)
        except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresError):
            self._one.terminate()


@asynccontextmanager
async def session(dsn: str, channel: str | None = None) -> AsyncIterator[Session]:
    """
    A session at *dsn*, which listens to *channel* if there is one.

    Raises:
        Unavailable: If PostgreSQL does not answer.
    """
    with connecting():
        one = await asyncpg.connect(
            dsn,
            timeout=_STATEMENT_SECONDS,
            command_timeout=_STATEMENT_SECONDS,
            server_settings={"application_name": "signal-gateway events", "timezone": "UTC"},
        )
    opened = Session(one)
    try:
        if channel is not None:
            await opened.listen(channel)
        yield opened
    finally:
        await opened.close()
