"""Events in Redis: a stream per kind, in which an event's number is its id."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from resolvers.model.event import Event, EventKind
from resolvers.storage.outbox import decoded

LOST: Final = (RedisError, OSError, TimeoutError)
"""What a Redis that is gone, slow, full or odd looks like."""

BEYOND: Final = 2**63
"""The top of what is no stream at all: beyond every number."""

_CONNECT_SECONDS = 2.0
_PATIENCE_SECONDS = 2.0
_FIELD = b"event"
_END = b"end"
_ENDED_SECONDS = 60
_LAST_OF_NUMBER = 2**64 - 1

# Instruments come first: what is told of those that are new follows.
_READING_ORDER = (EventKind.INSTRUMENTS, EventKind.CANDLES, EventKind.QUOTES, EventKind.SIGNALS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """
    What stands in a stream.

    Attributes:
        content: None where nobody of ours wrote it.
        is_end: Whether it says that nothing of the database will follow here.
    """

    kind: EventKind
    number: int
    content: bytes | None
    is_end: bool = False

    def event(self) -> Event | None:
        """The event; None where it cannot be read."""
        if self.content is None:
            return None
        try:
            return decoded(self.kind, self.number, self.content)
        except ValueError:
            return None


def open_client(url: str) -> redis.Redis:
    """
    A client for events at *url*: it fails at once, because whoever uses it has another way and tries again.

    In the older protocol, in which answers to XREAD have one form on all servers.
    """
    return redis.Redis.from_url(
        url, protocol=2, socket_connect_timeout=_CONNECT_SECONDS, retry=Retry(NoBackoff(), retries=0)
    )


class Streams:
    """
    The streams of one database.

    Every method raises one of `LOST` where Redis does not do it, after *patience_seconds* at the latest.

    Args:
        origin: Id of the database; the streams of another one in the same Redis are others.
    """

    def __init__(self, client: redis.Redis, origin: str, *, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._client = client
        self.origin = origin
        self._patience = patience_seconds
        self._kinds = {self.key(kind).encode(): kind for kind in _READING_ORDER}

    def key(self, kind: EventKind) -> str:
        """The key of the stream of *kind*. It never expires: it is trimmed."""
        return f"events:{self.origin}:{kind.value}"

    async def top(self, kind: EventKind) -> int | None:
        """The highest number that the stream has ever had, `BEYOND` for what is no stream; None where nothing is."""
        try:
            async with asyncio.timeout(self._patience):
                told = await self._client.xinfo_stream(self.key(kind))
        except ResponseError as error:
            if "no such key" in str(error):
                return None
            if "WRONGTYPE" in str(error):
                return BEYOND
            raise
        return _number(told["last-generated-id"])[0]

    async def tops(self) -> dict[EventKind, int | None]:
        """The top of each stream."""
        return {kind: await self.top(kind) for kind in _READING_ORDER}

    async def append(self, kind: EventKind, contents: Sequence[tuple[int, bytes]]) -> None:
        """
        Appends events by number, oldest first, as `resolvers.storage.outbox.encoded` makes them.

        One whose number is not above the top is there already, or was: somebody else has appended it.
        """
        pipeline = self._client.pipeline(transaction=False)
        for number, content in contents:
            pipeline.xadd(self.key(kind), {_FIELD: content}, id=f"{number}-0")
        async with asyncio.timeout(self._patience):
            answers = await pipeline.execute(raise_on_error=False)
        for answer in answers:
            if isinstance(answer, Exception) and "equal or smaller" not in str(answer):
                raise answer

    async def trim(self, kind: EventKind, first: int) -> None:
        """Removes all events before the number *first*."""
        async with asyncio.timeout(self._patience):
            await self._client.xtrim(self.key(kind), minid=f"{first}-0", approximate=False)

    async def drop(self, kind: EventKind) -> None:
        """Removes the stream, so that it can begin anew."""
        async with asyncio.timeout(self._patience):
            await self._client.delete(self.key(kind))

    async def end(self) -> None:
        """Tells whoever waits at these streams that the database has another id by now, and lets them expire."""
        pipeline = self._client.pipeline(transaction=False)
        for kind in _READING_ORDER:
            # Behind everything, whatever stands there.
            pipeline.xadd(self.key(kind), {_END: b""}, id="*")
            pipeline.expire(self.key(kind), _ENDED_SECONDS)
        async with asyncio.timeout(self._patience):
            # What is no stream is read by nobody.
            await pipeline.execute(raise_on_error=False)

    async def read(self, position: Mapping[EventKind, int], *, wait_seconds: float, count: int = 500) -> list[Entry]:
        """What stands behind *position*, waited for if there is nothing yet; at most *count* of each kind."""
        behind: dict[Any, Any] = {
            self.key(kind): f"{position.get(kind, 0)}-{_LAST_OF_NUMBER}" for kind in _READING_ORDER
        }
        async with asyncio.timeout(wait_seconds + self._patience):
            # Zero would wait for ever.
            answer: Any = await self._client.xread(behind, count=count, block=max(1, int(wait_seconds * 1000)))
        return [_entry(self._kinds[key], id_, fields or {}) for key, entries in answer or () for id_, fields in entries]


def _entry(kind: EventKind, id_: bytes, fields: Mapping[bytes, bytes]) -> Entry:
    number, part = _number(id_)
    content = fields.get(_FIELD) if part == 0 else None
    return Entry(kind=kind, number=number, content=content, is_end=_END in fields)


def _number(id_: bytes | str) -> tuple[int, int]:
    text = id_.decode() if isinstance(id_, bytes) else id_
    number, _, part = text.partition("-")
    return int(number), int(part or 0)
