"""What events bring is what would have been read, and then nothing is read."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
import redis.asyncio as redis

from gateway.config import ServerUrls
from resolvers.cache.nouns import Nouns
from resolvers.cache.tiers import Tiers
from resolvers.events.publisher import QuotesPublisher
from resolvers.ingest import Ingest
from resolvers.model.event import Event, EventKind
from resolvers.model.instrument import Source
from resolvers.model.interval import Interval
from resolvers.model.quote import Quote
from resolvers.model.window_parts import NewestBar
from resolvers.reading.from_events import FromEvents
from resolvers.storage.bars import SeriesWrite
from resolvers.storage.newest_bars import newest_bars
from resolvers.storage.outbox import decoded, encoded
from resolvers.storage.pool import Pool
from resolvers.storage.quotes import read_quotes
from resolvers.storage.written import Written
from tests.bars import LATER, instrument, spaced
from tests.following import eventually
from tests.servers import PATIENT, RunningGateway, Servers
from tests.statements import StatementLog

_QUERY = '{ candles(symbol: "ACME", interval: M1, last: 9) { columns { close } } quotes(symbols: ["ACME"]) { price } }'


def _heard(written: Written) -> list[Event]:
    """The events as they are read again, by whichever way they came."""
    return [decoded(one.kind, one.number, encoded(one.revisions, one.body)) for one in written.events]


def _quote(instrument_id: int, price: float, **more: Any) -> Quote:
    as_of = datetime.fromtimestamp(LATER, UTC)
    return Quote(instrument_id=instrument_id, price=price, as_of=as_of, source=Source.PUBLISHED, **more)


def _same(one: NewestBar, other: NewestBar) -> bool:
    fields = ("instrument_id", "interval", "source", "revision", "body_revision", "first_time", "last_time")
    columns = ("time", "open", "high", "low", "close", "volume")
    return all(getattr(one.state, name) == getattr(other.state, name) for name in fields) and all(
        np.array_equal(getattr(one.bars, name), getattr(other.bars, name), equal_nan=True)
        and getattr(one.bars, name).dtype == getattr(other.bars, name).dtype
        for name in columns
    )


@pytest.mark.parametrize("has_volume", [True, False])
async def test_what_is_held_is_what_is_stored(pool: Pool, has_volume: bool) -> None:
    """After each of many writes: newest bars that change, bars after them, corrections, several at once."""
    acme, ingest, tiers = await instrument(pool), Ingest(pool), Tiers()
    listener, bars = FromEvents(tiers), spaced(60, Interval.M15)
    if not has_volume:
        bars.volume.setflags(write=True)
        bars.volume[:] = np.nan
    brought = set()
    for step in range(40):
        write = bars[step : step + 1] if step % 7 else bars[max(0, step - 3) : step + 2]
        if step % 3 == 0:
            write = write[-1:]
            write = type(write)(
                **{
                    name: getattr(write, name).copy() + (0.125 if name in ("close", "high") else 0)
                    for name in ("time", "open", "high", "low", "close", "volume")
                }
            )
        written = await ingest.candles(
            [SeriesWrite(instrument=acme, interval=Interval.M15, source=Source.FILE, bars=write)], now=LATER
        )
        for event in _heard(written):
            listener.on_event(event)
        for series, stored in (await newest_bars(pool, [(acme.id, one) for one in Interval])).items():
            held = tiers.peek(tiers.nouns.newest, series, stored.state.revision)
            if held is not None:
                assert held.value is not None
                assert _same(held.value, stored), series
                brought.add(series[1])
        quotes = await read_quotes(pool, [acme.id])
        entry = tiers.peek(tiers.nouns.quote, acme.id, quotes[acme.id][1])
        assert entry is not None
        assert (entry.value, entry.revision) == quotes[acme.id]
    assert {Interval.M15, Interval.M30, Interval.H1} <= brought


async def test_quotes_of_every_kind_come_as_they_are_stored(pool: Pool) -> None:
    """With and without what they may leave open."""
    acme, ingest, tiers = await instrument(pool), Ingest(pool), Tiers()
    for more in ({}, {"bid": 1.0, "ask": 1.5, "previous_close": 0.1 + 0.2, "volume": 1e300}):
        written = await ingest.quotes([_quote(acme.id, 1.25, **more)])
        for event in _heard(written):
            FromEvents(tiers).on_event(event)
        entry = tiers.peek(tiers.nouns.quote, acme.id, 1)
        assert entry is not None
        assert (entry.value, entry.revision) == (await read_quotes(pool, [acme.id]))[acme.id]


def test_what_nobody_asks_for_displaces_nothing() -> None:
    """Where it is full, only what is held already is renewed."""
    nouns = Nouns()
    tiers = Tiers(nouns=nouns)
    for key in range(nouns.quote.entries):
        tiers.hold(nouns.quote, key, _quote(key, 1.0), 1, tiers.clock())
    quotes = [
        {"id": key, "revision": 2, "price": 2.0, "bid": None, "ask": None, "previousClose": None, "volume": None}
        | {"asOf": "2024-01-01T00:00:00+00:00", "source": "PUBLISHED"}
        for key in (5, 10**6)
    ]
    FromEvents(tiers).on_event(Event(kind=EventKind.QUOTES, number=1, revisions={}, body={"quotes": quotes}))
    assert 0 in tiers.memory(nouns.quote)
    assert 10**6 not in tiers.memory(nouns.quote)
    assert tiers.peek(nouns.quote, 5, 2) is not None


async def test_the_read_after_a_tick_needs_no_statement(urls: ServerUrls, pool: Pool, servers: Servers) -> None:
    """Of another process's write: quote and forming bar are there with the event, the body was held."""
    client = redis.Redis.from_url(urls.redis)
    acme, ingest = await instrument(pool), Ingest(pool, publisher=QuotesPublisher(pool, client))
    bars = spaced(30, Interval.M1)

    async def write(close: float) -> None:
        tick = bars[-1:]
        price = np.array([close])
        tick = type(tick)(time=tick.time, open=price, high=price, low=price, close=price, volume=tick.volume)
        await ingest.candles(
            [SeriesWrite(instrument=acme, interval=Interval.M1, source=Source.FILE, bars=tick)], now=LATER
        )

    await ingest.candles([SeriesWrite(instrument=acme, interval=Interval.M1, source=Source.FILE, bars=bars)], now=LATER)
    log = StatementLog(servers.log, urls.database)
    await log.start()
    async with RunningGateway(PATIENT, urls) as gateway:

        async def answered() -> tuple[float, float]:
            data = (await gateway.client.post("/graphql", json={"query": _QUERY})).json()["data"]
            return data["candles"]["columns"]["close"][-1], data["quotes"][0]["price"]

        await answered()
        for close in (70.0, 71.0, 72.0):
            await write(close)
            log.forget()

            async def is_told(close: float = close) -> bool:
                return await answered() == (close, close)

            await eventually(is_told)
            assert log.statements() == []
    await client.aclose()
