"""What was lost on the way to the reader is read elsewhere, or is a reset."""

import asyncio
import logging

import pytest

from gateway.background import in_background
from resolvers.events.reader import Reader
from resolvers.events.streams import Entry, Streams, open_client
from resolvers.model.event import EventKind, series_subject
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.model.revisions import Revisions
from resolvers.storage.outbox import encoded
from tests.following import Events, Heard, eventually

_CANDLES = EventKind.CANDLES


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


async def test_a_redis_that_does_not_answer_is_none(events: Events, acme: Instrument) -> None:
    """The outbox is read instead."""
    process = await events.process()
    events.redis.stop()
    await events.write(acme, 1, first=1)
    await process.heard.until_number(2)
    assert "unreachable" not in process.heard.log
