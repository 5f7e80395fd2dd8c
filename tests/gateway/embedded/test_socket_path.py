"""Sockets below paths of any length, and places that somebody else took first."""

import os
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from gateway.embedded import EmbeddedError, embedded_servers
from gateway.embedded.socket_path import LONGEST_SOCKET_PATH, is_connectable, remove_short_folder, short_folder
from tests.gateway.embedded.neighbour import ping

SOCKET = ".s.PGSQL.5432"


@pytest.fixture
def deep(data_dir: Path) -> Path:
    """A data directory too deep for the address of a socket."""
    return data_dir / ("d" * 120) / "data"


async def test_a_long_path_works(deep: Path) -> None:
    """Clients get a short one; the socket itself stays in the data directory, and the link goes with the servers."""
    with embedded_servers(deep) as urls:
        database = await asyncpg.connect(urls.database)
        assert await database.fetchval("SELECT 1") == 1
        await database.close()
        ping(urls)
        assert (deep / "postgres" / "run" / SOCKET).is_socket()
        link = Path(str(urls.redis).removeprefix("unix://")).parent
        assert link.is_symlink()
        assert link.parent.stat().st_mode & 0o777 == 0o700
    assert not link.parent.exists()


def test_a_short_path_is_taken_as_it_is(tmp_path: Path) -> None:
    """No link is made where none is needed; a comma needs one, because asyncpg splits there."""
    short = Path("/", "x" * (LONGEST_SOCKET_PATH - len(SOCKET) - 2))
    assert is_connectable(short / SOCKET)
    assert not is_connectable(Path(f"{short}x") / SOCKET)
    assert not is_connectable(Path("/a,b") / SOCKET)
    with short_folder(short, SOCKET) as folder:
        assert folder == short
        remove_short_folder(tmp_path)
        assert tmp_path.exists()


def _wide(path: Path) -> None:
    path.mkdir(0o700)
    path.chmod(0o755)


def _link(path: Path) -> None:
    path.symlink_to("/")


def _file(path: Path) -> None:
    path.touch(0o700)


def _foreign(path: Path) -> None:
    path.mkdir(0o700)
    os.chown(path, 12345, 12345)


# Only root can give a folder away.
SQUATTERS = [_wide, _link, _file, *([_foreign] if os.geteuid() == 0 else [])]


@pytest.mark.parametrize("squat", SQUATTERS)
def test_a_place_taken_by_somebody_else_is_refused(deep: Path, squat: Callable[[Path], None]) -> None:
    """What cannot be ours alone is not used, and not repaired."""
    with short_folder(deep, SOCKET) as link:
        runtime = link.parent
    remove_short_folder(link)
    squat(runtime)
    before = runtime.lstat()
    try:
        with (
            pytest.raises(EmbeddedError, match=f"{runtime} must be a directory of mode 0700"),
            short_folder(deep, SOCKET),
        ):
            pass
        assert (runtime.lstat().st_mode, runtime.lstat().st_uid) == (before.st_mode, before.st_uid)
    finally:
        runtime.rmdir() if runtime.is_dir() and not runtime.is_symlink() else runtime.unlink()
