"""The command line as a person starts it: processes with an empty home and settings of their own."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from tests.loopback import NO_ROOTS

REPOSITORY = Path(__file__).resolve().parents[1]
DEADLINE_SECONDS = 60.0
_READY = re.compile(r"Signal Gateway is ready after [\d.]+ s: (http://\S+)/graphql")


def environment(home: Path, **settings: object) -> dict[str, str]:
    """Nothing but a path, an empty home and the settings given, each named without its prefix."""
    variables = {f"GATEWAY_{name.upper()}": str(value) for name, value in settings.items()}
    return {"PATH": os.defpath, "HOME": str(home), "PYTHONPATH": str(REPOSITORY), **variables}


def command(*arguments: str | Path) -> list[str]:
    """What runs ``gateway`` with *arguments*; every warning is shown."""
    return [sys.executable, "-W", "always", "-m", "gateway", *map(str, arguments)]


def run(variables: Mapping[str, str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A command that ended, with what it wrote. None of them may show a traceback, whatever it was given."""
    ended = subprocess.run(
        command(*arguments),
        env=variables,
        cwd=variables["HOME"],
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    assert "Traceback" not in ended.stderr, ended.stderr
    assert "Warning" not in ended.stderr, ended.stderr
    return ended


class Serving:
    """A gateway process that serves, on a port of its own; leaving it asks it to stop, and holds that it did."""

    def __init__(self, variables: Mapping[str, str], *arguments: str | Path) -> None:
        self.process = subprocess.Popen(
            command(*arguments),
            env={**variables, "GATEWAY_PORT": "0"},
            cwd=variables["HOME"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.output: list[str] = []
        self.log = ""
        # Read all along, so that a process that says much never waits for us.
        self._reader = threading.Thread(target=self._read_log)
        self._reader.start()
        self.client = httpx.Client(timeout=30, verify=NO_ROOTS)

    def __enter__(self) -> Self:
        self.wait_until_ready()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.wait()
        if error is None:
            assert status in (0, 130, -signal.SIGKILL), self.log
            assert "Traceback" not in self.log, self.log
            assert "Warning" not in self.log, self.log

    def wait_until_ready(self) -> None:
        """Returns when the process has said where it can be reached."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line)
            if match := _READY.match(line):
                self.client.base_url = httpx.URL(match[1])
                return
        self.wait()
        raise AssertionError(f"the process ended before it was ready: {self.output} {self.log}")

    def wait(self) -> int:
        """The exit status, once it has ended."""
        status = self.process.wait(DEADLINE_SECONDS)
        self._reader.join(DEADLINE_SECONDS)
        assert self.process.stdout is not None
        if not self.process.stdout.closed:
            self.output += self.process.stdout.readlines()
            self.process.stdout.close()
        self.client.close()
        return status

    def end(self, number: signal.Signals) -> int:
        """The exit status after a signal."""
        self.process.send_signal(number)
        return self.wait()

    def data(self, query: str, **variables: object) -> dict[str, object]:
        """The data of an answer that has no errors."""
        answer = self.client.post("/graphql", json={"query": query, "variables": variables}).json()
        assert "errors" not in answer, answer
        data: dict[str, object] = answer["data"]
        return data

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as stream:
            self.log = stream.read()
