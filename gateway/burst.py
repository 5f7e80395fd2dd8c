"""Frames of many connections, written together."""

import asyncio
from typing import Final, Protocol
from weakref import WeakKeyDictionary

_MOST: Final = 100


class Connection(Protocol):
    """A connection with frames that wait."""

    def flush(self) -> None:
        """Writes them."""


class Burst:
    """
    Writes what connections were given in one turn of the event loop at the end of it, or when there are many.

    What is told to a thousand clients is made first, and then sent: where Python and the system take turns for each of
    them, neither finds in the processor's caches what it left there. Frames for one connection leave in one piece.
    """

    def __init__(self) -> None:
        self._connections: list[Connection] = []

    @classmethod
    def of(cls, loop: asyncio.AbstractEventLoop) -> "Burst":
        """The one of an event loop."""
        burst = _of_loops.get(loop)
        if burst is None:
            burst = _of_loops[loop] = cls()
        return burst

    def add(self, connection: Connection) -> None:
        """Sees to it that a connection, which has its first frame, is flushed soon."""
        self._connections.append(connection)
        if len(self._connections) == 1:
            asyncio.get_running_loop().call_soon(self._flush)
        elif len(self._connections) >= _MOST:
            self._flush()

    def _flush(self) -> None:
        connections, self._connections = self._connections, []
        for one in connections:
            one.flush()


_of_loops: "WeakKeyDictionary[asyncio.AbstractEventLoop, Burst]" = WeakKeyDictionary()
