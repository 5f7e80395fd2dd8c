"""What waits for one subscriber, bounded in bytes."""

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from gateway.streams.item import Item

# What an item takes beside its bytes; without it a queue of nulls had no bound.
BESIDE: Final = 100


class OutboxFull(Exception):
    """More waits than may; the subscriber is too far behind."""


class Parcel(NamedTuple):
    """
    What one message brings; a tuple, because a frozen dataclass takes six times as long to make.

    Attributes:
        number: Up to which all events for the subscriber are in this or an earlier message, or counted as skipped;
            None where that has not changed.
        part: And how many changes of the event after it.
        skipped: Events since the previous message whose value is not in this one.
        reset: Whether it is a fresh state in the place of what was missed.
        is_state: Whether it begins what the subscriber knows.
    """

    items: Sequence[Item] = ()
    number: int | None = None
    part: int = 0
    skipped: int = 0
    reset: bool = False
    status: str | None = None
    is_state: bool = False


class Outbox(Protocol):
    """The queue of one subscriber. Nobody waits for it: what it cannot hold it refuses or replaces."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to take."""

    @property
    def size_bytes(self) -> int:
        """Of the items that wait."""

    def put(self, subject: str, item: Item, events: int, number: int) -> None:
        """
        Adds the item that a subject has become by some *events*, up to the event *number*.

        Raises:
            OutboxFull: If it holds too much.
        """

    def open(self, subjects: Sequence[str], parcel: Parcel) -> None:
        """Adds a state, a reset or a status."""

    def take(self) -> Parcel | None:
        """The next message; None where there is nothing to say."""


def size_of(item: Item) -> int:
    """What an item counts that waits, in bytes."""
    return len(item.body) + BESIDE
