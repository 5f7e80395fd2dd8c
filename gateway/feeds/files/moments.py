"""The time cells of a file, read as moments: dates, dates with a time of day, epochs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gateway.feeds.files.dates import NO_DATE, read_dates, with_named_month
from gateway.feeds.files.day_times import DayTime, day_time
from gateway.feeds.files.epochs import NO_EPOCH, read_epochs
from gateway.feeds.files.texts import Numbered, shown
from resolvers.model.bars import IntArray
from resolvers.model.session import DAY

NO_OFFSET = np.iinfo(np.int64).min
"""Stands for the offset of a time that does not say one."""

_ISO_START = re.compile(r"[\d./-]+T", re.ASCII)
_DATE_DIGITS = 8
_MIDNIGHT = DayTime(seconds=0, offset=None)
_CLOCK_DIGITS = (12, 14)
_EXAMPLES = "such as 2024-01-31, 01/31/2024, 2024-01-31T09:30:00Z or 1706693400"


@dataclass(frozen=True, kw_only=True, slots=True)
class Moments:
    """
    Moments that were read, one for each text.

    Attributes:
        local: The wall clock as written, in seconds since 1970-01-01T00:00 of the same clock.
        offset: Seconds east of UTC, ``NO_OFFSET`` where the text does not say.
        is_date: Whether the text has no time of day.
        faults: Why a text is no moment, by position.
        notices: What was assumed.
    """

    local: IntArray
    offset: IntArray
    is_date: npt.NDArray[np.bool_]
    faults: dict[int, str]
    notices: tuple[str, ...]


def read_moments(texts: Sequence[str]) -> Moments:
    """The moments in *texts*, which are all distinct time cells of a file."""
    stripped = [text.strip() for text in texts]
    moments, wrong, order = _dated(stripped)
    # What is no date may be an epoch.
    epochs, reasons = read_epochs([stripped[position] for position in wrong.tolist()])
    is_epoch = epochs != NO_EPOCH
    right = wrong[is_epoch]
    moments.local[right], moments.offset[right], moments.is_date[right] = epochs[is_epoch], 0, False
    for place in np.flatnonzero(~is_epoch).tolist():
        position = int(wrong[place])
        moments.faults[position] = reasons.get(place) or _fault(stripped[position], order)
    return moments


def _dated(texts: Sequence[str]) -> tuple[Moments, IntArray, str]:
    """
    The moments of texts that are dates, the positions of those that are not, and the order of day and month.

    Dates and times of day repeat far more often than moments do, so each distinct one is read once.
    """
    heads, tails = Numbered(), Numbered()
    pairs = [_parted(text) for text in texts]
    head = heads.of((date for date, _ in pairs), len(pairs))
    tail = tails.of((time for _, time in pairs), len(pairs))
    dates = read_dates(list(heads))
    clocks = [day_time(text) if text else _MIDNIGHT for text in tails]
    seconds = np.array([clock.seconds if clock else 0 for clock in clocks], np.int64)
    offsets = [NO_OFFSET if clock is None or clock.offset is None else clock.offset for clock in clocks]
    days = dates.days[head]
    is_wrong = (days == NO_DATE) | np.array([clock is None for clock in clocks], bool)[tail]
    moments = Moments(
        local=np.where(is_wrong, 0, days) * DAY + seconds[tail],
        offset=np.array(offsets, np.int64)[tail],
        is_date=np.array([not text for text in tails], bool)[tail],
        faults={},
        notices=dates.notices,
    )
    return moments, np.flatnonzero(is_wrong), dates.order


def _parted(text: str) -> tuple[str, str]:
    """The date and the time of day in *text*; the latter may be empty."""
    if text.isdecimal() and len(text) > _DATE_DIGITS:
        # No epoch of our time has 12 or 14 digits; what looks like 202401310930 and is none is tried as one later.
        return (text[:_DATE_DIGITS], text[_DATE_DIGITS:]) if len(text) in _CLOCK_DIGITS else ("", "")
    head, _, tail = text.partition(" ")
    has_name = tail[:1].isalpha() or head[:1].isalpha()
    if has_name and (match := with_named_month(text)):
        return match.group(), text[match.end() :].strip(" ,T")
    if not tail and _ISO_START.match(text):
        head, _, tail = text.partition("T")
    return head.rstrip(","), tail.strip()


def _fault(text: str, order: str) -> str:
    if not text:
        return "time must be given, was missing"
    was = f"was {shown(text)}"
    if re.search(r":\d{2}[.,]\d*[1-9]", text):
        return f"time must be on a whole second, {was}"
    looks_year_last = re.match(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}", text)
    return f"time must be a moment {_EXAMPLES}, {was}{f' read {order}' if order and looks_year_last else ''}"
