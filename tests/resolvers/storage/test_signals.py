"""Signals as they are stored: once under each name, numbered, and told."""

import asyncio
from dataclasses import replace
from typing import Any

import orjson
import pytest

from resolvers.ingest import Ingest
from resolvers.model.event import EventKind
from resolvers.model.interval import Interval
from resolvers.model.measures import Measures
from resolvers.model.revisions import Revisions
from resolvers.model.signal import ConfidenceBasis, SignalStatus
from resolvers.storage.changed_signals import signal_told, told_signal
from resolvers.storage.pool import Pool
from resolvers.storage.revisions import stored_revisions
from resolvers.storage.signals import signals_at_number, store_signals
from tests.bars import NOON, instrument
from tests.signals import draft, moment, store

_HOUR = 3600


async def _events(pool: Pool) -> list[tuple[int, int, Any]]:
    """Number, revision of all signals, and rationale of each event."""
    rows = await pool.fetch("SELECT number, body FROM outbox WHERE kind = 'signals' ORDER BY number")
    read = [(row["number"], orjson.loads(row["body"])) for row in rows]
    return [
        (number, one["revisions"]["signals"], one["body"].get("signal", {}).get("rationale")) for number, one in read
    ]


async def test_new_signals_are_events_in_the_order_given(pool: Pool) -> None:
    """Without gaps, each with the whole signal, under one revision for a write."""
    acme, other = await instrument(pool), await instrument(pool, "OTHER")
    await store(pool, draft(other, rationale="b"), draft(acme, rationale="a"))
    changed = await store(pool, draft(acme, rationale="c", time=NOON + _HOUR, votes=b"\1\0", input_hash=b"x"))
    assert await _events(pool) == [(1, 2, "b"), (2, 2, "a"), (3, 3, "c")]
    body = await pool.fetchval("SELECT body FROM outbox WHERE kind = 'signals' AND number = 3")
    assert signal_told(orjson.loads(body)["body"]["signal"]) == changed[0].signal
    assert signal_told(told_signal(changed[0].signal)) == changed[0].signal
    row = await pool.fetchrow("SELECT votes, input_hash, revision FROM signals WHERE rationale = 'c'")
    assert row is not None
    assert tuple(row) == (b"\1\0", b"x", 1)
    stored = await stored_revisions(pool, [EventKind.SIGNALS])
    expected = {"signals": 3, f"signals:{acme.id}": 3, f"signals:{other.id}": 2}
    assert (stored.revisions, stored.position[EventKind.SIGNALS]) == (expected, 3)


async def test_a_signal_is_stored_once_and_changed_under_its_name(pool: Pool) -> None:
    """The same again writes nothing, not even an event; another one raises the revision of its row."""
    acme = await instrument(pool)
    one = draft(acme, key="7", valid_until=moment(NOON + 60), votes=b"\1")
    (first,) = await store(pool, one)
    assert await store(pool, one) == []
    (second,) = await store(pool, replace(one, is_cancelled=True))
    assert (first.revision, second.revision) == (1, 2)
    assert second.signal == replace(first.signal, is_cancelled=True)
    assert len(await store(pool, replace(one, is_cancelled=True, votes=b"\2"))) == 1
    assert [number for number, _, _ in await _events(pool)] == [1, 2, 3]
    assert await pool.fetchval("SELECT count(*) FROM signals") == 1


async def test_what_a_signal_rests_on_is_stored_read_and_told(pool: Pool) -> None:
    """Votes, measures and the basis of its confidence; where they are not given they are not there."""
    acme = await instrument(pool)
    measures = Measures(*[1.5, float("nan")] * 4).stored()
    basis = ConfidenceBasis(fit="2024-02-5-0123456789ab", base_rate=0.56, cases=1234)
    full = {"confidence": 0.53, "basis": basis, "votes": b"\xff\0\1\2", "measures": measures, "rationale": None}
    for number, changes in enumerate([full, {}, full | {"basis": None}]):
        (changed,) = await store(pool, draft(acme, time=NOON + number * _HOUR, **changes))
        read = (await signals_at_number(pool, NOON))[1]
        assert read == [changed.signal]
        assert signal_told(orjson.loads(orjson.dumps(told_signal(changed.signal)))) == changed.signal
        assert (read[0].basis, read[0].votes, read[0].measures) == tuple(
            changes.get(name) for name in ("basis", "votes", "measures")
        )


async def test_events_of_before_signals_had_votes_are_read(pool: Pool) -> None:
    """They are kept for a day, so a gateway that starts after an upgrade meets them."""
    (changed,) = await store(pool, draft(await instrument(pool), votes=b"\1", measures=b"\0" * 64))
    told = told_signal(changed.signal)
    for name in ("basis", "votes", "measures"):
        del told[name]
    assert signal_told(told) == replace(changed.signal, votes=None, measures=None)


async def test_names_are_hashes_and_last(pool: Pool) -> None:
    """Of producer and key, or of series and bar: the same for ever, whatever else is in the signal."""
    acme = replace(await instrument(pool), id=9)
    assert draft(acme).digest == "e23c82b6e5b5f197cd7afca1cda4cede"
    assert draft(acme, key="7").digest == "c3cbe23bb48d301a462cb4df3e36725c"
    names = {
        draft(acme, **changes).digest
        for changes in (
            {},
            {"score": 0.5},
            {"time": NOON + _HOUR},
            {"interval": Interval.D1},
            {"producer": "desk/2"},
            {"key": "7"},
            {"key": "7", "time": NOON + _HOUR},
            {"key": "7", "producer": "desk/2"},
        )
    }
    assert len(names) == 6


async def test_a_key_stays_with_its_bar(pool: Pool) -> None:
    """Given for another bar, in another year's partition, or for another series, it is refused; others are stored."""
    acme, other = await instrument(pool), await instrument(pool, "OTHER")
    await store(pool, draft(acme, key="7"))
    for changed in (draft(acme, key="7", time=NOON + 400 * 86_400), draft(other, key="7")):
        written, refused = await store_signals(pool, [changed, draft(other, key=f"good {changed.time}")])
        assert refused == {changed.digest}
        assert len(written.signals) == 1
    written, refused = await store_signals(pool, [draft(other, key="7")])
    assert (written.signals, written.events, len(refused)) == ((), (), 1)
    assert await pool.fetchval("SELECT count(*) FROM signals WHERE key = '7'") == 1


async def test_a_key_that_two_give_at_once_is_one_signal(pool: Pool) -> None:
    """For bars of two years, whose partitions know nothing of each other."""
    acme = await instrument(pool)
    for key in map(str, range(10)):
        bars = [draft(acme, key=key, time=NOON + year * 400 * 86_400) for year in range(4)]
        results = await asyncio.gather(*(store_signals(pool, [one]) for one in bars))
        assert sum(len(refused) for _, refused in results) == 3
    assert await pool.fetchval("SELECT count(*) FROM signals") == 10


async def test_writers_in_any_order_neither_wait_in_a_circle_nor_leave_a_gap(pool: Pool) -> None:
    """Each has the same series as the others, the other way round."""
    many = [await instrument(pool, f"S{number}") for number in range(20)]

    async def write(number: int) -> None:
        ordered = many if number % 2 else many[::-1]
        await store(pool, *(draft(one, rationale=f"{number}") for one in ordered))

    await asyncio.gather(*(write(number) for number in range(10)))
    assert [number for number, _, _ in await _events(pool)] == list(range(1, 201))


async def test_what_is_not_news_moves_the_revision_alone(pool: Pool) -> None:
    """One event without a signal for a write of which nothing is streamed."""
    acme = await instrument(pool)
    await store(pool, *(draft(acme, time=NOON + step * _HOUR, is_streamed=False) for step in range(3)))
    assert await _events(pool) == [(1, 2, None)]
    await store(pool, draft(acme, time=NOON, score=0.5, is_streamed=False), draft(acme, time=NOON + 9 * _HOUR))
    assert await _events(pool) == [(1, 2, None), (2, 3, "Two of three averages rise.")]


async def test_the_newest_of_each_producer_and_series_is_active(pool: Pool) -> None:
    """Until its end, unless it is cancelled; what comes late for an older bar never is."""
    acme, other = await instrument(pool), await instrument(pool, "OTHER")
    old, new = await store(pool, draft(acme, rationale="old"), draft(acme, time=NOON + _HOUR, rationale="new"))
    assert (old.signal.status(0), new.signal.status(0)) == (SignalStatus.SUPERSEDED, SignalStatus.ACTIVE)
    (late,) = await store(pool, draft(acme, time=NOON - _HOUR, rationale="late"))
    assert late.signal.is_superseded
    await store(
        pool,
        draft(acme, producer="others", rationale="others"),
        draft(acme, interval=Interval.D1, rationale="day"),
        draft(other, valid_until=moment(NOON + 60), rationale="until"),
        draft(other, producer="gone", is_cancelled=True),
    )

    async def active(now: float, *ids: int) -> set[str | None]:
        number, found = await signals_at_number(pool, now, ids or None)
        assert number == 7
        assert all(one.status(now) is SignalStatus.ACTIVE for one in found)
        return {one.rationale for one in found}

    assert await active(NOON) == {"new", "others", "day", "until"}
    assert await active(NOON + 60) == {"new", "others", "day"}
    assert await active(NOON, other.id) == {"until"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"stop": 95.0, "target": 110.0}, None),
        ({"entry": 100.0, "stop": 95.0}, None),
        ({"entry": 100.0, "stop": 95.0, "target": 110.0}, 2.0),
        ({"entry": 100.0, "stop": 104.0, "target": 98.0}, 0.5),
        ({"entry": 100.0, "stop": 100.0, "target": 98.0}, None),
        # Three and two ranges of 115.90711057935235 away; the quotient of the differences is 1.4999999999999372.
        ({"entry": 80469.43, "stop": 80701.2442211587, "target": 80121.70866826194}, 1.5),
    ],
)
async def test_risk_and_reward_are_of_prices_that_were_given(
    changes: dict[str, float], expected: float | None, pool: Pool
) -> None:
    """Worked by hand: 10 to win for 5 at risk are 2."""
    (one,) = await store(pool, draft(await instrument(pool), **changes))
    assert one.signal.risk_reward == expected


async def test_the_ingest_moves_what_the_process_knows(pool: Pool) -> None:
    """At once, before any event is heard."""
    revisions = Revisions()
    acme = await instrument(pool)
    await Ingest(pool, revisions=revisions).signals([draft(acme)])
    assert revisions.of("signals") == 2
