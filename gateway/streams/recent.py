"""The changes of the last while, for subscribers who come back."""

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from itertools import islice, takewhile

from gateway.streams.source import Change, Known


class Recent:
    """
    The newest changes of one field, without a hole.

    Args:
        most: Changes that are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._changes: deque[Change] = deque()
        # All changes after this event are here.
        self._after: int | None = None
        self._newest = 0

    def start(self, number: int) -> None:
        """Begins to know everything that follows the event *number*, and forgets what was before."""
        self._changes.clear()
        self._after = self._newest = number

    def forget(self) -> None:
        """Knows nothing, up to the next event."""
        self._changes.clear()
        self._after = None

    def add(self, number: int, changes: Sequence[Change]) -> None:
        """Adds the next event."""
        if self._after is None or number != self._newest + 1:
            self.start(number - 1)
        self._newest = number
        self._changes.extend(changes)
        while len(self._changes) > self._most:
            # An event goes as a whole: half of one would be a hole.
            self._after = self._changes[0].number
            while self._changes and self._changes[0].number == self._after:
                self._changes.popleft()

    def since(self, number: int, most: int) -> Known | None:
        """What followed the event *number*, events of *most* changes or more; None where that is not all here."""
        if self._after is None or not self._after <= number <= self._newest:
            return None
        start = bisect_right(self._changes, number, key=lambda one: one.number)
        rest = islice(self._changes, start, None)
        changes = list(islice(rest, most))
        if changes:
            # An event is given as a whole.
            last = changes[-1].number
            changes += takewhile(lambda one: one.number == last, rest)
        has_more = start + len(changes) < len(self._changes)
        return Known(changes=changes, number=changes[-1].number if has_more else self._newest, has_more=has_more)
