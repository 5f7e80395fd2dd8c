"""Events that a client missed, as far as they are kept anywhere."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from resolvers.errors import Unavailable
from resolvers.events.streams import LOST, Streams
from resolvers.model.event import Event, EventKind
from resolvers.storage.outbox import decoded, missed_rows, stored_position
from resolvers.storage.pool import Pool

_BATCH = 500

# No event has so high a number: behind it there is nothing to read.
_BEYOND = 2**62


class History(Protocol):
    """Where past events are."""

    async def after(self, kind: EventKind, number: int) -> tuple[list[Event], int] | None:
        """
        The events of *kind* after *number* without a hole, and the number of the last one there is.

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

    async def after(self, kind: EventKind, number: int) -> tuple[list[Event], int] | None:
        """As `History.after`."""
        newest = (await stored_position(self.pool)).get(kind, 0)
        if not 0 <= number <= newest:
            return None
        events = await self._kept(kind, number, newest) if kind.is_kept else await self._streamed(kind, number, newest)
        return None if events is None else (events, newest)

    async def _kept(self, kind: EventKind, number: int, newest: int) -> list[Event] | None:
        events: list[Event] = []
        while number < newest:
            rows = await missed_rows(self.pool, kind, number, limit=_BATCH)
            for found, content in rows:
                if found != number + 1:
                    return None
                number = found
                if number <= newest:
                    events.append(decoded(kind, number, content))
            if not rows:
                return None
        return events

    async def _streamed(self, kind: EventKind, number: int, newest: int) -> list[Event] | None:
        events: list[Event] = []
        streams = self.streams()
        beyond = {other: _BEYOND for other in EventKind if other is not kind}
        while number < newest:
            if streams is None:
                return None
            try:
                entries = await streams.read({**beyond, kind: number}, wait_seconds=0.0, count=_BATCH)
            except LOST as error:
                raise Unavailable("Redis cannot be reached") from error
            if not entries:
                return None
            for entry in entries:
                event = entry.event()
                if event is None or entry.number != number + 1:
                    return None
                number = entry.number
                if number <= newest:
                    events.append(event)
        return events
