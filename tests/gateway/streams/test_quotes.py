"""Quotes, from the write to the stream: PostgreSQL, Redis, a reader and a hub."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from graphql import GraphQLError

from gateway.endpoint.documents import Documents
from gateway.streams.history import StoredHistory
from gateway.streams.hub import Hub
from gateway.streams.hub_settings import HubSettings
from gateway.streams.market import market_hub
from gateway.streams.message import StreamMessage
from gateway.streams.subscriber import Subscriber
from resolvers.events.publisher import QuotesPublisher
from resolvers.ingest import Ingest
from resolvers.model.event import EventKind
from resolvers.model.instrument import Instrument, Source
from resolvers.model.quote import Quote
from resolvers.services import Services
from schema.build import build_schema
from schema.limits import Limits
from tests.bars import NOON, instrument
from tests.following import Events
from tests.gateway.streams.stage import rows_of, stream_of

_QUOTES = (
    "subscription ($symbols: [String!]!) { quotes(symbols: $symbols)"
    " { __typename id price bid change stale asOf instrument { symbol } } }"
)
_PRICES = "subscription ($symbols: [String!]!) { quotes(symbols: $symbols) { price instrument { symbol } } }"


@dataclass
class Process:
    """A hub behind a reader."""

    hub: Hub
    ingest: Ingest

    async def join(self, text: str, *symbols: str, resume_from: str | None = None) -> Subscriber:
        """A subscriber."""
        document = Documents(build_schema()._schema, Limits()).get(text)
        assert not document.errors
        return await self.hub.subscribe(document.operation(), {"symbols": symbols}, resume_from=resume_from)

    async def quote(self, one: Instrument, price: float, seconds: int = 0) -> None:
        """Writes a quote."""
        as_of = datetime.fromtimestamp(NOON + seconds, UTC)
        quote = Quote(instrument_id=one.id, price=price, as_of=as_of, source=Source.PUBLISHED, bid=price - 0.5)
        await self.ingest.quotes([quote])


@asynccontextmanager
async def _process(events: Events) -> AsyncIterator[Process]:
    process = await events.process()
    streams = await events.streams()
    ingest = Ingest(events.pool, publisher=QuotesPublisher(events.pool, streams._client))
    services = Services(
        pool=events.pool,
        ingest=ingest,
        clock=lambda: NOON,
        max_bars=1000,
        bar_grace_seconds=2,
        quote_stale_seconds=60,
        revisions=process.revisions,
    )
    hub = market_hub(
        services,
        follower=process.reader,
        history=StoredHistory(pool=events.pool, streams=lambda: streams),
        settings=HubSettings(beat_seconds=0.0),
    )
    process.reader.listeners.append(hub)
    hub.start()
    yield Process(hub, ingest)
    await hub.close()


def _prices(message: StreamMessage | None) -> list[tuple[str, float]]:
    return [(one["instrument"]["symbol"], one["price"]) for one in rows_of(message)]


async def test_quotes_are_the_state_and_then_what_changes(events: Events) -> None:
    """With all that a query would say of them; without a statement for what an event tells."""
    acme, other = await instrument(events.pool), await instrument(events.pool, "OTHER", aliases=("O",))
    async with _process(events) as process:
        await process.quote(acme, 10.0)
        one = await process.join(_QUOTES, "acme", "O")
        state = rows_of(await anext(one))
        assert [(quote["price"], quote["bid"], quote["stale"]) for quote in state] == [(10.0, 9.5, False)]
        await process.quote(other, 20.0)
        (changed,) = rows_of(await anext(one))
        assert changed["instrument"] == {"symbol": "OTHER"}
        assert changed["asOf"] == "2024-02-01T12:00:00Z"
        assert changed["__typename"] == "Quote"


async def test_a_client_comes_back_to_another_process(events: Events) -> None:
    """And gets what it missed from the stream; where that is gone, a reset."""
    acme, other = await instrument(events.pool), await instrument(events.pool, "OTHER")
    async with _process(events) as process:
        await process.quote(acme, 1.0)
        one = await process.join(_PRICES, "ACME", "OTHER")
        last = await anext(one)
        for step in range(1, 4):
            await process.quote(acme, 1.0 + step, step)
        await process.quote(other, 7.0)
    async with _process(events) as process:
        message = await anext(await process.join(_PRICES, "ACME", "OTHER", resume_from=last.position))
        assert _prices(message) == [("ACME", 4.0), ("OTHER", 7.0)]
        assert stream_of(message) == {"skipped": 2}
        streams = await events.streams()
        await streams._client.xdel(streams.key(EventKind.QUOTES), "3-0")
        message = await anext(await process.join(_PRICES, "OTHER", resume_from=last.position))
        assert stream_of(message) == {"reset": True}
        await streams.drop(EventKind.QUOTES)
        message = await anext(await process.join(_PRICES, "ACME", "OTHER", resume_from=last.position))
        assert _prices(message) == [("ACME", 4.0), ("OTHER", 7.0)]
        assert stream_of(message) == {"reset": True}


async def test_a_hole_is_a_reset(events: Events) -> None:
    """Quotes that were written and not told: with the next that is told everybody begins anew."""
    acme = await instrument(events.pool)
    async with _process(events) as process:
        await process.quote(acme, 1.0)
        one = await process.join(_PRICES, "ACME")
        assert _prices(await anext(one)) == [("ACME", 1.0)]
        silent = Process(process.hub, Ingest(events.pool))
        await silent.quote(acme, 2.0, 1)
        await process.quote(acme, 3.0, 2)
        message = await anext(one)
        assert _prices(message) == [("ACME", 3.0)]
        assert stream_of(message) == {"reset": True}


async def test_symbols_that_cannot_be_watched_are_refused(events: Events) -> None:
    """Unknown ones, and too many."""
    await instrument(events.pool)
    async with _process(events) as process:
        for symbols, code in ((("ACME", "ZZZZ"), "no instrument ZZZZ"), (("ACME",) * 501, "at most 500 items, 501")):
            with pytest.raises(GraphQLError, match=code):
                await process.join(_PRICES, *symbols)
        assert process.hub.subscribers == []


async def test_who_comes_back_while_redis_is_gone_begins_anew(events: Events) -> None:
    """What was missed is gone with it, and nobody waits until it is back."""
    acme = await instrument(events.pool)
    async with _process(events) as process:
        await process.quote(acme, 1.0)
        last = await anext(await process.join(_PRICES, "ACME"))
        await process.quote(acme, 2.0, 1)
    async with _process(events) as process:
        events.redis.stop()
        async with asyncio.timeout(10):
            message = await anext(await process.join(_PRICES, "ACME", resume_from=last.position))
        assert _prices(message) == [("ACME", 2.0)]
        assert stream_of(message) == {"reset": True}


async def test_an_event_that_is_on_its_way_into_the_stream_is_waited_for(events: Events) -> None:
    """Its writer has committed and not told yet; that is no hole."""
    acme = await instrument(events.pool)
    async with _process(events) as process:
        await process.quote(acme, 1.0)
        last = await anext(await process.join(_PRICES, "ACME"))
        quote = Quote(
            instrument_id=acme.id, price=2.0, as_of=datetime.fromtimestamp(NOON + 1, UTC), source=Source.PUBLISHED
        )
        streams = await events.streams()
        written = await Ingest(events.pool).quotes([quote])

        async def append() -> None:
            await asyncio.sleep(0.02)
            await QuotesPublisher(events.pool, streams._client).publish(written.events)

        appending = asyncio.create_task(append())
        history = StoredHistory(pool=events.pool, streams=lambda: streams)
        missed = await history.after(EventKind.QUOTES, 1, 10)
        await appending
        assert missed is not None
        assert ([event.number for event in missed.events], missed.has_more) == ([2], False)
        message = await anext(await process.join(_PRICES, "ACME", resume_from=last.position))
        assert (_prices(message), stream_of(message)) == ([("ACME", 2.0)], {})


async def test_events_that_are_kept_are_read_from_the_outbox(events: Events, pool: Any) -> None:
    """Some at a time, up to the newest number; a number that no event has is none."""
    acme = await instrument(events.pool)
    await events.write(acme, 3)
    history = StoredHistory(pool=events.pool, streams=lambda: None)

    async def after(number: int, most: int = 10, kind: EventKind = EventKind.CANDLES) -> Any:
        missed = await history.after(kind, number, most)
        return missed and ([event.number for event in missed.events], missed.number, missed.has_more)

    assert await after(1) == ([2, 3], 3, False)
    assert await after(0, 2) == ([1, 2], 2, True)
    assert await after(3) == ([], 3, False)
    assert await after(4) is None
    assert await after(0, kind=EventKind.QUOTES) is None
    await pool.execute("DELETE FROM outbox WHERE number = 2")
    assert await after(1) is None
    assert await after(0) is None
    assert await after(2) == ([3], 3, False)
