"""How far a process has heard, and positions as clients hold them: texts that every process understands."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Protocol

import orjson

from resolvers.errors import BadInput
from resolvers.model.event import EventKind

_ORIGIN_LENGTH = 8
_LARGEST = 2**63 - 1
_LONGEST_TEXT = 400


class Follower(Protocol):
    """Whoever follows the events of a database."""

    @property
    def origin(self) -> str:
        """Id of the database."""

    @property
    def position(self) -> dict[EventKind, int]:
        """The number of the last event of each kind that it knows of."""

    def has_reached(self, position: Mapping[EventKind, int]) -> bool:
        """Whether it knows of everything up to *position*."""


class Unconnected:
    """A follower that hears nothing, for a process that only reads what nobody writes."""

    origin = ""

    @property
    def position(self) -> dict[EventKind, int]:
        """Nothing."""
        return {}

    def has_reached(self, position: Mapping[EventKind, int]) -> bool:
        """Only what was so from the beginning."""
        return not any(position.values())


class OtherDatabase(BadInput):
    """A position that was one, in the events of another database."""


def position_text(origin: str, position: Mapping[EventKind, int], part: int = 0) -> str:
    """*position*, and the first *part* changes of the event after it, in the events of *origin*, as one text."""
    numbers = {kind.value: position[kind] for kind in sorted(position)}
    place = [origin[:_ORIGIN_LENGTH], numbers, part] if part else [origin[:_ORIGIN_LENGTH], numbers]
    return urlsafe_b64encode(orjson.dumps(place)).rstrip(b"=").decode()


def parsed_position(text: str, origin: str) -> dict[EventKind, int]:
    """
    The position that *text* stands for; where it is within an event, the one after that event.

    Raises:
        BadInput: If it is none that this gateway gave out.
        OtherDatabase: If it is one of another database.
    """
    position, part = parsed_place(text, origin)
    return {kind: number + (part > 0) for kind, number in position.items()}


def parsed_place(text: str, origin: str) -> tuple[dict[EventKind, int], int]:
    """As `parsed_position`, but the position before that event, and how many of its changes are told."""
    found = _read(text) if len(text) <= _LONGEST_TEXT else None
    if found is None or position_text(*found) != text:
        raise BadInput(f"a position that this API gave out was expected, was {text[:80]!r}")
    if found[0] != origin[:_ORIGIN_LENGTH]:
        raise OtherDatabase("the position is one of another database, from before this one was made")
    return found[1:]


def _read(text: str) -> tuple[str, dict[EventKind, int], int] | None:
    try:
        read = orjson.loads(urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        return None
    known = {kind.value for kind in EventKind}
    match read:
        case [str(origin), dict(numbers), *rest] if (
            len(rest) <= 1
            and all(kind in known for kind in numbers)
            and all(type(number) is int and 0 <= number <= _LARGEST for number in (*numbers.values(), *rest))
        ):
            return origin, {EventKind(kind): number for kind, number in numbers.items()}, sum(rest)
    return None
