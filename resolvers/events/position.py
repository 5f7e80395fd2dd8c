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


def position_text(origin: str, position: Mapping[EventKind, int]) -> str:
    """*position* in the events of the database *origin*, as one text."""
    numbers = {kind.value: position[kind] for kind in sorted(position)}
    return urlsafe_b64encode(orjson.dumps([origin[:_ORIGIN_LENGTH], numbers])).rstrip(b"=").decode()


def parsed_position(text: str, origin: str) -> dict[EventKind, int]:
    """
    The position that *text* stands for.

    Raises:
        BadInput: If it is none that this gateway gave out.
        OtherDatabase: If it is one of another database.
    """
    found = _read(text) if len(text) <= _LONGEST_TEXT else None
    if found is None or position_text(found[0], found[1]) != text:
        raise BadInput(f"a position that this API gave out was expected, was {text[:80]!r}")
    if found[0] != origin[:_ORIGIN_LENGTH]:
        raise OtherDatabase("the position is one of another database, from before this one was made")
    return found[1]


def _read(text: str) -> tuple[str, dict[EventKind, int]] | None:
    try:
        read = orjson.loads(urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        return None
    known = {kind.value for kind in EventKind}
    match read:
        case [str(origin), dict(numbers)] if all(
            kind in known and type(number) is int and 0 <= number <= _LARGEST for kind, number in numbers.items()
        ):
            return origin, {EventKind(kind): number for kind, number in numbers.items()}
    return None
