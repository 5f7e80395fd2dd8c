"""The packages of the clients, where several processes want them."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import REPOSITORY

_INSTALL = "import sys, pathlib; from tests.clients.node import install_packages; install_packages(pathlib.Path({!r}))"


def test_processes_that_come_together_install_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each goes on when all is there: an npm of our own takes its time, and notes each call."""
    folder, calls = tmp_path / "clients", tmp_path / "calls"
    folder.mkdir()
    (folder / "package-lock.json").write_text("{}")
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(f"#!/bin/sh\necho $1 >> {calls}\nmkdir node_modules\nsleep 0.5\ntouch node_modules/whole\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(npm.parent), prepend=":")
    check = f"{_INSTALL.format(str(folder))}; assert pathlib.Path({str(folder)!r}, 'node_modules', 'whole').exists()"
    processes = [subprocess.Popen([sys.executable, "-c", check], cwd=REPOSITORY) for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert calls.read_text() == "ci\n"
