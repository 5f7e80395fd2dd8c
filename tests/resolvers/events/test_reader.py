"""The reader: every event once and in order, or a reset; never a silent hole."""

from datetime import UTC, datetime

import pytest

from resolvers.events.publisher import QuotesPublisher
from resolvers.events.streams import open_client
from resolvers.ingest import Ingest
from resolvers.model.event import Event, EventKind, series_subject
from resolvers.model.instrument import Instrument, Source
from resolvers.model.interval import Interval
from resolvers.model.quote import Quote
from resolvers.model.revisions import Revisions
from tests.bars import NOON
from tests.following import Events, Heard
from tests.servers import unreachable

_CANDLES, _QUOTES = EventKind.CANDLES, EventKind.QUOTES


def _quote(one: Instrument, price: float) -> Quote:
    later = datetime.fromtimestamp(NOON + 10**9, UTC)
    return Quote(instrument_id=one.id, price=price, as_of=later, source=Source.PUBLISHED)


async def test_it_starts_where_the_database_is(events: Events, acme: Instrument) -> None:
    """With the revisions of that moment; what happened before is no event for it."""
    process = await events.process()
    await process.assert_up_to_date()
    async with events.relaying():
        await events.write(acme, 2, first=1)
        await process.heard.until_number(3)
    assert process.heard.numbers() == [2, 3]
    assert process.heard.events[0].body["symbol"] == "ACME"


async def test_revisions_move_before_anybody_hears(events: Events, acme: Instrument) -> None:
    """A listener that asks the revisions finds those of the event."""
    process = await events.process()
    seen: list[tuple[int, int]] = []
    subject = series_subject(acme.id, Interval.W1)

    class Asking(Heard):
        def on_event(self, event: Event) -> None:
            if event.kind is _CANDLES:
                seen.append((event.revisions[subject], process.revisions.of(subject)))
                raise RuntimeError("a listener that fails does not stop the events")

    process.reader.listeners.insert(0, Asking())
    async with events.relaying():
        await events.write(acme, 2, first=1)
        await process.heard.until_number(3)
    assert seen == [(2, 2), (3, 3)]


async def test_quotes_arrive_by_their_writer(events: Events, acme: Instrument) -> None:
    """In order; one that was not published is a reset of the quotes alone."""
    client = open_client(events.redis.url)
    events.stack.push_async_callback(client.aclose)
    publisher = QuotesPublisher(events.pool, client)
    ingest, silent = Ingest(events.pool, publisher=publisher), Ingest(events.pool)
    process = await events.process()
    await ingest.quotes([_quote(acme, 1.0)])
    await ingest.quotes([_quote(acme, 2.0)])
    await process.heard.until_number(3, _QUOTES)
    assert [event.body["quotes"][0]["price"] for event in process.heard.events] == [1.0, 2.0]
    await silent.quotes([_quote(acme, 3.0)])
    await ingest.quotes([_quote(acme, 4.0)])
    await process.heard.until(lambda: "reset quotes" in process.heard.log)
    await process.assert_up_to_date()
    await ingest.quotes([_quote(acme, 5.0)])
    await process.heard.until_number(6, _QUOTES)
    assert process.heard.log[:3] == [(_QUOTES, 2), (_QUOTES, 3), "reset quotes"]
    assert publisher.failed == 0


async def test_quotes_that_overtake_each_other_are_a_reset(events: Events, acme: Instrument) -> None:
    """Redis refuses the smaller number that comes late, and nobody misses what it was about."""
    client = open_client(events.redis.url)
    events.stack.push_async_callback(client.aclose)
    publisher, silent = QuotesPublisher(events.pool, client), Ingest(events.pool)
    process = await events.process()
    first = await silent.quotes([_quote(acme, 1.0)])
    second = await silent.quotes([_quote(acme, 2.0)])
    await publisher.publish(second.events)
    await publisher.publish(first.events)
    await process.heard.until(lambda: "reset quotes" in process.heard.log)
    await process.assert_up_to_date()
    assert process.heard.numbers(_QUOTES) == []


async def test_a_writer_does_not_fail_where_quotes_cannot_be_told(
    events: Events, acme: Instrument, caplog: pytest.LogCaptureFixture
) -> None:
    """It is counted, and logged once."""
    client = open_client(events.redis.url)
    events.stack.push_async_callback(client.aclose)
    now = [0.0]
    publisher = QuotesPublisher(events.pool, client, clock=lambda: now[0])
    revisions = Revisions()
    ingest = Ingest(events.pool, publisher=publisher, revisions=revisions)
    events.redis.stop()
    for step in range(3):
        now[0] += 1.5
        written = await ingest.quotes([_quote(acme, 1.0 + step)])
        assert revisions.of(f"quote:{acme.id}") == written.revisions[f"quote:{acme.id}"]
    assert publisher.failed == 3
    assert [one.levelname for one in caplog.records] == ["WARNING"]


async def test_an_event_that_comes_twice_is_one(events: Events, acme: Instrument) -> None:
    """From the outbox, and then from the stream."""
    process = await events.process(audit_seconds=0.05)
    await events.write(acme, 3, first=1)
    await process.heard.until_number(4)
    async with events.relaying():
        await events.write(acme, 1, first=4)
        await process.heard.until_number(5)
    assert process.heard.numbers() == [2, 3, 4, 5]


async def test_a_reset_does_not_take_back_what_this_process_wrote(events: Events, acme: Instrument) -> None:
    """Its own revisions moved at the commit; a snapshot from before knows less."""
    process = await events.process()
    subject = f"quote:{acme.id}"
    process.revisions.move(subject, 50)
    silent = Ingest(events.pool)
    await silent.quotes([_quote(acme, 3.0)])
    streams = await events.streams()
    async with events.redis.client() as client:
        await client.xadd(streams.key(_QUOTES), {"event": b"?"}, id="2-0")
    await process.heard.until(lambda: "reset quotes" in process.heard.log)
    assert process.revisions.of(subject) == 50


async def test_has_reached_compares_every_kind_that_is_asked_for(events: Events, acme: Instrument) -> None:
    """And no other."""
    process = await events.process()
    assert process.reader.has_reached({})
    assert process.reader.has_reached({_CANDLES: 1})
    assert not process.reader.has_reached({_CANDLES: 1, _QUOTES: 2})


async def test_a_database_that_does_not_answer_is_a_status(events: Events, acme: Instrument) -> None:
    """Told once when it goes and once when it is back, and nothing of between is missing."""
    process = await events.process(audit_seconds=0.1)
    async with unreachable(events.urls.database):
        await process.heard.until(lambda: "unreachable" in process.heard.log)
    await process.heard.until(lambda: "reachable" in process.heard.log)
    await events.write(acme, 1, first=1)
    await process.heard.until_number(2)
    assert [one for one in process.heard.log if one in ("unreachable", "reachable")] == ["unreachable", "reachable"]
