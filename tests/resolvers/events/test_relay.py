"""The relay: every event is in the streams in the end, whatever happens to it or to Redis."""

import asyncio
import logging
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from resolvers.events.relay import Relay
from resolvers.model.event import EventKind
from resolvers.model.instrument import Instrument
from resolvers.storage.pool import Pool
from tests.following import Events, eventually

_CANDLES = EventKind.CANDLES


async def _in_stream(events: Events, kind: EventKind = _CANDLES) -> list[int]:
    streams = await events.streams()
    async with events.redis.client() as client:
        entries: Any = await client.xrange(streams.key(kind))
    return [int(id_.partition(b"-")[0]) for id_, _ in entries]


async def _until(events: Events, expected: list[int], kind: EventKind = _CANDLES) -> None:
    async def is_so() -> bool:
        return await _in_stream(events, kind) == expected

    await eventually(is_so)


async def _age(pool: Pool, number: int, age: timedelta) -> None:
    """Makes the events up to *number* older."""
    await pool.execute("UPDATE outbox SET written_at = written_at - $2::interval WHERE number <= $1", number, age)


async def test_what_is_committed_is_appended_in_order(events: Events, acme: Instrument) -> None:
    """Under its number, and what was there before the relay as well."""
    await events.write(acme, 3, first=1)
    async with events.relaying():
        await _until(events, [1, 2, 3, 4])
        await events.write(acme, 3, first=4)
        await _until(events, [1, 2, 3, 4, 5, 6, 7])
        assert await _in_stream(events, EventKind.INSTRUMENTS) == [1, 2]


async def test_a_redis_that_is_empty_again_gets_the_last_quarter_of_an_hour(events: Events, acme: Instrument) -> None:
    """Older ones stay in the outbox; nothing is trimmed meanwhile."""
    await events.write(acme, 9, first=1)
    async with events.relaying(tidy_seconds=3600):
        await _until(events, list(range(1, 11)))
        await _age(events.pool, 4, timedelta(minutes=16))
        await events.redis.restart_empty()
        await _until(events, [5, 6, 7, 8, 9, 10])


async def test_a_redis_with_an_old_state_gets_all_that_came_after(events: Events, acme: Instrument) -> None:
    """However old: up to the end of the outbox."""
    async with events.relaying(tidy_seconds=3600):
        await events.write(acme, 2, first=1)
        await _until(events, [1, 2, 3])
        await events.redis.save()
        await events.write(acme, 4, first=3)
        await _until(events, list(range(1, 8)))
        await _age(events.pool, 7, timedelta(hours=1))
        await events.redis.restart_from_snapshot()
        await _until(events, list(range(1, 8)))


async def test_two_relays_append_everything_once(
    events: Events, acme: Instrument, caplog: pytest.LogCaptureFixture
) -> None:
    """Also while both believe that they lead, as after a connection that only one end knows to be lost."""

    class Usurper(Relay):
        async def _lead(self, own):  # type: ignore[no-untyped-def]
            own._leads = True
            await super()._lead(own)

    async with events.relaying(kind=Usurper), events.relaying(kind=Usurper), events.relaying():
        await events.write(acme, 40, first=1)
        await _until(events, list(range(1, 42)))
    # What the other one has appended already is no failure.
    assert caplog.records == []


async def test_another_relay_takes_over(events: Events, acme: Instrument) -> None:
    """When the session of the one that led has ended."""
    async with events.relaying():
        await _until(events, [1])
        async with events.relaying():
            pass
        async with events.relaying():
            killed = await events.pool.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            assert len(killed) == 1
            await events.write(acme, 3, first=1)
            await _until(events, [1, 2, 3, 4])


async def test_a_stream_of_another_past_begins_anew(
    events: Events, acme: Instrument, caplog: pytest.LogCaptureFixture
) -> None:
    """After a backup was restored the database is behind it, and gets a new id; what is no stream is thrown away."""
    streams = await events.streams()
    async with events.redis.client() as client:
        await client.xadd(streams.key(_CANDLES), {"event": "{}"}, id="900-0")
        await client.xadd(streams.key(EventKind.QUOTES), {"event": "{}"}, id="900-0")
        await client.set(streams.key(EventKind.INSTRUMENTS), "no stream")
    async with events.relaying():
        await _until(events, [1])
        await _until(events, [1, 2], EventKind.INSTRUMENTS)
        await _until(events, [], EventKind.QUOTES)
    assert len([one for one in caplog.records if "it was restored" in one.message]) == 2
    assert len([one for one in caplog.records if "is none, " in one.message]) == 1
    assert (await events.streams()).origin != streams.origin


async def test_old_events_leave_the_stream_and_then_the_outbox(events: Events, acme: Instrument) -> None:
    """After a quarter of an hour, and after a day."""
    await events.write(acme, 5, first=1)
    async with events.relaying():
        await _until(events, [1, 2, 3, 4, 5, 6])
        await _age(events.pool, 4, timedelta(minutes=16))
        await _until(events, [5, 6])
        assert await events.pool.fetchval("SELECT count(*) FROM outbox WHERE kind = 'candles'") == 6
        await _age(events.pool, 3, timedelta(hours=24))

        async def is_forgotten() -> bool:
            oldest: int = await events.pool.fetchval("SELECT min(number) FROM outbox WHERE kind = 'candles'")
            return oldest == 4

        await eventually(is_forgotten)
    assert await _in_stream(events) == [5, 6]


async def test_quotes_leave_their_stream_by_their_numbers(events: Events, acme: Instrument) -> None:
    """No outbox says how old they are: the relay noted the newest number at the time."""
    streams = await events.streams()
    number = await events.pool.fetchval("SELECT n FROM event_numbers WHERE kind = 'quotes'")
    await streams.append(EventKind.QUOTES, [(one, b"{}") for one in range(1, number + 1)])
    async with events.relaying(stream_age=timedelta(seconds=0.3)):
        await _until(events, [], EventKind.QUOTES)
    assert await streams.top(EventKind.QUOTES) == number


async def test_an_outage_is_logged_once_and_survived(
    events: Events, acme: Instrument, caplog: pytest.LogCaptureFixture
) -> None:
    """Of Redis, and of PostgreSQL."""
    caplog.set_level(logging.INFO, "gateway.events")
    async with events.relaying():
        await _until(events, [1])
        events.redis.stop()
        await events.write(acme, 2, first=1)

        async def is_logged() -> bool:
            return bool(caplog.records)

        await eventually(is_logged)
        await asyncio.sleep(0.5)  # in which it tries again
        await events.redis.start()
        await _until(events, [1, 2, 3])
        gate = await asyncpg.connect(events.urls.database)
        await gate.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name LIKE '% events' AND datname = current_database()"
        )
        await gate.close()
        await events.write(acme, 1, first=3)
        await _until(events, [1, 2, 3, 4])
    levels = [(one.levelname, "Redis" in one.message) for one in caplog.records]
    assert levels == [("WARNING", True), ("INFO", True), ("WARNING", False), ("INFO", False)]
