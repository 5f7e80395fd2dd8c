"""The moments at which a subscriber may be told that wants fewer messages."""

import asyncio
from collections.abc import Callable

from gateway.streams.turns import Turns


class Throttle:
    """
    The pace of one subscriber: its first message is not delayed, each other is so many *seconds* after the one before.

    Args:
        clock: Seconds, as the event loop counts them.

    Attributes:
        timer: Set while somebody is to be woken when the next moment has come.
    """

    __slots__ = ("_clock", "_next_at", "_now", "_seconds", "_turns", "timer")

    def __init__(self, seconds: float, turns: Turns, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._turns = turns
        self._clock = clock
        self._now = self._next_at = 0.0
        self.timer: asyncio.TimerHandle | None = None

    def has_come(self, wake: Callable[[], None]) -> bool:
        """Whether the next moment has come; if not, *wake* is called when it has, in turns with others."""
        now = self._now = self._clock()
        if now >= self._next_at:
            return True
        if self.timer is None:
            self.timer = asyncio.get_running_loop().call_later(self._next_at - now, self._due, wake)
        return False

    def take(self) -> None:
        """Takes the moment that has come: the next one is so many seconds after it."""
        self._next_at = self._now + self._seconds

    def stop(self) -> None:
        """Wakes nobody any more."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def _due(self, wake: Callable[[], None]) -> None:
        self.timer = None
        self._turns.add(wake)
