"""A Redis of a scenario's own, which can lose everything."""

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.embedded.account import server_account
from gateway.embedded.programs import redis_program

_WAIT_SECONDS = 10.0


class RedisProcess:
    """A server in *folder*, reached through a socket there, that writes nothing to any disk."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "redis.sock"
        self._program = str(redis_program(server_account()))
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{self._socket}"

    def start(self) -> None:
        """
        Starts it empty, and returns when it answers.

        Raises:
            RuntimeError: If it does not.
        """
        settings = {"port": "0", "unixsocket": self._socket.name, "save": "", "appendonly": "no"}
        arguments = [text for name, value in settings.items() for text in (f"--{name}", value)]
        self._process = subprocess.Popen(
            [self._program, *arguments],
            cwd=self._socket.parent,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _WAIT_SECONDS
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError("Redis does not answer")
            time.sleep(0.01)

    def kill(self) -> None:
        """Ends it at once; what it held is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1.0)
            try:
                client.connect(str(self._socket))
                client.sendall(b"PING\r\n")
                return client.recv(64).startswith(b"+PONG")
            except OSError:
                return False


@contextmanager
def running_redis() -> Iterator[RedisProcess]:
    """A server until the block is left; its folder is short, because sockets' names must be."""
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        server = RedisProcess(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.kill()
