"""Dates as files write them, read with one order of day and month for the whole file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from resolvers.model.bars import IntArray

NO_DATE = np.iinfo(np.int64).min
_EPOCH = date(1970, 1, 1).toordinal()
_FIRST_YEAR, _LAST_YEAR = 1800, 2199  # a year beyond is a slip, and would make a partition of its own
_LAST_MONTH = 12
_PIVOT = 69  # as POSIX reads two digits: 69 is 1969, 68 is 2068

_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})|(\d{4})(\d{2})(\d{2})", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})", re.ASCII)
_DAY_AND_NAME = re.compile(r"(\d{1,2})[-/ .]+([a-z]{3,9})[-/ .,]+(\d{4}|\d{2})", re.ASCII | re.IGNORECASE)
_NAME_AND_DAY = re.compile(r"([a-z]{3,9})\.? +(\d{1,2}),? +(\d{4})", re.ASCII | re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, kw_only=True, slots=True)
class Dates:
    """
    Dates that were read.

    Attributes:
        days: Days since 1970-01-01, ``NO_DATE`` where a text is none.
        order: How dates with the year last were read, empty if there are none.
        notices: An order that was assumed.
    """

    days: IntArray
    order: str
    notices: tuple[str, ...]


def read_dates(texts: Sequence[str]) -> Dates:
    """The dates in *texts*, which are all that the file has, so that one day above 12 decides for all of them."""
    year_last = [match for match in map(_YEAR_LAST.fullmatch, texts) if match]
    day_first, notice = _order(year_last)
    days = np.fromiter((_days(text, day_first=day_first) for text in texts), np.int64, len(texts))
    order = "" if not year_last else "day first" if day_first else "month first"
    return Dates(days=days, order=order, notices=(notice,) if notice else ())


def with_named_month(text: str) -> re.Match[str] | None:
    """The date at the beginning of *text*, if its month has a name: it may hold spaces."""
    return _DAY_AND_NAME.match(text) or _NAME_AND_DAY.match(text)


def _order(year_last: Sequence[re.Match[str]]) -> tuple[bool, str]:
    """Whether the day comes first, and a notice where that is a guess."""
    day_first = sum(int(match[1]) > _LAST_MONTH for match in year_last)
    month_first = sum(int(match[3]) > _LAST_MONTH for match in year_last)
    if day_first or month_first or not year_last:
        return day_first > month_first, ""
    # 31.12.2020 is written with dots where the day comes first; nobody writes 12.31.2020.
    has_dots = year_last[0][2] == "."
    order = "day first" if has_dots else "month first"
    return has_dots, f"dates such as {year_last[0].group()} are read {order}; no day above 12 tells the order"


def _days(text: str, *, day_first: bool) -> int:
    if match := _YEAR_FIRST.fullmatch(text):
        year, month, day = match[1] or match[5], match[3] or match[6], match[4] or match[7]
    elif match := _YEAR_LAST.fullmatch(text):
        (day, month), year = (match[1], match[3]) if day_first else (match[3], match[1]), match[4]
    elif match := _DAY_AND_NAME.fullmatch(text):
        day, month, year = match[1], _month(match[2]), match[3]
    elif match := _NAME_AND_DAY.fullmatch(text):
        month, day, year = _month(match[1]), match[2], match[3]
    else:
        return int(NO_DATE)
    try:
        found = date(_full_year(year), int(month), int(day))
    except ValueError:
        return int(NO_DATE)
    return found.toordinal() - _EPOCH if _FIRST_YEAR <= found.year <= _LAST_YEAR else int(NO_DATE)


def _full_year(text: str) -> int:
    year = int(text)
    if len(text) == len("2020"):
        return year
    return year + (1900 if year >= _PIVOT else 2000)


def _month(name: str) -> str:
    short = name[:3].lower()
    return str(_MONTHS.index(short) + 1) if short in _MONTHS else "0"
