"""The data directory: ours alone, recognised by a marker, and never opened wider than it was found."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from gateway.embedded.account import Account
from gateway.embedded.error import EmbeddedError

MARKER = ".signal-gateway"


@dataclass(frozen=True, kw_only=True, slots=True)
class DataDirectory:
    """
    A directory of mode 0700 that belongs to the account of the servers.

    That account could plant a symbolic link here and wait for root to write through it, so nothing is followed.
    """

    path: Path
    account: Account

    def open_file(self, name: str, flags: int) -> int:
        """A descriptor of the file *name*, made with mode 0600 if absent; children do not inherit it."""
        descriptor = os.open(self.path / name, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        if self.account.is_other and os.fstat(descriptor).st_uid != self.account.uid:
            os.fchown(descriptor, self.account.uid, self.account.gid)
        return descriptor

    def write_file(self, name: str, text: str) -> None:
        """Replaces the file *name* by *text*."""
        with os.fdopen(self.open_file(name, os.O_WRONLY | os.O_TRUNC), "w") as file:
            file.write(text)

    def flush(self, name: str = ".") -> None:
        """Returns when the file *name*, or the list of files, would survive a power cut."""
        descriptor = os.open(self.path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read_file(self, name: str) -> str | None:
        """What the file *name* holds; nothing if it is absent."""
        try:
            descriptor = os.open(self.path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, errors="replace") as file:
            return file.read()

    def make_folder(self, name: str) -> Path:
        """The folder *name* of mode 0700, made if absent."""
        folder = self.path / name
        try:
            folder.mkdir(0o700)
        except FileExistsError:
            return folder
        if self.account.is_other:
            os.chown(folder, self.account.uid, self.account.gid, follow_symlinks=False)
        return folder


def claim_directory(path: Path, account: Account) -> DataDirectory:
    """
    The data directory at *path*, made if absent, marked as ours.

    Raises:
        EmbeddedError: If something else is there: a file, a link, a directory of somebody else, one that others may
            enter, or one that holds what is not ours. Nothing is changed then.
    """
    path = path.absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(0o700)
    except FileExistsError:
        _refuse_foreign(path, account)
    directory = DataDirectory(path=path, account=account)
    # The marker comes before the new owner: killed in between, a directory of root with our marker is still ours.
    os.close(directory.open_file(MARKER, os.O_WRONLY))
    if account.is_other:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
    return directory


def _refuse_foreign(path: Path, account: Account) -> None:
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode):
        kind = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "a file"
        raise EmbeddedError(f"the data directory must be a directory, {path} is {kind}")
    owners = {account.uid, os.geteuid()}
    if status.st_uid not in owners:
        raise EmbeddedError(
            f"the data directory {path} must belong to user id {account.uid}, belongs to {status.st_uid}"
        )
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise EmbeddedError(
            f"the data directory {path} must be closed to others (mode 0700), has mode {mode:04o}; "
            f"if it is the right one, run `chmod 700 {path}`"
        )
    names = sorted(os.listdir(path))  # noqa: PTH208
    if names and MARKER not in names:
        raise EmbeddedError(
            f"the data directory {path} must be empty or hold an earlier {MARKER}, holds {', '.join(names[:3])}"
        )
