"""Work in turns: what takes long lets others in between."""

import asyncio
import time
from collections.abc import Callable


class Pace:
    """
    Says when it is time to let the event loop do something else.

    Args:
        seconds: How long one turn may take.
    """

    __slots__ = ("_clock", "_seconds", "_until")

    def __init__(self, seconds: float = 0.005, *, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._seconds = seconds
        self._until = clock() + seconds

    @property
    def is_over(self) -> bool:
        """Whether this turn has taken long enough."""
        return self._clock() >= self._until

    async def rest(self) -> None:
        """Begins a new turn, after others had theirs."""
        await asyncio.sleep(0)
        self._until = self._clock() + self._seconds
