"""A database that was restored, or has another id, is read anew."""

from datetime import UTC, datetime

from resolvers.events.publisher import QuotesPublisher
from resolvers.events.streams import Streams, open_client
from resolvers.ingest import Ingest
from resolvers.model.event import EventKind, series_subject
from resolvers.model.instrument import Instrument, Source
from resolvers.model.interval import Interval
from resolvers.model.quote import Quote
from resolvers.storage.outbox import encoded
from resolvers.storage.revisions import origin_of
from tests.bars import NOON
from tests.following import Events, eventually

_CANDLES, _QUOTES = EventKind.CANDLES, EventKind.QUOTES


def _quote(one: Instrument, price: float) -> Quote:
    later = datetime.fromtimestamp(NOON + 10**9, UTC)
    return Quote(instrument_id=one.id, price=price, as_of=later, source=Source.PUBLISHED)


async def _top(streams: Streams, number: int) -> None:
    async def is_so() -> bool:
        return await streams.top(_CANDLES) == number

    await eventually(is_so)


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
