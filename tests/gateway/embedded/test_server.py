"""The life of a server process: its session, its descriptors, its end, and what it says when it cannot start."""

import os
import signal
from pathlib import Path

import asyncpg
import pytest

from gateway.embedded import EmbeddedError, embedded_servers
from gateway.embedded.account import server_account
from gateway.embedded.directory import DataDirectory
from gateway.embedded.postgres import Postgres
from tests.gateway.embedded.neighbour import is_running, pids, wait_until


async def test_a_killed_postmaster_starts_again(data_dir: Path) -> None:
    """kill -9 of PostgreSQL itself loses no committed row; its stale files are in nobody's way."""
    with embedded_servers(data_dir) as urls:
        database = await asyncpg.connect(urls.database)
        await database.execute("CREATE TABLE bar AS SELECT 1 AS close")
        killed, _ = pids(data_dir)
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: not is_running(killed), "PostgreSQL is gone")
        database.terminate()
    assert (data_dir / "postgres" / "postmaster.pid").exists()
    with embedded_servers(data_dir) as urls:
        database = await asyncpg.connect(urls.database)
        assert await database.fetchval("SELECT close FROM bar") == 1
        await database.close()


def test_servers_live_apart_from_our_terminal(data_dir: Path) -> None:
    """They have sessions of their own, run unprivileged, and hold none of the locks of a user."""
    with embedded_servers(data_dir):
        for name, pid in zip(("postgres", "redis"), pids(data_dir), strict=True):
            assert pid is not None
            assert os.getsid(pid) != os.getsid(0)
            opened = {path.resolve().name for path in Path(f"/proc/{pid}/fd").glob("*")}
            assert not opened & {"postgres.lock", "postgres.users", "redis.lock", "redis.users"}
            if opened:
                assert f"{name}.alive" in opened
                assert Path(f"/proc/{pid}").stat().st_uid == server_account().uid != 0


def test_the_process_is_found_through_its_socket(data_dir: Path) -> None:
    """PostgreSQL's own file names the same process."""
    with embedded_servers(data_dir, redis=False):
        assert pids(data_dir)[0] == int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
    assert pids(data_dir) == (None, None)


def test_a_server_that_cannot_start_says_why(data_dir: Path) -> None:
    """The error names the program's log and carries its last lines; nothing stays locked."""
    with embedded_servers(data_dir, redis=False):
        pass
    settings = data_dir / "postgres" / "postgresql.conf"
    good = settings.read_text()
    settings.write_text("no such line")
    with pytest.raises(EmbeddedError) as caught, embedded_servers(data_dir, redis=False):
        pass
    assert str(caught.value).startswith("PostgreSQL ended while it started")
    assert 'syntax error in file "' in str(caught.value)
    settings.write_text(good)
    with embedded_servers(data_dir, redis=False):
        pass


def test_a_program_that_cannot_be_run_says_why(data_dir: Path) -> None:
    """A missing program is named."""
    data_dir.mkdir(0o700)
    server = Postgres(DataDirectory(path=data_dir, account=server_account()))
    alive = server.directory.open_file("postgres.alive", os.O_RDWR)
    with pytest.raises(EmbeddedError, match=r"/nowhere/initdb cannot be run: .*No such file"):
        server.run(["/nowhere/initdb"], data_dir.parent, alive)
    os.close(alive)


def test_the_log_of_the_last_start_is_kept(data_dir: Path) -> None:
    """Each start has a log of its own, and one earlier log stays."""
    for _ in range(3):
        with embedded_servers(data_dir, redis=False):
            pass
    for name in ("postgres.log", "postgres.log.old"):
        assert (data_dir / name).read_text().count("ready to accept connections") == 1
    assert sorted(path.name for path in data_dir.glob("*.log*")) == ["postgres.log", "postgres.log.old"]
