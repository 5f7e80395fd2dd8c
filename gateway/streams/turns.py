"""Readers that are woken in turns."""

from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from gateway.streams.pace import Pace


class Turns:
    """
    Wakes one after the other, and lets others have the event loop meanwhile: those who came together have their next
    moments together.

    Args:
        spawn: Runs something beside.
        seconds: How long it works before it lets others.
    """

    __slots__ = ("_is_running", "_seconds", "_spawn", "_waiting")

    def __init__(self, spawn: Callable[[Coroutine[Any, Any, None]], None], *, seconds: float) -> None:
        self._spawn = spawn
        self._seconds = seconds
        self._waiting: deque[Callable[[], None]] = deque()
        self._is_running = False

    def add(self, wake: Callable[[], None]) -> None:
        """Calls *wake* when it is its turn."""
        self._waiting.append(wake)
        if not self._is_running:
            self._is_running = True
            self._spawn(self._run())

    async def _run(self) -> None:
        pace = Pace(self._seconds)
        try:
            while self._waiting:
                self._waiting.popleft()()
                if pace.is_over:
                    await pace.rest()
        finally:
            self._is_running = False
