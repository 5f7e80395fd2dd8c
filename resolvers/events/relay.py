"""The relay: from the outbox into the streams, by one process at a time."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import timedelta

import redis.asyncio as redis

from resolvers.errors import Unavailable
from resolvers.events.outage import Outage
from resolvers.events.streams import BEYOND, LOST, Streams
from resolvers.model.event import EventKind
from resolvers.storage.leading import Session, session
from resolvers.storage.outbox import CHANNEL, forget_events, newest_number_before, rows_after
from resolvers.storage.revisions import Place, read_origin, read_place, renew_origin

logger = logging.getLogger("gateway.events")

_LOCK = 0x5_16A5
_BATCH = 500
_LONGEST_PAUSE_SECONDS = 5.0
_KEPT = tuple(kind for kind in EventKind if kind.is_kept)


class Relay:
    """
    Appends the outbox to the streams, and keeps both from growing.

    Any number of processes may run one; who holds an advisory lock works, and the others wait for it. Where two
    think that they lead, they append the same events under the same ids, which Redis refuses the second time.

    Before it appends, it looks at the top of the stream, every time: a Redis that was restarted empty gets the last
    quarter of an hour again, and one that has lost its tail gets all that came after it. A stream that is ahead of the
    database shows that this was restored from a backup: then it gets a new id, because numbers and revisions will come
    again, and Redis holds what they stood for before.

    Args:
        dsn: PostgreSQL, for a connection of its own.
        poll_seconds: How long a notice that was lost can go unnoticed, and a dead leader.
        stream_age: How long an event stays in its stream.
        outbox_age: How long an event stays in the outbox.
        tidy_seconds: How often both are trimmed.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        dsn: str,
        client: redis.Redis,
        *,
        poll_seconds: float = 2.0,
        stream_age: timedelta = timedelta(minutes=15),
        outbox_age: timedelta = timedelta(hours=24),
        tidy_seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._dsn = dsn
        self._client = client
        self._poll = poll_seconds
        self._stream_age = stream_age
        self._outbox_age = outbox_age
        self._tidy_seconds = tidy_seconds
        self._clock = clock
        self._next_tidying = 0.0
        self._quotes: deque[tuple[float, int]] = deque()
        self._postgres = Outage(logger, "events are not relayed, PostgreSQL does not answer")
        self._redis = Outage(logger, "events are not relayed, Redis does not take them")
        self._failures = 0

    async def run(self) -> None:
        """Relays until it is cancelled."""
        while True:
            try:
                async with session(self._dsn, CHANNEL) as own:
                    self._postgres.over()
                    await self._lead(own)
            except Unavailable as error:
                self._postgres.met(error)
            except Exception:
                logger.exception("unforeseen error of the relay")
            await asyncio.sleep(self._pause())

    async def _lead(self, own: Session) -> None:
        streams: Streams | None = None
        while True:
            if not await own.leads(_LOCK):
                await asyncio.sleep(self._poll)
                continue
            if streams is None:
                with own.asking() as one:
                    streams = Streams(self._client, await read_origin(one))
            try:
                followed = await self.relay_once(own, streams)
            except LOST as error:
                self._redis.met(error)
                await self._forget(own)
                await asyncio.sleep(self._pause())
                continue
            self._redis.over()
            self._failures = 0
            if followed is streams:
                await own.woken(self._poll)
            streams = followed

    async def relay_once(self, own: Session, streams: Streams) -> Streams:
        """
        Brings the streams up to date, and returns them; others, if the database has become another one.

        Raises:
            Unavailable: If PostgreSQL does not answer.
            RedisError, OSError, TimeoutError: If Redis does not take it.
        """
        tops = await streams.tops()
        # Numbers are read after the tops: the other way round, an event in between would look like a restored backup.
        with own.asking() as one:
            place = await read_place(one)
        if place.origin == streams.origin and await self._is_another_past(streams, tops, place):
            with own.asking() as one:
                await renew_origin(one, place.origin)
                place = await read_place(one)
        if place.origin != streams.origin:
            await streams.end()
            self._quotes.clear()
            return Streams(self._client, place.origin)
        for kind in _KEPT:
            if tops[kind] != place.position[kind]:
                await self._append(own, streams, kind, tops[kind])
        await self._tidy(own, streams, place.position)
        return streams

    async def _is_another_past(self, streams: Streams, tops: dict[EventKind, int | None], place: Place) -> bool:
        """Whether a stream is ahead of the database; what is no stream at all is thrown away."""
        is_ahead = False
        for kind, top in tops.items():
            if top is None or top <= place.position[kind]:
                continue
            if top == BEYOND:
                logger.warning("the stream of %s is none, and begins anew", kind.value)
                await streams.drop(kind)
                tops[kind] = None
                continue
            is_ahead = True
            logger.warning(
                "the stream of %s goes up to %d and the database to %d: it was restored, and gets a new id",
                kind.value,
                top,
                place.position[kind],
            )
        return is_ahead

    async def _append(self, own: Session, streams: Streams, kind: EventKind, top: int | None) -> None:
        # Into an empty stream only what is young enough for it; readers that are further behind read the outbox.
        within = self._stream_age if top is None else None
        number = top or 0
        while True:
            with own.asking() as one:
                rows = await rows_after(one, kind, number, limit=_BATCH, within=within)
            if not rows:
                return
            await streams.append(kind, rows)
            # The next batch begins right behind, also where its first rows come of age in this moment.
            number, within = rows[-1][0], None

    async def _tidy(self, own: Session, streams: Streams, numbers: Mapping[EventKind, int]) -> None:
        if self._clock() < self._next_tidying:
            return
        for kind in _KEPT:
            with own.asking() as one:
                old = await newest_number_before(one, kind, self._stream_age)
            if old:
                await streams.trim(kind, old + 1)
        await self._trim_quotes(streams, numbers[EventKind.QUOTES])
        await self._forget(own)

    async def _trim_quotes(self, streams: Streams, number: int) -> None:
        """Their numbers have no times anywhere, so what was the newest number when is noted here."""
        now = self._clock()
        if self._quotes and self._quotes[-1][1] > number:
            self._quotes.clear()  # the database was restored, and counts anew
        self._quotes.append((now, number))
        old = 0
        while self._quotes and self._quotes[0][0] <= now - self._stream_age.total_seconds():
            old = self._quotes.popleft()[1]
        if old:
            await streams.trim(EventKind.QUOTES, old + 1)

    async def _forget(self, own: Session) -> None:
        """Also while Redis is gone, or the outbox would grow for as long."""
        if self._clock() < self._next_tidying:
            return
        with own.asking() as one:
            await forget_events(one, older=self._outbox_age)
        self._next_tidying = self._clock() + self._tidy_seconds

    def _pause(self) -> float:
        """Longer each time, until something works again."""
        self._failures += 1
        return float(min(_LONGEST_PAUSE_SECONDS, 0.1 * 2 ** min(self._failures, 10)))
