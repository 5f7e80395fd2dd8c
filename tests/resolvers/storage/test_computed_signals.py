"""Many computed signals at once: the same rows and events as one by one, and cancelled where their bars are gone."""

import asyncio
from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.config import ServerUrls
from resolvers.ingest import Ingest
from resolvers.model.computed_signals import ComputedSignals, producer_of
from resolvers.model.interval import Interval
from resolvers.model.revisions import Revisions
from resolvers.model.signal import SignalStatus
from resolvers.model.signal_page import SignalConditions, SignalOrder, SignalPage
from resolvers.storage.changed_signals import signal_told
from resolvers.storage.computed_rows import known_hashes
from resolvers.storage.engine_series import Done
from resolvers.storage.partitions import ensure_partitions
from resolvers.storage.pool import Pool, connection
from resolvers.storage.signal_pages import read_signal_page
from resolvers.storage.signals import signals_at_number, store_signals
from tests.bars import NOON, instrument
from tests.computed import DAY, VERSION, computed, days, drafts, store_parts
from tests.resolvers.storage.gates import blocked, held

_PRODUCER = producer_of(VERSION)


async def _rows(pool: Pool) -> list[dict[str, Any]]:
    """All signals with all their columns, but for when they were stored."""
    rows = await pool.fetch("SELECT to_jsonb(s) - 'created_at' AS row FROM signals AS s ORDER BY time, id")
    return [orjson.loads(row["row"]) for row in rows]


async def _newest(pool: Pool) -> list[tuple[Any, ...]]:
    rows = await pool.fetch("SELECT * FROM signal_series ORDER BY 1, 2, 3")
    return [tuple(row) for row in rows]


async def _told(pool: Pool) -> list[Any]:
    """The bodies of all events in their order, but for what differs from one storing to the next."""
    rows = await pool.fetch("SELECT body FROM outbox WHERE kind = 'signals' ORDER BY number")
    bodies = [orjson.loads(row["body"])["body"] for row in rows]
    for body in bodies:
        body.get("signal", {}).pop("createdAt", None)
    return bodies


async def _statuses(pool: Pool, now: float = NOON) -> list[SignalStatus]:
    """Of all signals, oldest first."""
    page = SignalPage(conditions=SignalConditions(), order=SignalOrder.OLDEST, first=1000)
    return [one.status(now) for one in (await read_signal_page(pool, page, now)).value]


@st.composite
def _rounds(draw: st.DrawFn) -> list[list[tuple[int, list[int], int, bool]]]:
    """What is stored one after the other: for some of three instruments which days, made up how, and what is news."""
    series = st.tuples(
        st.lists(st.integers(0, 8), min_size=1, max_size=8, unique=True).map(sorted), st.integers(0, 2), st.booleans()
    )
    rounds = draw(st.lists(st.dictionaries(st.integers(0, 2), series, min_size=1), min_size=1, max_size=3))
    return [[(number, *one) for number, one in sorted(each.items())] for each in rounds]


@given(rounds=_rounds())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_columns_are_stored_and_told_as_drafts_are(
    rounds: list[list[tuple[int, list[int], int, bool]]], pool: Pool
) -> None:
    """Field by field, after several writes that meet each other; the drafts of a write are merged as its series are."""
    await pool.execute("TRUNCATE signals, signal_series, outbox, instruments CASCADE")
    many = [await instrument(pool, f"S{number}") for number in range(3)]
    found = []
    for columns in (True, False):
        for each in rounds:
            parts = [_part(many[number], places, seed, news) for number, places, seed, news in each]
            if columns:
                await store_parts(pool, *parts)
            else:
                await store_signals(pool, [draft for part in parts for draft in drafts(part)])
        found.append((await _rows(pool), await _newest(pool), sorted(map(orjson.dumps, await _told(pool)))))
        await pool.execute("TRUNCATE signals, signal_series, outbox")
    assert found[0] == found[1]


def _part(one: Any, places: list[int], seed: int, news: bool) -> ComputedSignals:
    """What is made up for a day depends on the day alone."""
    whole = computed(one, NOON // DAY * DAY + DAY * np.arange(9) * 60, seed=seed)
    part = whole[np.array(places)]
    return replace(part, is_news=part.time == part.time[-1]) if news else part


async def test_the_same_again_writes_nothing(pool: Pool) -> None:
    """No row, no event, no revision of anything."""
    acme = await instrument(pool)
    part = computed(acme, days(30), is_news=np.arange(30) == 29)
    first = await store_parts(pool, part)
    assert (len(first.signals), first.quiet_signals, len(first.events)) == (1, 29, 1)
    places = await pool.fetch("SELECT ctid, xmin, xmax FROM signals ORDER BY time")
    again = await store_parts(pool, part)
    assert (again.signals, again.quiet_signals, again.events, again.revisions) == ([], 0, [], {})
    assert await pool.fetch("SELECT ctid, xmin, xmax FROM signals ORDER BY time") == places


async def test_a_corrected_bar_raises_one_revision_and_sends_one_event(pool: Pool) -> None:
    """Of an older bar without a signal, of the newest one with the whole of it."""
    acme = await instrument(pool)
    part = computed(acme, days(30))
    await store_parts(pool, part)
    other = computed(acme, days(30), seed=2)
    older = await store_parts(pool, other[4:5])
    assert (older.signals, older.quiet_signals, [dict(event.body) for event in older.events]) == ([], 1, [{}])
    newest = await store_parts(pool, replace(other[29:], is_news=np.array([True])))
    (event,) = newest.events
    (draft,) = drafts(other[29:])
    told = signal_told(orjson.loads(orjson.dumps(event.body["signal"])))
    assert (told.digest, told.votes, told.measures, told.basis) == (
        draft.digest,
        draft.votes,
        draft.measures,
        draft.basis,
    )
    assert told.status(NOON) is SignalStatus.ACTIVE
    revisions = await pool.fetch("SELECT revision FROM signals ORDER BY time")
    assert [row["revision"] for row in revisions] == [1] * 4 + [2] + [1] * 24 + [2]


async def test_signals_of_bars_that_are_gone_are_cancelled_and_come_back(pool: Pool) -> None:
    """The bar before is the newest then; of the cancelled ones only the one that stood is told of."""
    acme = await instrument(pool)
    cancelled, superseded, active = SignalStatus.CANCELLED, SignalStatus.SUPERSEDED, SignalStatus.ACTIVE
    part = computed(acme, days(5), valid_until=np.full(5, 4_000_000_000))
    await store_parts(pool, part)
    written = await store_parts(pool, gone={acme.id: part.time[[1, 4]]})
    assert [one.signal.time for one in written.signals] == [part.time[4]]
    assert (written.signals[0].signal.status(NOON), written.quiet_signals) == (cancelled, 1)
    assert await _statuses(pool) == [superseded, cancelled, superseded, active, cancelled]
    assert (await store_parts(pool, gone={acme.id: part.time[[1, 4]]})).events == []
    async with connection(pool) as one:
        times, _ = (await known_hashes(one, _PRODUCER, Interval.D1, [acme.id]))[acme.id]
    np.testing.assert_array_equal(times, part.time[[0, 2, 3]])
    back = await store_parts(pool, part)
    assert (back.quiet_signals, await _statuses(pool)) == (2, [superseded] * 4 + [active])
    await store_parts(pool, gone={acme.id: part.time})
    assert await _statuses(pool) == [cancelled] * 5


async def test_nobody_is_told_that_an_expired_signal_is_cancelled(pool: Pool) -> None:
    """It did not stand any more; those who hold it learn by the revision that it is another one."""
    acme = await instrument(pool)
    part = computed(acme, days(2))
    await store_parts(pool, part)
    written = await store_parts(pool, gone={acme.id: part.time[1:]})
    assert (written.signals, written.quiet_signals, [dict(one.body) for one in written.events]) == ([], 1, [{}])


async def test_a_gone_bar_and_a_new_one_in_one_write(pool: Pool) -> None:
    """As where the newest bar is replaced by one of another time."""
    acme = await instrument(pool)
    part = computed(acme, days(3))
    await store_parts(pool, part)
    await store_parts(pool, computed(acme, part.time[2:] - 3600), gone={acme.id: part.time[2:]})
    superseded = [SignalStatus.SUPERSEDED] * 2
    assert await _statuses(pool) == [*superseded, SignalStatus.ACTIVE, SignalStatus.CANCELLED]


async def test_what_somebody_else_published_under_the_name_is_in_nobodys_way(pool: Pool) -> None:
    """A draft of the same bar without a hash is replaced, words and all."""
    acme = await instrument(pool)
    part = computed(acme, days(3))
    published = replace(drafts(part)[1], rationale="mine", input_hash=None, votes=None)
    await store_signals(pool, [published])
    async with connection(pool) as one:
        _, hashes = (await known_hashes(one, _PRODUCER, Interval.D1, [acme.id]))[acme.id]
    assert hashes.tolist() == [[0] * 16]
    await store_parts(pool, part)
    rows = await pool.fetch("SELECT rationale, votes, revision FROM signals ORDER BY time")
    assert [(row["rationale"], row["revision"]) for row in rows] == [(None, 1), (None, 2), (None, 1)]
    assert rows[1]["votes"] == part.votes[:, 1].tobytes()


async def test_hashes_are_known_by_series_in_the_order_of_bars(pool: Pool) -> None:
    """From a moment on, of one producer and interval alone; a series without signals is not among them."""
    acme, other, bare = [await instrument(pool, symbol) for symbol in ("ACME", "OTHER", "BARE")]
    parts = [computed(acme, days(400)), computed(other, days(3), seed=2)]
    await store_parts(pool, *parts)
    await store_signals(pool, [replace(drafts(parts[0])[0], producer="O'Hara", input_hash=b"x" * 16)])
    async with connection(pool) as one:
        ids = [acme.id, other.id, bare.id]
        found = await known_hashes(one, _PRODUCER, Interval.D1, ids)
        late = await known_hashes(one, _PRODUCER, Interval.D1, ids, since=int(parts[0].time[390]))
        assert await known_hashes(one, _PRODUCER, Interval.H1, ids) == {}
        assert await known_hashes(one, _PRODUCER, Interval.D1, []) == {}
        assert list((await known_hashes(one, "O'Hara", Interval.D1, ids))[acme.id][1][0]) == [ord("x")] * 16
    assert list(found) == [acme.id, other.id]
    for part in parts:
        times, hashes = found[part.instrument_id]
        np.testing.assert_array_equal(times, part.time)
        np.testing.assert_array_equal(hashes, part.input_hash)
    assert list(late) == [acme.id]
    np.testing.assert_array_equal(late[acme.id][0], parts[0].time[390:])


async def test_writers_in_any_order_do_not_wait_in_a_circle(pool: Pool, urls: ServerUrls) -> None:
    """
    They take series in the order of their instruments, and so the second waits behind the first.

        one: S0 S1 S2               other: S2 S1 S0
        has S0, waits for S1        would have S2, and wait for S1
        would wait for S2           would wait for S0
    """
    many = [await instrument(pool, f"S{number}") for number in range(3)]
    await ensure_partitions(pool, range(2020, 2027), of="signals")
    gate = f"INSERT INTO signal_series VALUES ({many[1].id}, {Interval.D1.value}, '{_PRODUCER}', to_timestamp(0))"
    async with held(urls.database, gate):
        writing = [
            asyncio.create_task(store_parts(pool, *(computed(one, days(3), seed=seed) for one in order)))
            for seed, order in enumerate((many, many[::-1]))
        ]
        await blocked(pool, count=2)
    async with asyncio.timeout(30):
        await asyncio.gather(*writing)
    assert await pool.fetchval("SELECT count(*) FROM signals") == 9


async def test_a_pass_that_fails_leaves_nothing_and_one_that_ends_moves_revisions(pool: Pool) -> None:
    """Not before its commit; the process knows them then before it hears of any event."""
    acme, revisions = await instrument(pool), Revisions()
    ingest, part = Ingest(pool, revisions=revisions), computed(await instrument(pool, "OTHER"), days(3))

    async def run(*, fails: bool) -> None:
        async with ingest.engine_pass([2024]) as step:
            done = {acme.id: Done(1, None, b"")}
            await step.store(version=VERSION, interval=Interval.D1, computed=[part], done=done)
            assert revisions.of("signals") == 0
            if fails:
                raise RuntimeError("computing failed")

    with pytest.raises(RuntimeError, match="computing failed"):
        await run(fails=True)
    assert (revisions.of("signals"), await pool.fetchval("SELECT count(*) FROM signals")) == (0, 0)
    await run(fails=False)
    assert (revisions.of("signals"), await pool.fetchval("SELECT count(*) FROM signals")) == (2, 3)
    number, active = await signals_at_number(pool, NOON)
    assert (number, [one.time for one in active]) == (1, [part.time[-1]])
