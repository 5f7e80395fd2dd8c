"""Time cells turned into the times of bars: session dates or instants, as the interval wants."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from gateway.feeds.files.local_times import instants
from gateway.feeds.files.moments import NO_OFFSET, Moments, read_moments
from gateway.feeds.files.texts import shown
from resolvers.model.bars import IntArray
from resolvers.model.interval import Interval
from resolvers.model.session import DAY, week_starts


@dataclass(frozen=True, kw_only=True, slots=True)
class BarTimes:
    """
    Times of bars, one for each text.

    Attributes:
        time: Unix seconds; for D1 and W1 those of 00:00 UTC of the session date.
        second: The second instant that a repeated hour may mean, else equal to *time*.
        moment: Seconds before anything was dropped from them, to tell how far rows are apart.
        are_dates: Whether no text has a time of day.
        faults: Why a text is no time of a bar, by position.
        notices: What was assumed or changed.
    """

    time: IntArray
    second: IntArray
    moment: IntArray
    are_dates: bool
    faults: dict[int, str]
    notices: tuple[str, ...]


def bar_times(texts: Sequence[str], interval: Interval, zone: ZoneInfo) -> BarTimes:
    """The times of *interval* bars in *texts*; those without an offset are on the wall clock of *zone*."""
    moments = read_moments(texts)
    return _instants(moments, texts, zone) if interval.is_intraday else _sessions(moments, interval)


def _sessions(moments: Moments, interval: Interval) -> BarTimes:
    """Dates as they are written; no time zone moves them."""
    days = moments.local // DAY
    notices = moments.notices
    if interval is Interval.W1:
        mondays = week_starts(days)
        if moved := int(np.sum(mondays != days)):
            notices = (*notices, f"{moved} dates are no Mondays; a W1 bar carries the Monday of its week")
        days = mondays
    return BarTimes(
        time=days * DAY,
        second=days * DAY,
        moment=moments.local,
        are_dates=_are_dates(moments),
        faults=moments.faults,
        notices=notices,
    )


def _instants(moments: Moments, texts: Sequence[str], zone: ZoneInfo) -> BarTimes:
    is_naive = moments.offset == NO_OFFSET
    first = moments.local - np.where(is_naive, 0, moments.offset)
    second = first.copy()
    found = instants(moments.local[is_naive], zone)
    first[is_naive], second[is_naive] = found.first, found.second
    skipped = np.flatnonzero(is_naive)[found.is_skipped].tolist()
    faults = {
        position: f"time must exist in {zone.key}, {shown(texts[position])} is skipped when clocks go forward"
        for position in skipped
    }
    return BarTimes(
        time=first,
        second=second,
        moment=first,
        are_dates=_are_dates(moments),
        faults=faults | moments.faults,
        notices=moments.notices,
    )


def _are_dates(moments: Moments) -> bool:
    is_read = np.ones(len(moments.is_date), bool)
    is_read[list(moments.faults)] = False
    return bool(is_read.any() and moments.is_date[is_read].all())
