"""What is wrong with Redis: counted every time, logged once per outage."""

import logging
import time
from collections.abc import Callable
from enum import StrEnum

logger = logging.getLogger("gateway.cache")


class Trouble(StrEnum):
    """What can be wrong; the values are for counters."""

    UNREACHABLE = "unreachable"
    SLOW = "slow"
    FULL = "full"
    REFUSED = "refused"
    GARBAGE = "garbage"


_MEANINGS = {
    Trouble.UNREACHABLE: "cannot be reached",
    Trouble.SLOW: "does not answer in time",
    Trouble.FULL: "is full",
    Trouble.REFUSED: "refuses commands",
    Trouble.GARBAGE: "holds values that nobody can read",
}


class Troubles:
    """
    The troubles of one Redis.

    Args:
        quiet_seconds: How long a trouble must not have come up before it is over, so that one that comes and goes
            with every call is one line and not thousands.
        clock: Seconds that only grow.

    Attributes:
        counts: How often each came up.
    """

    def __init__(self, *, quiet_seconds: float = 5.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._quiet_seconds = quiet_seconds
        self._clock = clock
        self._last: dict[Trouble, float] = {}
        self.counts = dict.fromkeys(Trouble, 0)

    def met(self, trouble: Trouble, detail: object) -> None:
        """Counts *trouble*, and logs it if it is new."""
        self.counts[trouble] += 1
        if trouble not in self._last:
            logger.warning("Redis %s (%s): values are read from PostgreSQL", _MEANINGS[trouble], detail)
        self._last[trouble] = self._clock()

    def is_well(self, *troubles: Trouble) -> None:
        """Notes that something worked which none of *troubles* lets pass."""
        if not self._last:
            return
        for trouble in troubles:
            last = self._last.get(trouble)
            if last is not None and self._clock() - last >= self._quiet_seconds:
                del self._last[trouble]
                logger.info("Redis %s no more", _MEANINGS[trouble])
