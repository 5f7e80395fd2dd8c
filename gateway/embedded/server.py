"""One server process: started in a session of its own, found again through its socket, stopped by a signal."""

import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from gateway.embedded.directory import DataDirectory
from gateway.embedded.error import EmbeddedError

START_SECONDS = 120.0  # replaying two gigabytes of write-ahead log after a power cut takes a while
STOP_SECONDS = 60.0
LOG_LINES = 12

_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
_STOPPING = "stopping"

# The shell leaves at once, and the server becomes a child of init. Were it ours, it would stay a zombie when another
# process stops it, and Python would warn at our exit that it still runs.
_DETACHED = ["/bin/sh", "-c", '"$@" &', "sh"]


class Server(ABC):
    """
    A server whose files lie in a data directory; all that starts or stops it is called under the lock of `lease`.

    Whether the server lives is a lock too: it inherits an open, locked ``<key>.alive``, as do its own children, and
    the kernel frees that when the last of them is gone, however it ended. Who it is we ask the socket, which lies
    in a folder that only we can enter. So no process id in a file, which may be stale, is ever signalled.
    """

    name: ClassVar[str]
    key: ClassVar[str]
    socket_name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self, directory: DataDirectory) -> None:
        self.directory = directory
        self.socket_folder = self.bound_folder

    @property
    def home(self) -> Path:
        """The working directory of the server."""
        return self.directory.path / self.key

    @property
    def bound_folder(self) -> Path:
        """The folder of the socket, inside the data directory."""
        return self.home

    @abstractmethod
    def url(self) -> str:
        """The address for clients, secrets included."""

    @abstractmethod
    def prepare(self, alive: int) -> None:
        """Makes what the first start needs; programs that it runs inherit *alive*."""

    @abstractmethod
    def command(self) -> list[str]:
        """The program and its arguments; relative paths start at `home`."""

    @abstractmethod
    def is_answering(self, connection: socket.socket) -> bool:
        """Whether the server behind *connection* takes requests, rather than starting or stopping."""

    def ensure_running(self) -> None:
        """
        Returns when the server answers, started if it was not there.

        Raises:
            EmbeddedError: If it ends or does not answer in time.
        """
        if self.directory.read_file(f"{self.key}.alive") == _STOPPING:
            # Whoever began to stop it was killed before the end: it may answer now and be gone in a moment.
            self.stop()
        started_at = time.monotonic()
        is_started = False
        while not self.is_ready():
            if not self.is_alive():
                if is_started:
                    raise EmbeddedError(f"{self.name} ended while it started; {self.last_words()}")
                self._start()
                is_started = True
            waited = time.monotonic() - started_at
            if waited > START_SECONDS:
                raise EmbeddedError(f"{self.name} does not answer after {START_SECONDS:.0f} s; {self.last_words()}")
            time.sleep(0.01 if waited < 1 else 0.1)

    def stop(self) -> None:
        """
        Returns when the server and all its children are gone.

        Raises:
            EmbeddedError: If they are not in time.
        """
        deadline = time.monotonic() + STOP_SECONDS
        asked: int | None = None
        while self.is_alive():
            pid = self.pid()
            if pid is not None and pid != asked:
                with suppress(OSError):  # a full disk must not keep the server from stopping
                    self.directory.write_file(f"{self.key}.alive", _STOPPING)
                with suppress(ProcessLookupError):
                    os.kill(pid, self.stop_signal)
                asked = pid
            if time.monotonic() > deadline:
                raise EmbeddedError(f"{self.name} does not stop after {STOP_SECONDS:.0f} s; {self.last_words()}")
            time.sleep(0.01)
        self.directory.write_file(f"{self.key}.alive", "")

    def is_ready(self) -> bool:
        """Whether the server takes requests."""
        connection = self._connection()
        if connection is None:
            return False
        with connection:
            try:
                return self.is_answering(connection)
            except OSError:
                return False

    def is_alive(self) -> bool:
        """Whether a process of the server, or of its preparation, still runs."""
        descriptor = self.directory.open_file(f"{self.key}.alive", os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def pid(self) -> int | None:
        """The process that listens on the socket; nothing if none does, or none that we can see from here."""
        connection = self._connection()
        if connection is None:
            return None
        with connection:
            if sys.platform == "darwin":
                pid = struct.unpack("i", connection.getsockopt(0, 0x002, 4))[0]  # SOL_LOCAL, LOCAL_PEERPID
            else:
                pid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        # Zero stands for a process of another container, and os.kill(0) would end us instead.
        return int(pid) if pid > 0 else None

    def last_words(self) -> str:
        """The end of the server's log, for an error message."""
        lines = (self.directory.read_file(f"{self.key}.log") or "").strip().splitlines()[-LOG_LINES:]
        log = self.directory.path / f"{self.key}.log"
        return "\n  ".join([f"{log} ends with:", *lines]) if lines else f"{log} is empty"

    def run(self, command: list[str], folder: Path, alive: int, text: str = "") -> None:
        """
        Runs a program of the preparation in *folder*, with *text* as its input.

        Raises:
            EmbeddedError: If it fails.
        """
        child = self._spawn(command, folder, alive, stdin=subprocess.PIPE)
        try:
            child.communicate(text.encode())
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGTERM)
            child.wait()
            raise
        if child.returncode != 0:
            raise EmbeddedError(f"{command[0]} failed with exit code {child.returncode}; {self.last_words()}")

    def _start(self) -> None:
        log = self.directory.path / f"{self.key}.log"
        if log.exists():
            log.replace(log.with_suffix(".log.old"))
        alive = self.directory.open_file(f"{self.key}.alive", os.O_RDWR | os.O_TRUNC)
        try:
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.prepare(alive)
            self._spawn([*_DETACHED, *self.command()], self.home, alive, stdin=subprocess.DEVNULL).wait()
        finally:
            os.close(alive)

    def _spawn(self, command: list[str], folder: Path, alive: int, stdin: int) -> subprocess.Popen[bytes]:
        log = self.directory.open_file(f"{self.key}.log", os.O_WRONLY | os.O_APPEND)
        try:
            # The child enters its folder before it gives up root: that account may be unable to walk there.
            return subprocess.Popen(
                command,
                cwd=folder,
                env=_ENVIRONMENT,
                stdin=stdin,
                stdout=log,
                stderr=log,
                umask=0o077,
                pass_fds=(alive,),
                start_new_session=True,
                **self.directory.account.spawn_identity,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise EmbeddedError(f"{command[0]} cannot be run: {error}") from error
        finally:
            os.close(log)

    def _connection(self) -> socket.socket | None:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(1.0)
        try:
            connection.connect(str(self.socket_folder / self.socket_name))
        except OSError:
            connection.close()
            return None
        return connection
