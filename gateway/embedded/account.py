"""The account that the servers run under: our own, or an unprivileged one when we are root."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from typing import TypedDict

from gateway.embedded.error import EmbeddedError

ACCOUNT_NAME = "signal-gateway"

_USERADD = [
    "useradd",
    "--system",
    "--user-group",
    "--no-create-home",
    "--home-dir",
    "/nonexistent",
    "--shell",
    "/usr/sbin/nologin",
    ACCOUNT_NAME,
]
_BUSYBOX_ADDUSER = ["adduser", "-S", "-D", "-H", "-h", "/nonexistent", "-s", "/sbin/nologin", ACCOUNT_NAME]


class SpawnIdentity(TypedDict, total=False):
    """The arguments of ``subprocess`` that change the identity of a child; empty when it keeps ours."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """
    Who owns the data directory and runs the servers.

    Attributes:
        uid: Owner of the data directory.
        gid: Group of the data directory.
        is_other: Whether we are root and the servers are not.
    """

    uid: int
    gid: int
    is_other: bool

    @property
    def spawn_identity(self) -> SpawnIdentity:
        """What ``subprocess`` needs to run a child under this account."""
        if not self.is_other:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_use(self, path: "os.PathLike[str]") -> bool:
        """
        Whether this account may enter every folder above *path* and read it.

        Access lists are not looked at: a folder that only they open counts as closed, and what lies in it is copied.
        """
        if not self.is_other:
            return True
        real = os.path.realpath(path)
        while real != (parent := os.path.dirname(real)):  # noqa: PTH120
            if not self._may(parent, 0o1):
                return False
            real = parent
        return self._may(os.path.realpath(path), 0o4)

    def _may(self, path: str, bit: int) -> bool:
        status = os.stat(path)  # noqa: PTH116
        shift = 6 if status.st_uid == self.uid else 3 if status.st_gid == self.gid else 0
        return bool(status.st_mode >> shift & bit)


def server_account() -> Account:
    """
    Our own account, or ``signal-gateway`` when we are root, made if there is none.

    PostgreSQL refuses to run as root, and its initdb wants a name for the user id it runs under.

    Raises:
        EmbeddedError: If we are root and the account cannot be made.
    """
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid(), is_other=False)
    entry = _entry() or _made_entry()
    if entry.pw_uid == 0:
        raise EmbeddedError(f"the account {ACCOUNT_NAME} must be unprivileged, has user id 0")
    return Account(uid=entry.pw_uid, gid=entry.pw_gid, is_other=True)


def _entry() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(ACCOUNT_NAME)
    except KeyError:
        return None


def _made_entry() -> pwd.struct_passwd:
    said = "neither useradd nor adduser is here"
    for command in (_USERADD, _BUSYBOX_ADDUSER):
        if program := shutil.which(command[0], path="/usr/sbin:/sbin:/usr/bin:/bin"):
            run = subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False)
            said = run.stderr.strip() or run.stdout.strip() or f"exit code {run.returncode}"
            # Asked again whatever the exit code: another process may have made the account in the meantime.
            if entry := _entry():
                return entry
    raise EmbeddedError(
        f"as root the servers run under the account {ACCOUNT_NAME}, which could not be made ({said}); "
        f"make it with `{' '.join(_USERADD)}`, or run the gateway as an ordinary user"
    )
