"""Both servers, from the first start to the data that survives the second."""

import os
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio

from gateway.embedded import EmbeddedError, ServerUrls, default_data_dir, embedded_servers


async def test_what_is_stored_survives_a_restart(data_dir: Path) -> None:
    """PostgreSQL keeps rows and Redis keeps keys from one start to the next."""
    with embedded_servers(data_dir) as urls:
        database = await asyncpg.connect(urls.database)
        await database.execute("CREATE TABLE bar AS SELECT 101.5 AS close")
        await database.close()
        async with redis.asyncio.Redis.from_url(str(urls.redis)) as client:
            await client.set("close", "101.5")
    with embedded_servers(data_dir) as urls:
        database = await asyncpg.connect(urls.database)
        assert str(await database.fetchval("SELECT close FROM bar")) == "101.5"
        await database.close()
        async with redis.asyncio.Redis.from_url(str(urls.redis)) as client:
            assert await client.get("close") == b"101.5"


def test_only_what_is_asked_for_starts(data_dir: Path) -> None:
    """With a PostgreSQL of the user's own, only Redis is there."""
    with embedded_servers(data_dir, postgres=False) as urls:
        assert urls.database is None
        assert urls.redis == f"unix://{data_dir}/redis/redis.sock"
        assert not (data_dir / "postgres").exists()


def test_nothing_asked_for_touches_nothing(data_dir: Path) -> None:
    """With both servers of the user's own, not even the directory is made."""
    with embedded_servers(data_dir, postgres=False, redis=False) as urls:
        assert urls == ServerUrls(database=None, redis=None)
        assert not data_dir.exists()


async def test_any_path_makes_a_valid_url(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blanks, commas, percent signs and a PGPORT of the environment lead nobody astray."""
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nowhere")
    with embedded_servers(data_dir / "a, b%20c?d@é#") as urls:
        database = await asyncpg.connect(urls.database)
        assert await database.fetchval("SELECT 1") == 1
        await database.close()
        async with redis.asyncio.Redis.from_url(str(urls.redis)) as client:
            assert await client.ping()


def test_a_place_that_cannot_be_made_is_an_error_of_ours(data_dir: Path) -> None:
    """A file where a folder should be ends in a sentence, not in a traceback."""
    data_dir.write_text("")
    with (
        pytest.raises(EmbeddedError, match=r"cannot start the servers on .*Not a directory"),
        embedded_servers(data_dir / "below"),
    ):
        pass


def test_errors_of_the_block_pass_unchanged(data_dir: Path) -> None:
    """An OSError of the user's own code is not taken for one of the start."""
    with pytest.raises(ConnectionResetError), embedded_servers(data_dir, postgres=False):
        raise ConnectionResetError


def test_the_default_place_depends_on_who_we_are() -> None:
    """Root has a system directory, everybody else one of their own."""
    expected = Path("/var/lib/signal-gateway") if os.geteuid() == 0 else Path.home()
    assert default_data_dir().is_relative_to(expected)
