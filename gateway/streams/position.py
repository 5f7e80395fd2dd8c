"""Positions: after which event, or within which, a client's last message was."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Protocol

from resolvers.errors import BadInput
from resolvers.events.position import OtherDatabase, parsed_place, position_text
from resolvers.model.event import EventKind

NOWHERE: Final = -1
"""The number in a position of a database that is gone: no event has it."""


class Point(NamedTuple):
    """
    After an event, and after some of the changes of the next one.

    Attributes:
        part: How many of them.
    """

    number: int
    part: int = 0


class Follower(Protocol):
    """Whoever reads the events of a database."""

    @property
    def origin(self) -> str:
        """Id of the database."""

    @property
    def position(self) -> Mapping[EventKind, int]:
        """The number of the last event of each kind."""


def positions_of(follower: Follower, kind: EventKind) -> Callable[[Point], str]:
    """A function from a point in the events of *kind* to its text."""
    known = (Point(NOWHERE), "")

    def text(point: Point) -> str:
        nonlocal known
        # Most messages of a beat have the same position.
        if known[0] != point:
            known = (point, position_text(follower.origin, {kind: point.number}, point.part))
        return known[1]

    return text


def point_of(text: str, follower: Follower, kind: EventKind) -> Point:
    """
    The point of a position.

    Raises:
        BadInput: If it is no position of a stream of *kind*.
    """
    try:
        position, part = parsed_place(text, follower.origin)
    except OtherDatabase:
        return Point(NOWHERE)
    if set(position) != {kind}:
        raise BadInput(f"resumeFrom must be a position of {kind.value}, was one of {', '.join(position) or 'nothing'}")
    return Point(position[kind], part)
