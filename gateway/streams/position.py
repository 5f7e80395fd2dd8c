"""Positions: after which event a client's last message was."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from resolvers.errors import BadInput
from resolvers.events.position import OtherDatabase, parsed_position, position_text
from resolvers.model.event import EventKind

NOWHERE: Final = -1
"""The number in a position of a database that is gone: no event has it."""


class Follower(Protocol):
    """Whoever reads the events of a database."""

    @property
    def origin(self) -> str:
        """Id of the database."""

    @property
    def position(self) -> Mapping[EventKind, int]:
        """The number of the last event of each kind."""


def positions_of(follower: Follower, kind: EventKind) -> Callable[[int], str]:
    """A function from the number of an event of *kind* to the position after it."""
    known = (NOWHERE, "")

    def text(number: int) -> str:
        nonlocal known
        # Most messages of a beat have the same position.
        if known[0] != number:
            known = (number, position_text(follower.origin, {kind: number}))
        return known[1]

    return text


def number_of(text: str, follower: Follower, kind: EventKind) -> int:
    """
    The number of a position.

    Raises:
        BadInput: If it is no position of a stream of *kind*.
    """
    try:
        position = parsed_position(text, follower.origin)
    except OtherDatabase:
        return NOWHERE
    if set(position) != {kind}:
        raise BadInput(f"resumeFrom must be a position of {kind.value}, was one of {', '.join(position) or 'nothing'}")
    return position[kind]
