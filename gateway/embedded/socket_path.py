"""A path to a socket that is short enough to connect to, however deep the data directory lies."""

import fcntl
import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gateway.embedded.error import EmbeddedError

# sun_path with its final zero takes 108 bytes on Linux and 104 on macOS.
LONGEST_SOCKET_PATH = 103 if sys.platform == "darwin" else 107


def is_connectable(path: Path) -> bool:
    """Whether clients can be given *path*: the kernel limits its length, and asyncpg splits hosts at commas."""
    return len(os.fsencode(path)) <= LONGEST_SOCKET_PATH and "," not in str(path)


@contextmanager
def short_folder(folder: Path, socket_name: str) -> Iterator[Path]:
    """
    A folder through which *socket_name* can be connected to: *folder* itself, or a link to it from the temporary files.

    The server binds its socket relative to its working directory, so only clients need the short path, and the
    socket itself stays in the data directory whatever ``TMPDIR`` another process has. A shared lock on the folder
    of the link tells systemd-tmpfiles to leave it alone however old it grows.

    Raises:
        EmbeddedError: If somebody else has taken the place of the link.
    """
    if is_connectable(folder / socket_name):
        yield folder
        return
    runtime = _runtime_folder(folder, socket_name)
    descriptor = os.open(runtime, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        link = runtime / "s"
        with suppress(FileExistsError):
            link.symlink_to(folder)
        yield link
    finally:
        os.close(descriptor)


def remove_short_folder(link: Path) -> None:
    """Removes the link that `short_folder` made; a folder of the data directory is left alone."""
    if link.is_symlink():
        link.unlink(missing_ok=True)
        with suppress(OSError):
            link.parent.rmdir()


def _runtime_folder(folder: Path, socket_name: str) -> Path:
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    name = f"signal-gateway-{os.geteuid()}-{digest}"
    bases = [Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108
    base = next((base for base in bases if is_connectable(base / name / "s" / socket_name)), bases[-1])
    runtime = base / name
    with suppress(FileExistsError):
        runtime.mkdir(0o700)
    # Anybody may make a folder of this name there before us: what is found is used only if it can be nobody else's.
    status = runtime.lstat()
    mode = stat.S_IMODE(status.st_mode)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or mode != 0o700:
        raise EmbeddedError(
            f"{runtime} must be a directory of mode 0700 that belongs to user id {os.geteuid()}, "
            f"is {stat.filemode(status.st_mode)} of user id {status.st_uid}"
        )
    return runtime
