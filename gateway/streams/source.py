"""What a subscription field is to the hub: events in, objects out."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from resolvers.model.event import Event, EventKind


class Mode(StrEnum):
    """
    What becomes of a change that a subscriber cannot be told in time.

    LATEST: a newer change of the same subject takes its place, and the subscriber is told how many were skipped.
    ALL: it waits; a subscriber that is too far behind is ended, and told where to resume.
    """

    LATEST = "latest"
    ALL = "all"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Change:
    """
    What one event, or a snapshot, says of one subject.

    Attributes:
        number: Of the event, or the number up to which the snapshot knows all events.
        value: All that the source needs to make the subject's object.
        place: Which of the changes of its event it is, from 0; only of mode ALL.
    """

    subject: str
    number: int
    value: Any
    place: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Audience:
    """
    What a subscriber wants to hear of. Equal ones are asked for together.

    Attributes:
        subjects: In the order in which a snapshot has them; None for all that there are, which only a source of
            mode ALL may have.
        accepts: Says of a change of these subjects whether it is wanted; only of mode ALL.
        key: What *accepts* depends on: audiences with equal keys and subjects accept the same.
    """

    subjects: tuple[str, ...] | None
    accepts: Callable[[Change], bool] | None = field(default=None, compare=False)
    key: Hashable = None

    def wants(self, change: Change) -> bool:
        """Whether a change, whose subject may be any, is one for this audience."""
        if self.subjects is not None and change.subject not in self.subjects:
            return False
        return self.accepts is None or self.accepts(change)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Known:
    """
    Changes that were read, and the number of the newest event that they contain.

    Of a snapshot: one for each subject that has a state. Of what was missed: every change, in order.

    Attributes:
        has_more: Whether more was missed than these.
    """

    changes: Sequence[Change]
    number: int
    has_more: bool = False


class Source(Protocol):
    """
    What is streamed by one field of the subscription type.

    A field whose type is no list has an audience of one subject, and mode LATEST.

    Reads raise `Unavailable` where they cannot be done now, and are tried again.

    Attributes:
        field: Its name in the schema.
        kind: Of the events that it tells of; the position of its streams is the number of the last one.
        audience_arguments: Those that say who listens, and nothing of what is computed. All others, such as those on
            which membership or order depends, divide the executions.
    """

    field: str
    kind: EventKind
    mode: Mode
    audience_arguments: frozenset[str]

    async def audience(self, arguments: dict[str, Any]) -> Audience:
        """
        Who listens, by the coerced arguments of the field.

        Raises:
            GatewayError: If they cannot be right; the stream does not begin.
        """

    def changes(self, event: Event) -> Sequence[Change]:
        """What an event of the kind says; nothing where it is not about this field."""

    async def snapshot(self, audience: Audience) -> Known:
        """The present state, rows and number read in one snapshot of the database."""

    async def since(self, number: int, most: int) -> Known | None:
        """What the next *most* events after *number* changed; None where that is no longer held, or never was."""

    def objects(self, changes: Sequence[Change]) -> Sequence[Any] | Awaitable[Sequence[Any]]:
        """The object of each change, as a resolver would return it; an exception fails its item alone."""
