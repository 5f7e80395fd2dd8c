"""Quotes into their stream: by the process that has stored them, because no outbox keeps them."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Sequence

import redis.asyncio as redis

from resolvers.errors import Unavailable
from resolvers.events.outage import Outage
from resolvers.events.streams import LOST, Streams
from resolvers.model.event import Event, EventKind
from resolvers.storage.outbox import encoded
from resolvers.storage.pool import Pool
from resolvers.storage.revisions import origin_of

logger = logging.getLogger("gateway.events")

_PATIENCE_SECONDS = 0.25
_PAUSE_SECONDS = 2.0

# How long a writer waits for the one before it: from its commit to its event a writer takes a millisecond or two.
_TURNS = 20
_TURN_SECONDS = 0.005


class QuotesPublisher:
    """
    Appends events of quotes after their commit.

    One that does not arrive is missing in the numbers, and readers read the quotes' revisions anew. So a failure is
    counted, and no error for whoever stored them; a Redis that fails is left alone for a moment.

    Attributes:
        failed: How many events could not be appended.
        waits: How often another writer was waited for.
    """

    def __init__(
        self,
        pool: Pool,
        client: redis.Redis,
        *,
        patience_seconds: float = _PATIENCE_SECONDS,
        pause_seconds: float = _PAUSE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = pool
        self._client = client
        self._patience = patience_seconds
        self._pause = pause_seconds
        self._clock = clock
        self._streams: Streams | None = None
        self._silent_until: float | None = None
        self._outage = Outage(logger, "quotes are not told at once, Redis does not take them")
        self._heard = 0
        self.failed = self.waits = 0

    def on_event(self, event: Event) -> None:
        """Notes how far the stream is known to be."""
        if event.kind is EventKind.QUOTES:
            self._heard = event.number

    def on_reset(self, kinds: Collection[EventKind]) -> None:
        """Looks anew which database it is: quotes of one that has another id now belong into other streams."""
        self._streams = None
        self._heard = 0

    def on_status(self, kinds: Collection[EventKind], *, is_reachable: bool) -> None:
        """Leaves everything: whoever waits is told elsewhere."""

    async def _come_after(self, streams: Streams, number: int) -> None:
        """
        Waits a moment for the event *number* of another writer:

            one writer                      another
            commits 7
                                            commits 8
                                            (would append 8, and 7 were refused)
            appends 7
                                            appends 8

        A writer that has died in between is not waited for any longer than that; its event is missing then. What this
        process has heard of was appended, and nobody has to be asked.
        """
        if self._heard >= number:
            return
        for _ in range(_TURNS):
            top = await streams.top(EventKind.QUOTES)
            if top is None or top >= number:
                return
            self.waits += 1
            await asyncio.sleep(_TURN_SECONDS)

    async def publish(self, events: Sequence[Event]) -> None:
        """
        Appends those of *events* that are about quotes.

        Whoever is cancelled meanwhile is, also where `asyncio.wait_for` of Python 3.11, through which redis-py sends,
        swallows that because it meets the end of what it waits for. A feed would go on then, after the signal to stop.
        """
        task = asyncio.current_task()
        before = 0 if task is None else task.cancelling()
        await self._publish(events)
        if task is not None and task.cancelling() > before:
            raise asyncio.CancelledError

    async def _publish(self, events: Sequence[Event]) -> None:
        quotes = [event for event in events if event.kind is EventKind.QUOTES]
        if not quotes:
            return
        if self._silent_until is not None and self._clock() < self._silent_until:
            self.failed += len(quotes)
            return
        try:
            if self._streams is None:
                self._streams = Streams(self._client, await origin_of(self._pool), patience_seconds=self._patience)
            await self._come_after(self._streams, quotes[0].number - 1)
            await self._streams.append(
                EventKind.QUOTES, [(event.number, encoded(event.revisions, event.body)) for event in quotes]
            )
        except (*LOST, Unavailable) as error:
            self.failed += len(quotes)
            self._silent_until = self._clock() + self._pause
            self._outage.met(error)
        else:
            self._silent_until = None
            self._outage.over()
