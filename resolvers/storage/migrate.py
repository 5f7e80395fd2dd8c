"""Numbered SQL files, each applied once, by one process at a time."""

import re
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

import asyncpg

from resolvers.errors import Unavailable
from resolvers.storage.pool import connecting, reached

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

_LOCK = 0x5_16A1  # any number, the same for all processes: one migrates, the others wait
_NAME = re.compile(r"(\d{4})_(\w+)\.sql")


@dataclass(frozen=True, kw_only=True, slots=True)
class Migration:
    """One step of the tables' history."""

    number: int
    name: str
    sql: str


def migrations() -> tuple[Migration, ...]:
    """All migrations, oldest first."""
    found = [
        Migration(number=int(match[1]), name=match[2], sql=file.read_text("utf-8"))
        for file in files("resolvers.storage").joinpath("migrations").iterdir()
        if (match := _NAME.fullmatch(file.name))
    ]
    return tuple(sorted(found, key=lambda migration: migration.number))


async def migrate(dsn: str) -> tuple[Migration, ...]:
    """
    Brings the database up to date, and returns what had to be applied.

    Uses a connection of its own: the lock belongs to the session, and each migration is one transaction.

    Raises:
        Unavailable: If PostgreSQL does not answer, does not let us in, or does not let us make tables.
    """
    with connecting():
        connection = await asyncpg.connect(dsn)
    try:
        with reached(connection):
            return await _applied(connection)
    except asyncpg.InsufficientPrivilegeError as error:
        raise Unavailable(f"PostgreSQL does not let this role make the tables: {error}") from error
    finally:
        await connection.close()


async def _applied(connection: asyncpg.Connection) -> tuple[Migration, ...]:
    await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS migrations ("
        "number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    done = {row["number"] for row in await connection.fetch("SELECT number FROM migrations")}
    missing = tuple(migration for migration in migrations() if migration.number not in done)
    for migration in missing:
        async with connection.transaction():
            await connection.execute(migration.sql)
            await connection.execute(
                "INSERT INTO migrations (number, name) VALUES ($1, $2)", migration.number, migration.name
            )
    return missing


async def pending_migrations(connection: "Connection") -> tuple[Migration, ...]:
    """Migrations that this program knows and the database has not seen."""
    if not await connection.fetchval("SELECT to_regclass('migrations') IS NOT NULL"):
        return migrations()
    done = {row["number"] for row in await connection.fetch("SELECT number FROM migrations")}
    return tuple(migration for migration in migrations() if migration.number not in done)
