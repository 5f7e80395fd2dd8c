"""Indicators of a window of bars, each computed once."""

from itertools import pairwise

import numpy as np

from resolvers.compute.catalog import Anchor, Arguments, Indicator, computed
from resolvers.model.bars import IntArray, Series
from resolvers.model.interval import Interval
from resolvers.model.session import DAY, SessionCalendar
from resolvers.model.window import Reach, StoredWindow

# The longest session: a day that is set back by an hour.
_SESSION_SECONDS = 25 * 3600


def reach_of(indicator: Indicator, arguments: Arguments, interval: Interval) -> Reach:
    """How far before a window bars are needed, so that its values do not depend on where it begins."""
    if indicator.anchor is Anchor.SERIES:
        return Reach(anchored=True)
    if indicator.anchor is Anchor.SESSION:
        return Reach(bars=_SESSION_SECONDS // interval.seconds)
    return Reach(bars=indicator.warmup(arguments))


def furthest(*reaches: Reach) -> Reach:
    """The reach that covers all of *reaches*."""
    return Reach(
        bars=max((reach.bars for reach in reaches), default=0), anchored=any(reach.anchored for reach in reaches)
    )


# Columns that a window keeps of its indicators; a chart has less than a dozen lines.
_KEPT_COLUMNS = 32


class WindowIndicators:
    """
    The indicators of one window. Each combination of indicator and arguments is computed once while its columns are
    among the last that were, also for other operations that are given the same window.

    Below H1 the path-dependent ones start anew with each UTC month, so that no query has to read
    years of minutes to know them.
    """

    __slots__ = ("_calendar", "_days", "_stored")

    def __init__(self, stored: StoredWindow, calendar: SessionCalendar) -> None:
        self._stored = stored
        self._calendar = calendar
        self._days: IntArray | None = None

    def values(self, indicator: Indicator, arguments: Arguments) -> tuple[Series, ...]:
        """One read-only column per output, for the bars of the window alone; NaN where there is no value."""
        computed = self._stored.computed
        # The calendar may be corrected while the window lives.
        key = (indicator.name, self._calendar, *arguments.items())
        known: tuple[Series, ...] | None = computed.pop(key, None)
        if known is None:
            known = tuple(column[self._stored.offset :] for column in self._computed(indicator, arguments))
            while computed and sum(map(len, computed.values())) + len(known) > _KEPT_COLUMNS:
                del computed[next(iter(computed))]
        computed[key] = known
        return known

    def _session_days(self) -> IntArray:
        """The session date of each bar, the warm-up's included, as days since 1970-01-01."""
        if self._days is None:
            time = self._stored.bars.time
            is_intraday = self._stored.state.interval.is_intraday
            self._days = self._calendar.session_days(time) if is_intraday else time // DAY
        return self._days

    def _computed(self, indicator: Indicator, arguments: Arguments) -> tuple[Series, ...]:
        bars = self._stored.bars
        interval = self._stored.state.interval
        days = self._session_days()
        if indicator.anchor is not Anchor.SERIES or interval >= Interval.H1 or not len(bars):
            return computed(indicator, bars, days, arguments)
        months = bars.time.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
        edges = [0, *(np.flatnonzero(np.diff(months)) + 1).tolist(), len(bars)]
        parts = [computed(indicator, bars[low:high], days[low:high], arguments) for low, high in pairwise(edges)]
        return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))
