"""Migrations: each once, whoever comes at the same time."""

import asyncio
import sys
from collections.abc import AsyncIterator

import asyncpg
import pytest

from resolvers.storage.migrate import Migration, migrate, migrations, pending_migrations
from tests.servers import Servers, database_url

_NAME = "unmigrated"


@pytest.fixture
async def empty(servers: Servers) -> AsyncIterator[str]:
    """The URL of a database without a table."""
    server = await asyncpg.connect(servers.urls.database)
    await server.execute(f"CREATE DATABASE {_NAME} TEMPLATE template0")
    try:
        yield database_url(servers.urls.database, _NAME)
    finally:
        await server.execute(f"DROP DATABASE {_NAME} WITH (FORCE)")
        await server.close()


async def _pending(url: str) -> tuple[Migration, ...]:
    one = await asyncpg.connect(url)
    try:
        return await pending_migrations(one)
    finally:
        await one.close()


async def test_migrations_are_pending_until_they_are_applied(empty: str) -> None:
    """All on an empty database, none afterwards; applied in their order, and once."""
    assert await _pending(empty) == migrations()
    assert await migrate(empty) == migrations()
    assert await _pending(empty) == ()
    assert await migrate(empty) == ()


async def test_what_was_applied_before_is_left_alone(empty: str) -> None:
    """A database that misses the last one gets the last one."""
    await migrate(empty)
    one = await asyncpg.connect(empty)
    last = migrations()[-1]
    await one.execute("DELETE FROM migrations WHERE number = $1", last.number)
    assert await pending_migrations(one) == (last,)
    await one.close()


async def test_of_several_at_once_one_migrates(empty: str) -> None:
    """The others wait, and find nothing left to do."""
    applied = await asyncio.gather(*(migrate(empty) for _ in range(5)))
    assert sorted(map(len, applied)) == [0, 0, 0, 0, len(migrations())]


async def test_of_two_processes_one_migrates(empty: str) -> None:
    """Each counts what it had to apply."""
    program = (
        "import asyncio, sys; from resolvers.storage.migrate import migrate;"
        " print(len(asyncio.run(migrate(sys.argv[1]))))"
    )
    started = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", program, empty, stdout=asyncio.subprocess.PIPE)
        for _ in range(2)
    ]
    printed = [(await process.communicate())[0] for process in started]
    assert sorted(int(text) for text in printed) == [0, len(migrations())]


def test_numbers_are_gapless_and_names_unique() -> None:
    """Two that were written side by side cannot both be the next one."""
    assert [one.number for one in migrations()] == list(range(1, len(migrations()) + 1))
    assert len({one.name for one in migrations()}) == len(migrations())
