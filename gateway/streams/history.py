"""Events that a client missed, as far as they are kept anywhere."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from resolvers.events.streams import LOST, Streams
from resolvers.model.event import Event, EventKind
from resolvers.storage.outbox import decoded, missed_rows, stored_position
from resolvers.storage.pool import Pool

# No event has so high a number: behind it there is nothing to read.
_BEYOND = 2**62

# From its commit to its event in the stream a writer takes a millisecond or two; one that takes longer has failed.
_COMMITTED_SECONDS = 0.25


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Missed:
    """
    Some events without a hole.

    Attributes:
        number: Of the last one, or the one that they were asked for after.
        has_more: Whether there were others behind them when they were read.
    """

    events: Sequence[Event]
    number: int
    has_more: bool


class History(Protocol):
    """Where past events are."""

    async def after(self, kind: EventKind, number: int, most: int) -> Missed | None:
        """
        The next *most* events of *kind* after *number*, or as many as there are.

        None where they are not all kept, or *number* is none that an event has had. Raises `Unavailable`.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredHistory:
    """
    The streams of Redis, which have every kind for a while, and the outbox, which has most kinds for a day.

    Args:
        streams: Those of the database as it is called now; None where there is no Redis.
    """

    pool: Pool
    streams: Callable[[], Streams | None]

    async def after(self, kind: EventKind, number: int, most: int) -> Missed | None:
        """As `History.after`."""
        newest = (await stored_position(self.pool)).get(kind, 0)
        if not 0 <= number <= newest:
            return None
        if number == newest:
            return Missed(events=(), number=number, has_more=False)
        events = await (self._kept(kind, number, most) if kind.is_kept else self._streamed(kind, number, most))
        if not events or [event.number for event in events] != list(range(number + 1, number + 1 + len(events))):
            return None
        last = events[-1].number
        return Missed(events=events, number=last, has_more=last < newest)

    async def _kept(self, kind: EventKind, number: int, most: int) -> list[Event]:
        rows = await missed_rows(self.pool, kind, number, limit=most)
        return [decoded(kind, found, content) for found, content in rows]

    async def _streamed(self, kind: EventKind, number: int, most: int) -> list[Event]:
        """The events that stand in the stream up to what is none; nothing where Redis is gone, and they with it."""
        streams = self.streams()
        if streams is None:
            return []
        behind = {other: _BEYOND for other in EventKind if other is not kind} | {kind: number}
        try:
            entries = await streams.read(behind, wait_seconds=_COMMITTED_SECONDS, count=most)
        except LOST:
            return []
        return [event for event in (entry.event() for entry in entries) if event is not None]
