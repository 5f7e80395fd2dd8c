"""How many calls a minute may have."""

import time
from collections import deque
from collections.abc import Callable

_SECONDS = 60.0


class Budget:
    """
    Calls of the last sixty seconds, so that no sixty seconds have more.

    Args:
        calls: Most of them; with 0 there are none.
        clock: Seconds that only grow.
    """

    def __init__(self, *, calls: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = calls
        self._clock = clock
        self._taken: deque[float] = deque()

    @property
    def is_spent(self) -> bool:
        """Whether none is left for now."""
        now = self._clock()
        while self._taken and self._taken[0] <= now - _SECONDS:
            self._taken.popleft()
        return len(self._taken) >= self._most

    def take(self) -> bool:
        """Whether there is one left, which is taken."""
        if self.is_spent:
            return False
        self._taken.append(self._clock())
        return True
