"""How the process hears of what is written, by itself and by others, and how what it writes is told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from gateway.background import in_background
from gateway.config import ServerUrls, Settings
from gateway.streams.history import StoredHistory
from resolvers.events.publisher import QuotesPublisher
from resolvers.events.reader import Reader
from resolvers.events.relay import Relay
from resolvers.events.streams import Streams, open_client
from resolvers.ingest import Ingest
from resolvers.model.revisions import Revisions
from resolvers.storage.pool import Pool


@dataclass(frozen=True, kw_only=True, slots=True)
class Following:
    """What a serving process has of events."""

    reader: Reader
    history: StoredHistory
    ingest: Ingest


@asynccontextmanager
async def following(settings: Settings, urls: ServerUrls, pool: Pool, revisions: Revisions) -> AsyncIterator[Following]:
    """
    Reads events, which move *revisions*, and relays them if no other process does, until the context is left.

    Raises:
        Unavailable: If PostgreSQL does not answer. Redis may be down: events are then read from the outbox.
    """
    client = open_client(urls.redis)
    try:
        reader = Reader(pool, client, revisions, audit_seconds=settings.event_audit_seconds)
        relay = Relay(urls.database, client, stream_age=timedelta(seconds=settings.event_stream_seconds))
        publisher = QuotesPublisher(pool, client)
        reader.listeners.append(publisher)
        ingest = Ingest(pool, revisions=revisions, publisher=publisher)
        await reader.start()
        async with in_background(reader.run()), in_background(relay.run()):
            # Streams are those of the database as it is called now: one that was restored gets another id.
            history = StoredHistory(pool=pool, streams=lambda: Streams(client, reader.origin))
            yield Following(
                reader=reader,
                history=history,
                ingest=ingest,
            )
    finally:
        await client.aclose()


@asynccontextmanager
async def telling(urls: ServerUrls, pool: Pool) -> AsyncIterator[Ingest]:
    """The way in for a command: it tells of quotes where it knows of a Redis, and has nothing else to keep."""
    if not urls.redis:
        yield Ingest(pool)
        return
    client = open_client(urls.redis)
    try:
        yield Ingest(pool, publisher=QuotesPublisher(pool, client))
    finally:
        await client.aclose()
