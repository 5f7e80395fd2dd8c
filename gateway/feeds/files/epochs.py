"""Times counted from 1970, in seconds or in thousandths, millionths or billionths of them."""

import re
from collections.abc import Sequence

import numpy as np

from gateway.feeds.files.texts import shown
from resolvers.model.bars import IntArray

NO_EPOCH = int(np.iinfo(np.int64).min)
"""Stands for a text that is no epoch."""

# Short numbers are no epochs but days such as 20240131, or counters; a minus sign says that it is an epoch.
_EPOCH = re.compile(r"(-?\d{9,18}|-\d{1,8}|[1-8]\d{18})(\.0*)?", re.ASCII)
_FRACTION = re.compile(r"-?\d{9,19}\.\d+", re.ASCII)
_SHORTEST, _LONGEST = 9, 18
# Digits tell the unit: seconds reach 1e11 in the year 5138, milliseconds passed it in 1973, and so on.
_LIMITS = np.array([10**11, 10**14, 10**17], np.int64)
_UNITS = np.array([1, 10**3, 10**6, 10**9], np.int64)
_FIRST_SECOND, _LAST_SECOND = -5_364_662_400, 7_258_118_399  # the years 1800 to 2199


def read_epochs(texts: Sequence[str]) -> tuple[IntArray, dict[int, str]]:
    """
    Unix seconds of each text, ``NO_EPOCH`` where it has none, and why not, by position, where it is nearly one.

    A file may change from milliseconds to microseconds on its way, as those of Binance did in 2025. None has
    seconds beside a finer unit: there a small number is a day near 1970.
    """
    numbers = np.fromiter(map(_number, texts), np.int64, len(texts))
    is_epoch = numbers != NO_EPOCH
    # NO_EPOCH has no absolute value of its own, and would count as the finest unit.
    units = _UNITS[np.searchsorted(_LIMITS, np.abs(np.where(is_epoch, numbers, 0)), side="right")]
    units = np.maximum(units, np.min(units, where=units > 1, initial=_UNITS[-1]) if np.any(units > 1) else 1)
    seconds = np.where(is_epoch, numbers // units, NO_EPOCH)
    is_between = is_epoch & (numbers % units != 0)
    seconds[is_between | (seconds < _FIRST_SECOND) | (seconds > _LAST_SECOND)] = NO_EPOCH
    between = set(np.flatnonzero(is_between).tolist())
    between |= {place for place in np.flatnonzero(~is_epoch).tolist() if _FRACTION.fullmatch(texts[place])}
    return seconds, {place: f"time must be on a whole second, was {shown(texts[place])}" for place in between}


def _number(text: str) -> int:
    if _SHORTEST <= len(text) <= _LONGEST and text.isdecimal() and text.isascii():
        return int(text)
    match = _EPOCH.fullmatch(text)
    return int(match[1]) if match else NO_EPOCH
