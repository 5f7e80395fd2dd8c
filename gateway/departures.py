"""Connections that end, some of them at a time."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final
from weakref import WeakKeyDictionary

# With all that is forgotten of it a connection takes some 60 µs.
_AT_ONCE: Final = 20


class Departures:
    """
    Lets connections go in turns.

    A thousand clients may go away together, as behind a proxy that is restarted, and the system tells of all of them at
    once. If all that follows is done at once, it keeps the event loop for 25 ms at a time, and nobody else is told
    anything.
    """

    def __init__(self) -> None:
        self._leaving: deque[Callable[[], None]] = deque()

    @classmethod
    def of(cls, loop: asyncio.AbstractEventLoop) -> "Departures":
        """Those of an event loop."""
        departures = _of_loops.get(loop)
        if departures is None:
            departures = _of_loops[loop] = cls()
        return departures

    def add(self, leave: Callable[[], None]) -> None:
        """Sees to it that *leave* is called soon, after those that were added before."""
        self._leaving.append(leave)
        if len(self._leaving) == 1:
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(min(_AT_ONCE, len(self._leaving))):
            # By itself, so that one that fails keeps nobody else.
            loop.call_soon(self._leaving.popleft())
        if self._leaving:
            loop.call_soon(self._turn)


_of_loops: "WeakKeyDictionary[asyncio.AbstractEventLoop, Departures]" = WeakKeyDictionary()
