"""Series that could not be computed, and are left alone for a while."""

import logging

_log = logging.getLogger("gateway.engine")

_FIRST_SECONDS, _LONGEST_SECONDS = 5.0, 300.0


class Resting:
    """Which series of an interval are not tried before when; each failure in a row doubles the time."""

    def __init__(self, interval: str) -> None:
        self._interval = interval
        self._failed: dict[int, tuple[int, float]] = {}

    def failed(self, instrument_id: int, symbol: str, error: Exception, now: float) -> None:
        """It could not be computed at *now* (unix seconds); said once, until it could."""
        times, _ = self._failed.get(instrument_id, (0, now))
        if not times:
            _log.error("no signals of %s %s, tried again later: %r", symbol, self._interval, error, exc_info=error)
        pause = min(_LONGEST_SECONDS, _FIRST_SECONDS * 2.0**times)
        self._failed[instrument_id] = (times + 1, now + pause)

    def worked(self, instrument_id: int) -> None:
        """It could be computed."""
        self._failed.pop(instrument_id, None)

    def at(self, now: float) -> list[int]:
        """Those that are left alone at *now*."""
        return [number for number, (_, until) in self._failed.items() if until > now]

    def __len__(self) -> int:
        """How many could not be computed when they were tried last."""
        return len(self._failed)
