"""Times of day as files write them, with their offset from UTC where they have one."""

import re
from dataclasses import dataclass

_HOUR, _MINUTE = 3600, 60
_NOON = 12
_FARTHEST = 16 * _HOUR  # zones reach 14 hours today, and nearly 16 on old Alaskan and Manila clocks
_OFFSET = r"(?P<zulu>Z|UTC|GMT)?(?P<offset>[+-]\d{2}(:?\d{2})?)?"
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(:(?P<second>\d{2})([.,](?P<fraction>\d+))?)?\s*(?P<half>[AP]M)?\s*" + _OFFSET,
    re.ASCII | re.IGNORECASE,
)
_DIGITS = re.compile(r"(?P<hour>\d{1,2})(?P<minute>\d{2})(?P<second>\d{2})?" + _OFFSET, re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class DayTime:
    """
    A time of day.

    Attributes:
        seconds: Since midnight.
        offset: Seconds east of UTC; None where the text does not say.
    """

    seconds: int
    offset: int | None


def day_time(text: str) -> DayTime | None:
    """The time of day in *text*, such as ``09:30``, ``4:00 PM``, ``153000`` or ``14:30:00+02:00``, if it is one."""
    # Four and six digits are one pattern each: 0930 must not be read as 0:93:0.
    match = _CLOCK.fullmatch(text) or _DIGITS.fullmatch(text)
    if match is None:
        return None
    parts = match.groupdict()
    hour, minute, second = int(parts["hour"]), int(parts["minute"]), int(parts["second"] or 0)
    if half := parts.get("half"):
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if half.upper() == "PM" else 0)
    if hour >= 24 or minute >= _MINUTE or second >= _MINUTE or int(parts.get("fraction") or 0):
        return None
    offset = _offset(parts["offset"]) if parts["offset"] else 0 if parts["zulu"] else None
    if offset is not None and abs(offset) > _FARTHEST:
        return None
    return DayTime(seconds=hour * _HOUR + minute * _MINUTE + second, offset=offset)


def _offset(text: str) -> int:
    digits = text[1:].replace(":", "").ljust(4, "0")
    seconds = int(digits[:2]) * _HOUR + int(digits[2:]) * _MINUTE
    return -seconds if text.startswith("-") else seconds
