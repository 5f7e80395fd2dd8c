"""Times counted from 1970, in seconds or in thousandths, millionths or billionths of them."""

import re
from collections.abc import Sequence

from gateway.feeds.texts import shown

# Short numbers are no epochs but days such as 20240131, or counters; a minus sign says that it is an epoch.
_EPOCH = re.compile(r"(-?\d{9,19}|-\d{1,8})(\.\d*)?", re.ASCII)
# Digits tell the unit: seconds reach 1e11 in the year 5138, milliseconds passed it in 1973, and so on.
_UNITS = ((10**11, 1), (10**14, 10**3), (10**17, 10**6), (10**20, 10**9))
_FIRST_SECOND, _LAST_SECOND = -5_364_662_400, 7_258_118_399  # the years 1800 to 2199


def read_epochs(texts: Sequence[str]) -> list[int | str]:
    """
    Unix seconds of each text; or why it has none, empty if it is no epoch at all.

    A file may change from milliseconds to microseconds on its way, as those of Binance did in 2025. None has
    seconds beside a finer unit: there a small number is a day near 1970.
    """
    matches = [_EPOCH.fullmatch(text) for text in texts]
    finer = [unit for match in matches if match and (unit := _unit(int(match[1]))) > 1]
    smallest = min(finer, default=1)
    return [_seconds(match, smallest) if match else "" for match in matches]


def _unit(number: int) -> int:
    """Parts of a second that *number* counts, by its size."""
    return next(unit for limit, unit in _UNITS if abs(number) < limit)


def _seconds(match: re.Match[str], smallest: int) -> int | str:
    number, fraction = int(match[1]), (match[2] or "").strip(".0")
    seconds, rest = divmod(number, max(smallest, _unit(number)))
    if rest or fraction:
        return f"time must be on a whole second, was {shown(match.group())}"
    return seconds if _FIRST_SECOND <= seconds <= _LAST_SECOND else ""
