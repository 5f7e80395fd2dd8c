"""Wall clocks turned into instants, with the hours that daylight saving skips or repeats."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from resolvers.errors import BadInput
from resolvers.model.bars import IntArray
from resolvers.model.session import DAY

_START = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall clock


@dataclass(frozen=True, kw_only=True, slots=True)
class Instants:
    """
    Instants in unix seconds.

    Attributes:
        first: The only one that a wall clock shows, or the first of two.
        second: The second of two, else equal to *first*.
        is_skipped: Whether the clock never shows that time.
    """

    first: IntArray
    second: IntArray
    is_skipped: npt.NDArray[np.bool_]


def named_zone(name: str) -> ZoneInfo:
    """
    The time zone *name*.

    Raises:
        BadInput: If there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(f"a time zone is an IANA name such as America/New_York, was {name!r}") from None


def instants(local: IntArray, zone: ZoneInfo) -> Instants:
    """The instants at which the wall clock of *zone* shows *local*, in seconds of that clock; same shape."""
    if zone.key == "UTC":
        return Instants(first=local, second=local, is_skipped=np.zeros(local.shape, bool))
    days, where = np.unique(local // DAY, return_inverse=True)
    before = np.array([_offset(zone, (day - 1) * DAY) for day in days.tolist()], np.int64)
    after = np.array([_offset(zone, (day + 2) * DAY) for day in days.tolist()], np.int64)
    first, second = before[where], before[where]
    # Only near a change of the clock does each moment need a look of its own.
    for position in np.flatnonzero((before != after)[where]).tolist():
        first[position] = _offset(zone, int(local[position]))
        second[position] = _offset(zone, int(local[position]), fold=1)
    # Clocks put forward jump over a gap: there the offset before the change is the smaller one.
    return Instants(first=local - first, second=local - np.minimum(first, second), is_skipped=first < second)


def _offset(zone: ZoneInfo, local: int, fold: int = 0) -> int:
    offset = zone.utcoffset((_START + timedelta(seconds=local)).replace(fold=fold))
    return 0 if offset is None else int(offset.total_seconds())
