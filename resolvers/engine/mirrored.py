"""One series as a worker holds it: its bars, and which of them have changed since when."""

from collections import deque

import numpy as np

from resolvers.compute.engine.validity import ends
from resolvers.model.bars import Bars
from resolvers.storage.engine_bars import BarsChanged, StoredSeries

_KEPT_CHANGES = 1_000
_NEWEST = 64
_BEFORE_ALL = -(2**40)


class MirroredSeries:
    """
    The bars of a series, as they were stored at a revision.

    Attributes:
        stored: The series as it was read last.
        bars: Oldest first, those that still form included.
        anchor: Bars before this moment (unix seconds) are not held.
    """

    def __init__(self, stored: StoredSeries, bars: Bars, anchor: int | None) -> None:
        self.stored = stored
        self.anchor = _BEFORE_ALL if anchor is None else anchor
        self.bars = bars
        # Changes after this revision are all known.
        self._since = stored.revision
        self._changes: deque[BarsChanged] = deque()
        self._count_closed()

    def note(self, change: BarsChanged) -> None:
        """Remembers that bars have changed, which `replace` brings."""
        self._changes.append(change)
        if len(self._changes) > _KEPT_CHANGES:
            self._since = self._changes.popleft().revision

    def replace(self, stored: StoredSeries, first: int, bars: Bars) -> None:
        """Takes *bars* for all bars from *first* on (unix seconds)."""
        kept = self.bars[: int(np.searchsorted(self.bars.time, first))]
        self.bars = _joined(kept, bars) if len(kept) else bars
        self.stored = stored
        self._count_closed()

    def rename(self, stored: StoredSeries) -> None:
        """Takes what is known of its instrument."""
        self.stored = stored
        self._count_closed()

    def closed(self, now: float) -> int:
        """How many of its bars are over at *now* (unix seconds, less the grace)."""
        if now >= self.closes_at:
            return len(self.bars)
        newest = self.bars.time[-_NEWEST:]
        over = ends(self.stored.interval, newest, self.stored.calendar) <= now
        return len(self.bars) - len(newest) + int(over.sum())

    def quiet_until(self, now: float) -> float | None:
        """When the next bar is over that still forms at *now*; None where all are."""
        count = self.closed(now)
        if count == len(self.bars):
            return None
        return float(ends(self.stored.interval, self.bars.time[count : count + 1], self.stored.calendar)[0])

    def unknown_from(self, done_revision: int, quiet_until: float | None) -> float | None:
        """
        From which time on (unix seconds) bars may be others than when signals were stored; infinite where none is.

        Args:
            done_revision: Of the bars that they were computed of.
            quiet_until: When the bar was over that formed then, in unix seconds.

        Returns:
            None where that is not known any more.
        """
        if not self._since <= done_revision <= self.stored.revision:
            return None
        changed = [float(change.first) for change in self._changes if change.revision > done_revision]
        if quiet_until is not None:
            newest = self.bars.time[-_NEWEST:]
            was_open = ends(self.stored.interval, newest, self.stored.calendar) >= quiet_until
            if was_open.all():
                return None
            changed += newest[was_open][:1].astype(np.float64).tolist()
        return min(changed, default=float("inf"))

    def _count_closed(self) -> None:
        self.closes_at = float("-inf")
        if len(self.bars):
            self.closes_at = float(ends(self.stored.interval, self.bars.time[-1:], self.stored.calendar)[0])


def _joined(early: Bars, late: Bars) -> Bars:
    names = ("time", "open", "high", "low", "close", "volume")
    return Bars(**{name: np.concatenate((getattr(early, name), getattr(late, name))) for name in names})
