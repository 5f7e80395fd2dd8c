"""A circuit breaker: what fails again and again is left alone for a while, then tried once."""

import time
from collections.abc import Callable


class Breaker:
    """
    Admits calls while it is closed. After so many failures in a row it opens, and admits none for a while; then a
    single one, whose end closes it or opens it again (Nygard 2007, Release It!).

    Args:
        failures: In a row.
        seconds: How long it stays open.
        clock: Seconds that only grow.
        told: Called with True when it opens and with False when it closes.
    """

    def __init__(
        self,
        *,
        failures: int,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        told: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._most = failures
        self._seconds = seconds
        self._clock = clock
        self._told = told
        self._failures = 0
        self._opens_until: float | None = None
        self._is_probing = False

    @property
    def is_open(self) -> bool:
        """Whether calls are held back, all but one that tries."""
        return self._opens_until is not None

    @property
    def is_resting(self) -> bool:
        """Whether no call would be admitted now."""
        return self._opens_until is not None and (self._is_probing or self._clock() < self._opens_until)

    def admits(self) -> bool:
        """Whether a call may be made, which then has to end with one of the three below."""
        if self.is_resting:
            return False
        self._is_probing = self.is_open
        return True

    def succeeded(self) -> None:
        """A call ended well."""
        self._failures = 0
        self._is_probing = False
        if self._opens_until is not None:
            self._opens_until = None
            self._told(False)

    def failed(self, *, pause_seconds: float | None = None) -> None:
        """A call failed; with *pause_seconds* it was asked to wait for so long, and opens at once."""
        self._failures += 1
        was_open, self._is_probing = self.is_open, False
        if was_open or pause_seconds is not None or self._failures >= self._most:
            until = self._clock() + max(self._seconds if pause_seconds is None else pause_seconds, 0.0)
            # A call that began before it opened does not shorten what another was told.
            self._opens_until = max(until, self._opens_until or until)
            if not was_open:
                self._told(True)

    def given_up(self) -> None:
        """A call was given up, so nobody knows how it would have ended."""
        self._is_probing = False
