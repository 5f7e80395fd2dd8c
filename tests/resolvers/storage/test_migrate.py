"""Migrations: each once, whoever comes at the same time."""

import asyncio
import sys
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest

from resolvers.storage.migrate import Migration, migrate, migrations, pending_migrations
from resolvers.storage.partitions import ensure_partitions
from resolvers.storage.pool import open_pool
from resolvers.storage.signals import signals_at_number
from tests.bars import NOON, instrument
from tests.computed import computed, days, store_parts
from tests.servers import Servers, database_url
from tests.signals import draft, store

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


async def test_signals_of_before_the_engine_stay_as_they_are(empty: str) -> None:
    """Those of a partition too, with nothing in the new columns; afterwards both kinds can be stored beside them."""
    one = await asyncpg.connect(empty)
    await one.execute(
        "CREATE TABLE migrations (number int PRIMARY KEY, name text, applied_at timestamptz DEFAULT now())"
    )
    for step in migrations()[:3]:
        await one.execute(step.sql)
        await one.execute("INSERT INTO migrations (number, name) VALUES ($1, $2)", step.number, step.name)
    pool = await open_pool(empty, size=2)
    acme = await instrument(pool)
    await ensure_partitions(pool, [2024], of="signals")
    await one.execute(
        "INSERT INTO signals (id, time, score, agreement, price, instrument_id, bar_minutes, direction, strength,"
        " producer, rationale, votes)"
        " VALUES ($1, to_timestamp($2), 0.25, 0.5, 100, $3, 60, 'BUY', 'WEAK', 'desk', $4, $5)",
        UUID(draft(acme).digest),
        float(NOON),
        acme.id,
        "Two of three averages rise.",
        b"\1",
    )
    await one.execute("INSERT INTO signal_series VALUES ($1, 60, 'desk', to_timestamp($2))", acme.id, float(NOON))
    assert [step.number for step in await migrate(empty)] == [step.number for step in migrations()[3:]]
    await one.close()
    _, (old,) = await signals_at_number(pool, NOON)
    assert (old.rationale, old.votes, old.measures, old.basis) == ("Two of three averages rise.", b"\1", None, None)
    await store(pool, draft(acme, votes=b"\1"), draft(acme, producer="other", rationale=None, measures=b"\0" * 64))
    written = await store_parts(pool, computed(acme, days(500)))
    assert written.quiet_signals == 500
    rows = await pool.fetch("SELECT producer, revision, count(*) AS n FROM signals GROUP BY 1, 2 ORDER BY 1")
    assert [(row["producer"][:5], row["revision"], row["n"]) for row in rows] == [
        ("desk", 1, 1),
        ("gatew", 1, 500),
        ("other", 1, 1),
    ]
    await pool.close()


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
