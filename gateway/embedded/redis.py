"""The embedded Redis: a cache that survives a restart, reached through a socket only."""

import signal
import socket
from typing import ClassVar
from urllib.parse import quote

from gateway.embedded.programs import redis_program
from gateway.embedded.server import Server

_SETTINGS = {
    "port": "0",
    "unixsocket": "redis.sock",
    "unixsocketperm": "700",
    "dir": ".",
    "daemonize": "no",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory": "256mb",
    "maxmemory-policy": "volatile-lfu",
}


class Redis(Server):
    """A Redis in the folder ``redis`` of the data directory."""

    name: ClassVar[str] = "Redis"
    key: ClassVar[str] = "redis"
    socket_name: ClassVar[str] = "redis.sock"
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM  # writes what the append-only file still lacks

    def url(self) -> str:
        """The address for redis-py."""
        return f"unix://{quote(str(self.socket_folder / self.socket_name))}"

    def is_answering(self, connection: socket.socket) -> bool:
        """Whether a ping is answered by anything but *loading*."""
        connection.sendall(b"PING\r\n")
        answer = connection.recv(64)
        return bool(answer) and not answer.startswith(b"-LOADING")

    def prepare(self, alive: int) -> None:
        """Makes the folder on the first start."""
        self.directory.make_folder(self.key)

    def command(self) -> list[str]:
        """The server with its settings as arguments; there is no configuration file."""
        arguments = [str(redis_program(self.directory.account))]
        for setting, value in _SETTINGS.items():
            arguments += [f"--{setting}", value]
        return arguments
