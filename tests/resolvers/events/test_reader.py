"""The reader: every event once and in order, or a reset; never a silent hole."""

import asyncio
import logging
from datetime import UTC, datetime

import pytest

from gateway.background import in_background
from resolvers.events.publisher import QuotesPublisher
from resolvers.events.reader import Reader
from resolvers.events.streams import Entry, Streams, open_client
from resolvers.ingest import Ingest
from resolvers.model.event import Event, EventKind, series_subject
from resolvers.model.instrument import Instrument, Source
from resolvers.model.interval import Interval
from resolvers.model.quote import Quote
from resolvers.model.revisions import Revisions
from resolvers.storage.outbox import encoded
from resolvers.storage.revisions import origin_of
from tests.bars import NOON
from tests.following import Events, Heard, eventually
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


@pytest.mark.parametrize("loss", ["restart_empty", "restart_from_snapshot"])
async def test_a_redis_that_lost_its_memory_makes_no_hole(events: Events, acme: Instrument, loss: str) -> None:
    """Events before, while it was gone, and after; for a reader that was there all along and for a slow one."""
    async with events.relaying():
        process = await events.process()
        await events.write(acme, 3, first=1)
        await process.heard.until_number(4)
        await events.redis.save()
        await events.write(acme, 3, first=4)
        await process.heard.until_number(7)
        events.redis.stop()
        await events.write(acme, 3, first=7)
        await getattr(events.redis, loss)()
        await events.write(acme, 3, first=10)
        await process.heard.until_number(13)
        process.assert_no_silent_hole()
        assert process.heard.numbers() == list(range(2, 14))


async def _top(streams: Streams, number: int) -> None:
    async def is_so() -> bool:
        return await streams.top(_CANDLES) == number

    await eventually(is_so)


class _Slow(Reader):
    """A reader that waits at a gate before it takes what it has read."""

    gate: asyncio.Event

    async def _take(self, entry: Entry) -> None:
        await self.gate.wait()
        await super()._take(entry)


async def _slow(events: Events) -> tuple[_Slow, Heard, Revisions]:
    client = open_client(events.redis.url)
    events.stack.push_async_callback(client.aclose)
    revisions, heard = Revisions(), Heard()
    reader = _Slow(events.pool, client, revisions, audit_seconds=3600, poll_seconds=0.05)
    reader.gate = asyncio.Event()
    reader.listeners.append(heard)
    await reader.start()
    await events.stack.enter_async_context(in_background(reader.run()))
    return reader, heard, revisions


@pytest.mark.parametrize("is_kept", [True, False])
async def test_a_stream_that_was_trimmed_behind_a_reader(events: Events, acme: Instrument, is_kept: bool) -> None:
    """The missing ones come from the outbox, or where it has lost them too, there is a reset."""
    reader, heard, revisions = await _slow(events)
    streams = await events.streams()
    async with events.relaying():
        await events.write(acme, 1, first=1)
        await _top(streams, 2)
        # It has read number 2 and waits; meanwhile the stream moves on and forgets.
        await events.write(acme, 8, first=2)
        await _top(streams, 10)
        await streams.trim(_CANDLES, 8)
        if not is_kept:
            await events.pool.execute("DELETE FROM outbox WHERE kind = 'candles' AND number < 6")
        reader.gate.set()
        await heard.until(lambda: reader.has_reached({_CANDLES: 10}))
    candles = [one for one in heard.log if one == "reset candles" or one[0] is _CANDLES]
    if is_kept:
        assert candles == [(_CANDLES, number) for number in range(2, 11)]
    else:
        assert candles == [(_CANDLES, 2), "reset candles"]
    assert revisions.of(series_subject(acme.id, Interval.W1)) == 10


async def test_a_reader_without_redis_reads_the_outbox(
    events: Events, acme: Instrument, caplog: pytest.LogCaptureFixture
) -> None:
    """From its start on, and it comes back to the streams; quotes are reset meanwhile."""
    caplog.set_level(logging.INFO, "gateway.events")
    events.redis.stop()
    process = await events.process()
    await events.write(acme, 3, first=1)
    await process.heard.until_number(4)
    await process.heard.until(lambda: "reset quotes" in process.heard.log)
    await process.assert_up_to_date()
    await events.redis.start()
    async with events.relaying():
        await events.write(acme, 3, first=4)
        await process.heard.until_number(7)
    assert process.heard.numbers() == [2, 3, 4, 5, 6, 7]
    about_redis = [one.levelname for one in caplog.records if "Redis does not give them" in one.message]
    assert about_redis[:2] == ["WARNING", "INFO"]


async def test_a_redis_lost_in_flight(events: Events, acme: Instrument) -> None:
    """While the reader waits for the next entry."""
    async with events.relaying():
        process = await events.process()
        await events.write(acme, 1, first=1)
        await process.heard.until_number(2)
        events.redis.stop()
        await events.write(acme, 1, first=2)
        await process.heard.until_number(3)
        await events.redis.restart_empty()
        await events.write(acme, 1, first=3)
        await process.heard.until_number(4)
    assert process.heard.numbers() == [2, 3, 4]


async def test_the_audit_finds_what_a_dead_relay_left(events: Events, acme: Instrument) -> None:
    """Redis answers, and says nothing: candles come from the outbox, quotes are reset."""
    process = await events.process(audit_seconds=0.1)
    await events.write(acme, 3, first=1)
    await process.heard.until_number(4)
    await process.heard.until(lambda: "reset quotes" in process.heard.log)
    await process.assert_up_to_date()
    process.assert_no_silent_hole()


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


async def test_garbage_in_a_stream_is_a_hole(events: Events, acme: Instrument) -> None:
    """An id between two numbers, fields of somebody else, bytes that are no event: the outbox knows better."""
    streams = await events.streams()
    process = await events.process()
    await events.write(acme, 5, first=1)
    rows = {
        row["number"]: row["body"]
        for row in await events.pool.fetch("SELECT number, body FROM outbox WHERE kind = 'candles'")
    }
    async with events.redis.client() as client:
        key = streams.key(_CANDLES)
        # More than are read at once, none of which may keep the reader from what follows.
        pipeline = client.pipeline(transaction=False)
        for part in range(1, 700):
            pipeline.xadd(key, {"event": rows[6]}, id=f"1-{part}")
        await pipeline.execute()
        await client.xadd(key, {"event": rows[6]}, id="2-7")
        await client.xadd(key, {"other": "fields"}, id="3-0")
        await client.xadd(key, {"event": b'{"revisions": {"a": "b"}, "body": {}}'}, id="4-0")
        await client.xadd(key, {"event": b"\xff{"}, id="5-0")
        await client.xadd(key, {"event": rows[6]}, id="6-0")
    await process.heard.until_number(6)
    assert process.heard.numbers() == [2, 3, 4, 5, 6]
    times = [event.body["firstTime"] for event in process.heard.events]
    assert times == sorted(set(times))


async def test_entries_of_nobody_do_not_stop_the_events(
    events: Events, acme: Instrument, caplog: pytest.LogCaptureFixture
) -> None:
    """Numbers that the database never gave: the outbox is read until the relay has given it an id of its own."""
    streams = await events.streams()
    process = await events.process()
    async with events.redis.client() as client:
        await client.xadd(streams.key(_CANDLES), {"event": encoded({}, {})})
    await events.write(acme, 1, first=1)
    await process.heard.until(lambda: process.reader.has_reached({_CANDLES: 2}))
    async with events.relaying():
        await process.heard.until(lambda: "reset instruments" in process.heard.log)
        await events.write(acme, 2, first=2)
        await process.heard.until_number(4)
        process.assert_no_silent_hole()
    assert process.reader.origin != streams.origin
    assert len([one for one in caplog.records if "is not of this database" in one.message]) == 1


async def test_an_event_that_comes_twice_is_one(events: Events, acme: Instrument) -> None:
    """From the outbox, and then from the stream."""
    process = await events.process(audit_seconds=0.05)
    await events.write(acme, 3, first=1)
    await process.heard.until_number(4)
    async with events.relaying():
        await events.write(acme, 1, first=4)
        await process.heard.until_number(5)
    assert process.heard.numbers() == [2, 3, 4, 5]


async def test_a_restored_database_is_read_anew(events: Events, acme: Instrument) -> None:
    """Numbers and revisions go back, which they never do otherwise."""
    process = await events.process(audit_seconds=0.05)
    await events.write(acme, 5, first=1)
    await process.heard.until_number(6)
    await events.pool.execute("UPDATE event_numbers SET n = 3; UPDATE series SET revision = 3, body_revision = 3")
    await process.heard.until(lambda: "reset candles" in process.heard.log)
    assert process.revisions.of(series_subject(acme.id, Interval.W1)) == 3
    assert process.reader.position[_CANDLES] == 3


async def test_a_restored_database_gets_a_new_id(events: Events, acme: Instrument) -> None:
    """Once, whoever notices first; all who follow it go on with that one, and hear what comes."""
    processes = [await events.process(audit_seconds=0.05), await events.process()]
    before = processes[0].reader.origin
    async with events.relaying():
        await events.write(acme, 5, first=1)
        for process in processes:
            await process.heard.until_number(6)
        await events.pool.execute("UPDATE event_numbers SET n = 3; UPDATE series SET revision = 3, body_revision = 3")
        await events.pool.execute("DELETE FROM outbox WHERE kind = 'candles' AND number > 3")
        for process in processes:
            # Also the one that compares itself once in an hour: the old streams have ended.
            await process.heard.until(lambda heard=process.heard: "reset candles" in heard.log)  # type: ignore[misc]
        await events.write(acme, 1, first=6)
        for process in processes:
            await process.heard.until(lambda heard=process.heard: heard.log[-1] == (_CANDLES, 4))  # type: ignore[misc]
    origins = {process.reader.origin for process in processes}
    assert origins == {await origin_of(events.pool)}
    assert before not in origins
    assert [one for one in processes[1].heard.log if one == "reset candles"] == ["reset candles"]
    async with events.redis.client() as client:
        for kind in EventKind:
            key = f"events:{before}:{kind.value}"
            ((_, last),) = await client.xrevrange(key, count=1)  # type: ignore[misc]
            assert last == {b"end": b""}
            assert await client.ttl(key) > 0


async def test_another_id_is_noticed(events: Events, acme: Instrument) -> None:
    """By the next comparison, without anybody who relays; numbers may be the same."""
    process = await events.process(audit_seconds=0.05)
    before = process.reader.origin
    await events.pool.execute("UPDATE origins SET id = gen_random_uuid()")
    await process.heard.until(lambda: "reset quotes" in process.heard.log)
    assert process.reader.origin == await origin_of(events.pool) != before
    assert process.heard.log == [f"reset {kind.value}" for kind in EventKind]


async def test_a_restore_while_nobody_served_is_noticed_at_the_start(events: Events, acme: Instrument) -> None:
    """By the streams, which are ahead; Redis holds values under revisions that come again."""
    streams = await events.streams()
    async with events.relaying():
        await events.write(acme, 5, first=1)
        await _top(streams, 6)
    same = await events.process()
    assert same.reader.origin == streams.origin
    await events.pool.execute("UPDATE event_numbers SET n = 3 WHERE kind = 'candles'")
    process = await events.process()
    assert process.reader.origin == await origin_of(events.pool) != streams.origin


async def test_what_else_was_read_of_an_ended_stream_is_nobodys(events: Events, acme: Instrument) -> None:
    """The numbers behind the end are of the old past."""
    streams = await events.streams()
    process = await events.process()
    await events.pool.execute("UPDATE origins SET id = gen_random_uuid()")
    async with events.redis.client() as client:
        pipeline = client.pipeline()
        pipeline.xadd(streams.key(_CANDLES), {"end": ""}, id="2-0")
        pipeline.xadd(streams.key(_CANDLES), {"event": encoded({"candles:1:1": 999}, {})}, id="3-0")
        await pipeline.execute()
    await process.heard.until(lambda: "reset quotes" in process.heard.log)
    await process.assert_up_to_date()
    assert process.revisions.of("candles:1:1") == 0


async def test_an_end_that_nobody_meant_does_not_stop_the_events(events: Events, acme: Instrument) -> None:
    """The database is the same: the outbox is read."""
    streams = await events.streams()
    process = await events.process()
    async with events.redis.client() as client:
        await client.xadd(streams.key(_CANDLES), {"end": ""}, id="2-0")
    await events.write(acme, 2, first=1)
    await process.heard.until_number(3)
    assert process.reader.origin == streams.origin


async def test_quotes_go_into_the_streams_of_the_new_id(events: Events, acme: Instrument) -> None:
    """A publisher that hears of the reset looks which they are."""
    client = open_client(events.redis.url)
    events.stack.push_async_callback(client.aclose)
    publisher = QuotesPublisher(events.pool, client)
    ingest = Ingest(events.pool, publisher=publisher)
    process = await events.process(audit_seconds=0.05)
    process.reader.listeners.insert(0, publisher)
    await ingest.quotes([_quote(acme, 1.0)])
    await events.pool.execute("UPDATE origins SET id = gen_random_uuid()")
    await process.heard.until(lambda: "reset candles" in process.heard.log)
    written = await ingest.quotes([_quote(acme, 2.0)])
    assert await (await events.streams()).top(_QUOTES) == written.position[_QUOTES]


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


async def test_a_redis_that_does_not_answer_is_none(events: Events, acme: Instrument) -> None:
    """The outbox is read instead."""
    process = await events.process()
    events.redis.stop()
    await events.write(acme, 1, first=1)
    await process.heard.until_number(2)
    assert "unreachable" not in process.heard.log
