"""Many processes, one pair of servers: every order of coming, leaving and being killed."""

import fcntl
import os
import signal
from pathlib import Path

import asyncpg
import pytest

from gateway.embedded import ServerUrls, embedded_servers
from tests.gateway.embedded.conftest import Neighbourhood
from tests.gateway.embedded.neighbour import is_running, pids, ping, wait_until


async def _query(urls: ServerUrls) -> None:
    database = await asyncpg.connect(urls.database)
    assert await database.fetchval("SELECT 1") == 1
    await database.close()
    ping(urls)


def _both(data_dir: Path) -> tuple[int, int]:
    database, cache = pids(data_dir)
    assert database is not None
    assert cache is not None
    return database, cache


def _wait_until_gone(servers: tuple[int, int]) -> None:
    wait_until(lambda: not any(map(is_running, servers)), "both servers are gone")


async def test_the_last_to_leave_stops_the_servers(data_dir: Path, neighbourhood: Neighbourhood) -> None:
    """The one who started them may leave first."""
    first = neighbourhood.start()
    first.urls()
    second = neighbourhood.start()
    urls = second.urls()
    servers = _both(data_dir)
    first.leave()
    await _query(urls)
    assert _both(data_dir) == servers
    second.leave()
    _wait_until_gone(servers)


async def test_a_killed_user_takes_nothing_along(data_dir: Path, neighbourhood: Neighbourhood) -> None:
    """kill -9 of one user leaves the other working, who then stops the servers."""
    first, second = neighbourhood.start(), neighbourhood.start()
    first.urls()
    urls = second.urls()
    servers = _both(data_dir)
    first.end(signal.SIGKILL)
    await _query(urls)
    second.leave()
    _wait_until_gone(servers)


async def test_servers_without_users_are_taken_up(data_dir: Path, neighbourhood: Neighbourhood) -> None:
    """After kill -9 of the only user the next one finds the same servers, and stops them."""
    only = neighbourhood.start()
    only.urls()
    servers = _both(data_dir)
    only.end(signal.SIGKILL)
    with embedded_servers(data_dir) as urls:
        assert _both(data_dir) == servers
        await _query(urls)
    _wait_until_gone(servers)


async def test_a_crowd_on_an_empty_directory_starts_once(data_dir: Path, neighbourhood: Neighbourhood) -> None:
    """Eight first processes at the same moment: one makes the cluster, all get the same servers."""
    crowd = [neighbourhood.start() for _ in range(8)]
    urls = [member.urls() for member in crowd]
    assert len(set(urls)) == 1
    await _query(urls[0])
    servers = _both(data_dir)
    for member in crowd:
        member.tell_to_leave()
    for member in crowd:
        member.leave()
    _wait_until_gone(servers)


@pytest.mark.parametrize("place", ["data", "d" * 120])
def test_coming_and_leaving_at_once(neighbourhood: Neighbourhood, place: str) -> None:
    """Nobody who comes while the last one leaves gets a server, or a short path, that is about to go."""
    neighbourhood.data_dir = neighbourhood.data_dir.with_name(place)
    crowd = [neighbourhood.start(rounds=6) for _ in range(4)]
    for member in crowd:
        member.leave()


async def test_a_starter_killed_half_way(data_dir: Path, neighbourhood: Neighbourhood) -> None:
    """kill -9 while the cluster is being made: the next one waits for the orphan, clears up and starts."""
    starter = neighbourhood.start()
    wait_until((data_dir / "postgres.new" / "base").exists, "initdb has begun")
    starter.end(signal.SIGKILL)
    assert not (data_dir / "postgres").exists()
    with embedded_servers(data_dir) as urls:
        await _query(urls)
    assert not (data_dir / "postgres.new").exists()


async def test_a_stopper_killed_half_way(data_dir: Path, neighbourhood: Neighbourhood) -> None:
    """A server that was told to stop is not taken for one that runs, although it still listens."""
    stopper = neighbourhood.start()
    stopper.urls()
    database, cache = _both(data_dir)
    os.kill(cache, signal.SIGSTOP)
    stopper.tell_to_leave()
    wait_until(lambda: (data_dir / "redis.alive").read_text() == "stopping", "Redis was told to stop")
    stopper.end(signal.SIGKILL)
    os.kill(cache, signal.SIGCONT)
    with embedded_servers(data_dir) as urls:
        await _query(urls)
        assert _both(data_dir)[0] == database
        assert _both(data_dir)[1] != cache


def test_an_interrupted_start_leaves_nothing(data_dir: Path, neighbourhood: Neighbourhood) -> None:
    """Ctrl-C while the cluster is being made frees the locks and ends what was started."""
    starter = neighbourhood.start()
    wait_until((data_dir / "postgres.new" / "base").exists, "initdb has begun")
    assert "KeyboardInterrupt" in starter.end(signal.SIGINT)
    for name in ("postgres.lock", "postgres.users", "postgres.alive"):
        with (data_dir / name).open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with embedded_servers(data_dir) as urls:
        ping(urls)


def test_two_uses_in_one_process(data_dir: Path) -> None:
    """A process that enters twice counts twice."""
    with embedded_servers(data_dir):
        with embedded_servers(data_dir) as urls:
            servers = _both(data_dir)
        ping(urls)
        assert _both(data_dir) == servers
    _wait_until_gone(servers)
