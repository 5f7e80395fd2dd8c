"""The revisions of the signals of each instrument: they rise with its own, and with what may be about any."""

import asyncio
from typing import Any

import numpy as np
import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvers.ingest import Ingest
from resolvers.model.event import EVERY_SIGNAL, SIGNALS, EventKind, signals_subject
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.model.revisions import Revisions
from resolvers.model.signal_page import SignalConditions, SignalKey, SignalPage
from resolvers.storage.outbox import decoded as event_of
from resolvers.storage.outbox import rows_after
from resolvers.storage.pool import Pool, connection
from resolvers.storage.purging import raise_signals
from resolvers.storage.revisions import stored_revisions
from resolvers.storage.signal_pages import (
    read_counts_of,
    read_pages_of,
    read_signal_count,
    read_signal_page,
    read_signals,
)
from resolvers.storage.signal_tallies import read_signal_tallies
from tests.bars import NOON, instrument
from tests.computed import computed, days, store_parts
from tests.signals import draft, old_write, store


async def _stored(pool: Pool, *instruments: Instrument) -> list[int]:
    """The revision of each, as a process that starts now has them."""
    revisions = Revisions()
    for subject, revision in (await stored_revisions(pool, [EventKind.SIGNALS])).revisions.items():
        revisions.move(subject, revision)
    return [revisions.of(signals_subject(one.id)) for one in instruments]


async def _read(pool: Pool, *instruments: Instrument) -> list[int]:
    """The revision of each, as reads give it along: all the same, of single instruments or of several at once."""
    ids = [one.id for one in instruments]
    pages = await read_pages_of(pool, SignalPage(conditions=SignalConditions()), ids, NOON)
    counts = await read_counts_of(pool, SignalConditions(), ids, NOON)
    tallies = await read_signal_tallies(pool, [(one, each) for one in ids for each in (Interval.H1, Interval.D1)])
    assert pages.revisions == counts.revisions == tallies.revisions
    found = [pages.revisions[one] for one in ids]
    some = SignalConditions(instrument_ids=tuple(ids))
    highest = (await read_signal_count(pool, some, NOON)).revision
    assert highest == (await read_signal_page(pool, SignalPage(conditions=some), NOON)).revision == max(found)
    alone = [SignalConditions(instrument_ids=(one,)) for one in ids]
    assert [(await read_signal_count(pool, one, NOON)).revision for one in alone] == found
    return found


async def test_a_signal_moves_its_own_instrument(pool: Pool) -> None:
    """To the new revision of all signals; where there never was any it is 0."""
    many = [await instrument(pool, symbol) for symbol in ("A", "B", "NONE")]
    a, b, _ = many
    assert await _stored(pool, *many) == await _read(pool, *many) == [0, 0, 0]
    for signals, expected in (((a,), [2, 0, 0]), ((b,), [2, 3, 0]), ((a, b), [4, 4, 0])):
        score = expected[0] / 10
        await store(pool, *(draft(one, score=score) for one in signals))
        assert await _stored(pool, *many) == await _read(pool, *many) == expected
    await store(pool, draft(a, score=0.4))
    assert await _stored(pool, *many) == [4, 4, 0], "nothing was different"


async def test_whoever_names_no_instrument_moves_all(pool: Pool) -> None:
    """Also those that have no row, and for whoever starts after somebody has named some again."""
    many = [await instrument(pool, symbol) for symbol in ("A", "B", "NONE")]
    await store(pool, draft(many[0]))
    await old_write(pool)
    assert await _stored(pool, *many) == await _read(pool, *many) == [3, 3, 3]
    await store(pool, draft(many[1]))
    assert await _stored(pool, *many) == await _read(pool, *many) == [3, 4, 3]
    await old_write(pool)
    await old_write(pool)
    await store(pool, draft(many[0], score=0.5))
    assert await _stored(pool, *many) == await _read(pool, *many) == [7, 6, 6]


async def test_an_event_without_instruments_is_about_all(pool: Pool) -> None:
    """As it is read from the outbox, whoever wrote it; the others are what they say."""
    acme = await instrument(pool)
    await store(pool, draft(acme))
    await old_write(pool)
    async with connection(pool) as one:
        rows = await rows_after(one, EventKind.SIGNALS, 0, limit=10)
    assert [event_of(EventKind.SIGNALS, *row).revisions for row in rows] == [
        {SIGNALS: 2, signals_subject(acme.id): 2},
        {SIGNALS: 3, EVERY_SIGNAL: 3},
    ]


_steps = st.lists(
    st.tuples(st.just("write"), st.sets(st.integers(0, 3), min_size=1))
    | st.tuples(st.just("engine"), st.sets(st.integers(0, 3), min_size=1))
    | st.sampled_from([("old",), ("purge",), ("purge", 0), ("purge", 3), ("start",)]),
    min_size=3,
    max_size=12,
)


@given(steps=_steps)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whoever_hears_all_events_knows_what_is_stored(steps: list[tuple[Any, ...]], pool: Pool) -> None:
    """And what a step is about has a revision that no read before it had; the others stay where they were."""
    await pool.execute("TRUNCATE signals, signal_series, outbox, instruments CASCADE")
    many = [await instrument(pool, f"S{number}") for number in range(4)]
    heard, number, scores = Revisions(), await _newest(pool), iter(np.linspace(0, 1, 100))
    for subject, revision in (await stored_revisions(pool, [EventKind.SIGNALS])).revisions.items():
        heard.move(subject, revision)
    for name, *given_ in steps:
        before, highest = await _stored(pool, *many), await pool.fetchval(_REVISION)
        moved = set(range(4))
        if name == "write":
            moved = given_[0]
            await store(pool, *(draft(many[one], score=float(next(scores))) for one in sorted(moved)))
        elif name == "engine":
            moved = given_[0]
            seed = int(next(scores) * 1000)
            await store_parts(pool, *(computed(many[one], days(3), seed=seed) for one in sorted(moved)))
        elif name == "old":
            await old_write(pool)
        elif name == "purge":
            moved = set(given_) or moved
            await raise_signals(pool, many[given_[0]] if given_ else None)
        else:
            moved = set()
            heard = Revisions()
            for subject, revision in (await stored_revisions(pool, [EventKind.SIGNALS])).revisions.items():
                heard.move(subject, revision)
        async with connection(pool) as one:
            for place, content in await rows_after(one, EventKind.SIGNALS, number, limit=100):
                number = place
                for subject, revision in event_of(EventKind.SIGNALS, place, content).revisions.items():
                    heard.move(subject, revision)
        now = await _stored(pool, *many)
        assert now == await _read(pool, *many) == [heard.of(signals_subject(one.id)) for one in many]
        assert {one for one in range(4) if now[one] != before[one]} == moved
        assert all(now[one] > highest for one in moved)


_REVISION = "SELECT revision FROM collections WHERE name = 'signals'"


async def _newest(pool: Pool) -> int:
    found: int = await pool.fetchval("SELECT n FROM event_numbers WHERE kind = 'signals'")
    return found


async def test_the_first_event_of_a_write_moves_all_its_instruments(pool: Pool) -> None:
    """News or not, so that nobody knows a part of a write; each of the others its own."""
    a, b, c = [await instrument(pool, symbol) for symbol in ("A", "B", "C")]
    written, _ = await Ingest(pool).signals([draft(a, is_streamed=False), draft(b), draft(c)])
    subjects = [signals_subject(one.id) for one in (a, b, c)]
    assert [event.revisions for event in written.events] == [
        {SIGNALS: 2} | dict.fromkeys(subjects, 2),
        {SIGNALS: 2, subjects[2]: 2},
    ]


async def test_what_the_engine_stores_moves_where_anything_is_different(pool: Pool) -> None:
    """In one event without a signal; series whose signals are as they were stay, and cancelled ones move."""
    a, b, c = [await instrument(pool, symbol) for symbol in ("A", "B", "C")]
    await store_parts(pool, computed(a, days(5)), computed(b, days(5)))
    written = await store_parts(
        pool, computed(a, days(5)), computed(b, days(5), seed=2)[2:3], computed(c, days(5)), gone={}
    )
    revisions = {SIGNALS: 3, signals_subject(b.id): 3, signals_subject(c.id): 3}
    assert [(event.revisions, event.body) for event in written.events] == [(revisions, {})]
    written = await store_parts(pool, gone={a.id: computed(a, days(5)).time[:1]})
    assert [event.revisions for event in written.events] == [{SIGNALS: 4, signals_subject(a.id): 4}]
    content = await pool.fetchval("SELECT body FROM outbox WHERE kind = 'signals' ORDER BY number DESC LIMIT 1")
    assert orjson.loads(content)["revisions"] == {SIGNALS: 4, signals_subject(a.id): 4}


async def test_a_signal_by_its_key_has_both_revisions(pool: Pool) -> None:
    """That of all, for what is not there, and that of the instrument it turns out to be about."""
    a, b = [await instrument(pool, symbol) for symbol in ("A", "B")]
    (first,) = await store(pool, draft(a))
    await store(pool, draft(b))
    read = await read_signals(pool, [SignalKey(NOON, first.signal.digest), SignalKey(NOON, "0" * 32)])
    assert (len(read.value), read.revision, read.revisions) == (1, 3, {a.id: 2})


async def test_writers_of_other_instruments_never_wait_in_a_circle(pool: Pool) -> None:
    """Each names instruments in an order of its own; each change has a number of its own."""
    many = [await instrument(pool, f"S{number}") for number in range(10)]

    async def write(number: int) -> dict[str, int]:
        chosen = many[number:] + many[: number // 2]
        drafts = [draft(one, producer=f"p{number}") for one in (chosen if number % 2 else chosen[::-1])]
        written, _ = await Ingest(pool).signals(drafts)
        return written.revisions

    told = await asyncio.gather(*(write(number) for number in range(10)))
    assert sorted(one[SIGNALS] for one in told) == list(range(2, 12))
    expected = [max(one.get(signals_subject(each.id), 0) for one in told) for each in many]
    assert await _stored(pool, *many) == await _read(pool, *many) == expected
