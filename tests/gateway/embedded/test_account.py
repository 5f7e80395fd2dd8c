"""The account of the servers, and what it can reach."""

import os
import tempfile
from pathlib import Path

import pytest

from gateway.embedded.account import Account, server_account

OWNER = {"uid": os.geteuid(), "gid": os.getegid()}
STRANGER = {"uid": 54321, "gid": 54321}


def test_servers_never_run_as_root() -> None:
    """We run them ourselves, unless we are root."""
    account = server_account()
    assert account.uid != 0
    assert account.is_other == (os.geteuid() == 0)
    assert bool(account.spawn_identity) == account.is_other
    assert server_account() == account


@pytest.mark.parametrize(
    ("mode", "expected"),
    [(0o755, (True, True, True)), (0o711, (True, True, True)), (0o750, (True, True, False)), (0o600, (False,) * 3)],
)
def test_a_folder_above_decides_who_reaches_a_file(mode: int, expected: tuple[bool, ...]) -> None:
    """The owner's, the group's and everybody's bit, each for whom it is meant."""
    # A place of our own below the folder that everybody may enter: those of pytest are closed to others.
    folder = Path(tempfile.mkdtemp())
    try:
        file = folder / "program"
        file.touch()
        file.chmod(0o755)
        folder.chmod(mode)
        callers = (OWNER, STRANGER | {"gid": os.getegid()}, STRANGER)
        found = tuple(Account(**caller, is_other=True).can_use(file) for caller in callers)
        assert found == expected
    finally:
        folder.chmod(0o700)
        file.unlink()
        folder.rmdir()


def test_our_own_account_is_not_examined() -> None:
    """Who runs the programs as himself learns soon enough."""
    assert Account(uid=1, gid=1, is_other=False).can_use(Path("/no/such/file"))
