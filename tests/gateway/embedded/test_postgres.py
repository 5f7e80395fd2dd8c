"""The embedded PostgreSQL: who may enter, with which settings, and which clusters it takes."""

import os
import subprocess
from pathlib import Path

import asyncpg
import pytest

from gateway.embedded import EmbeddedError, embedded_servers
from gateway.embedded.account import server_account

PROMISED = {
    "listen_addresses": "",
    "max_connections": "60",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "jit": "off",
    "random_page_cost": "1.1",
    "TimeZone": "UTC",
    "log_timezone": "UTC",
    "server_encoding": "UTF8",
    "password_encryption": "scram-sha-256",
    "unix_socket_permissions": "0700",
}


async def test_the_settings_are_those_we_promise(data_dir: Path) -> None:
    """A store for one program; the role owns its database and is no superuser."""
    with embedded_servers(data_dir, redis=False) as urls:
        database = await asyncpg.connect(urls.database)
        assert {name: await database.fetchval(f"SHOW {name}") for name in PROMISED} == PROMISED
        assert await database.fetchval("SHOW is_superuser") == "off"
        assert await database.fetchval("SELECT lower('É') COLLATE \"default\"") == "é"
        await database.close()


@pytest.mark.parametrize(("role", "password"), [("signal_gateway", "wrong"), ("signal_gateway", ""), ("postgres", "x")])
async def test_nobody_enters_without_the_password(data_dir: Path, role: str, password: str) -> None:
    """A wrong password is refused, and so is every role but ours."""
    with embedded_servers(data_dir, redis=False), pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await asyncpg.connect(host=str(data_dir / "postgres" / "run"), user=role, password=password, port=5432)


async def test_statements_can_be_counted_at_the_server(data_dir: Path) -> None:
    """The role may switch the log of statements on for its own session."""
    with embedded_servers(data_dir, redis=False) as urls:
        database = await asyncpg.connect(urls.database)
        await database.execute("SET log_statement = 'all'")
        await database.execute("SELECT 'counted'")
        await database.close()
        assert (data_dir / "postgres.log").read_text().count("SELECT 'counted'") == 1


def test_a_cluster_of_another_major_is_refused(data_dir: Path) -> None:
    """The message says which version made it and which one is here."""
    with embedded_servers(data_dir, redis=False):
        pass
    version = data_dir / "postgres" / "PG_VERSION"
    version.write_text("17\n")
    with (
        pytest.raises(EmbeddedError, match="must be a cluster of PostgreSQL 18, was made by 17"),
        embedded_servers(data_dir, redis=False),
    ):
        pass
    version.unlink()
    with pytest.raises(EmbeddedError, match="has no PG_VERSION"), embedded_servers(data_dir, redis=False):
        pass


def test_a_lost_password_is_named(data_dir: Path) -> None:
    """Without its password file a cluster is of no use, and the message says which file is missing."""
    with embedded_servers(data_dir, redis=False):
        pass
    (data_dir / "postgres.password").unlink()
    with pytest.raises(EmbeddedError, match=r"postgres\.password must hold"), embedded_servers(data_dir, redis=False):
        pass


def test_a_process_id_taken_over_by_another_program(data_dir: Path) -> None:
    """After a power cut the number in its lock files may belong to anybody, of the same account even."""
    account = server_account()
    lock_files = [data_dir / "postgres" / name for name in ("postmaster.pid", "run/.s.PGSQL.5432.lock")]
    with embedded_servers(data_dir, redis=False):
        kept = [file.read_text().splitlines()[1:] for file in lock_files]
    with subprocess.Popen(["sleep", "60"], cwd="/", start_new_session=True, **account.spawn_identity) as stranger:
        for file, lines in zip(lock_files, kept, strict=True):
            file.write_text("\n".join([str(stranger.pid), *lines, ""]))
            os.chown(file, account.uid, account.gid)
        try:
            with embedded_servers(data_dir, redis=False):
                assert int(lock_files[0].read_text().split()[0]) != stranger.pid
        finally:
            stranger.kill()
