"""What a write leaves behind: revisions, numbered events, and nothing where it changed nothing."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import asyncpg
import numpy as np
import orjson
import pytest

from gateway.config import ServerUrls
from resolvers.model.bars import Bars
from resolvers.model.event import EventKind
from resolvers.model.instrument import Instrument, InstrumentSpec, Source
from resolvers.model.interval import Interval
from resolvers.model.quote import Quote
from resolvers.storage.bars import SeriesWrite, Written, import_bars, rederive_sessions, store_bars
from resolvers.storage.instrument_changes import update_instrument, written_instruments, written_update
from resolvers.storage.outbox import CHANNEL
from resolvers.storage.pool import Pool
from resolvers.storage.quotes import store_quotes
from tests.bars import LATER, NOON, instrument, spaced
from tests.resolvers.storage.gates import blocked, held

_LIMIT_SECONDS = 20
_MONDAY = NOON // 86_400 * 86_400 - 3 * 86_400


async def _stored(pool: Pool, one: Instrument, interval: Interval, bars: Bars, *, now: int = LATER) -> Written:
    write = SeriesWrite(instrument=one, interval=interval, source=Source.FILE, bars=bars)
    return await store_bars(pool, [write], now=now)


async def _outbox(pool: Pool, kind: EventKind = EventKind.CANDLES) -> list[tuple[int, dict[str, int], dict[str, Any]]]:
    rows = await pool.fetch("SELECT number, body FROM outbox WHERE kind = $1 ORDER BY number", kind.value)
    return [(row["number"], *(orjson.loads(row["body"])[name] for name in ("revisions", "body"))) for row in rows]


async def _numbers(pool: Pool) -> dict[str, int]:
    return {row["kind"]: row["n"] for row in await pool.fetch("SELECT kind, n FROM event_numbers")}


async def _revisions(pool: Pool, one: Instrument, interval: Interval) -> tuple[int, int]:
    row = await pool.fetchrow(
        "SELECT revision, body_revision FROM series WHERE instrument_id = $1 AND bar_minutes = $2",
        one.id,
        interval.value,
    )
    assert row is not None
    return row["revision"], row["body_revision"]


def _with_close(bars: Bars, at: int, close: float) -> Bars:
    closes = bars.close.copy()
    closes[at] = close
    return Bars(
        time=bars.time,
        open=bars.open,
        high=np.maximum(bars.high, closes),
        low=np.minimum(bars.low, closes),
        close=closes,
        volume=bars.volume,
    )


async def test_an_import_is_one_event_per_series(pool: Pool) -> None:
    """However many bars: those of the file, and the series that are derived from them."""
    bars = {"ACME": spaced(300, Interval.D1), "NADIR": spaced(20, Interval.D1, seed=2)}
    written = await import_bars(
        pool,
        bars,
        new=lambda symbol: InstrumentSpec(symbol=symbol),
        interval=Interval.D1,
        source=Source.FILE,
        now=LATER,
    )
    told = [(body["symbol"], body["interval"], body["bars"]) for _, _, body in await _outbox(pool)]
    weeks = {name: len(set((one.time - _MONDAY) // (7 * 86_400))) for name, one in bars.items()}
    assert sorted(told) == [
        ("ACME", "D1", 300),
        ("ACME", "W1", weeks["ACME"]),
        ("NADIR", "D1", 20),
        ("NADIR", "W1", weeks["NADIR"]),
    ]
    assert [number for number, _, _ in await _outbox(pool)] == [1, 2, 3, 4]
    assert [one.symbol for one in written.instruments] == ["ACME", "NADIR"]
    assert written.position == {EventKind.CANDLES: 4, EventKind.INSTRUMENTS: 1, EventKind.QUOTES: 1}
    ((_, _, of_quotes),) = [(e.number, e.revisions, e.body) for e in written.events if e.kind is EventKind.QUOTES]
    assert [quote["symbol"] for quote in of_quotes["quotes"]] == ["ACME", "NADIR"]


async def test_the_same_bars_again_send_nothing(pool: Pool) -> None:
    """Neither events nor revisions, and no number is taken."""
    acme, bars = await instrument(pool), spaced(50, Interval.H1)
    await _stored(pool, acme, Interval.H1, bars)
    before = await _numbers(pool), await _outbox(pool), await _revisions(pool, acme, Interval.H1)
    written = await _stored(pool, acme, Interval.H1, bars)
    assert (written.events, written.quotes, written.position, written.revisions) == ([], [], {}, {})
    assert (await _numbers(pool), await _outbox(pool), await _revisions(pool, acme, Interval.H1)) == before


async def test_a_change_of_the_newest_bar_leaves_the_body(pool: Pool) -> None:
    """The event has the bar, and says that nothing else changed; so do those of the rollups."""
    acme, bars = await instrument(pool), spaced(10, Interval.D1)
    await _stored(pool, acme, Interval.D1, bars)
    written = await _stored(pool, acme, Interval.D1, _with_close(bars, -1, 42.0))
    assert await _revisions(pool, acme, Interval.D1) == (2, 1)
    assert await _revisions(pool, acme, Interval.W1) == (2, 1)
    number, revisions, body = (await _outbox(pool))[2]
    assert revisions == {f"candles:{acme.id}:1440": 2, f"body:{acme.id}:1440": 1}
    last, high, low = int(bars.time[-1]), max(float(bars.high[-1]), 42.0), min(float(bars.low[-1]), 42.0)
    assert (number, body) == (
        3,
        {
            "symbol": "ACME",
            "interval": "D1",
            "firstTime": last,
            "lastTime": last,
            "bars": 1,
            "isNewestOnly": True,
            "bar": [last, float(bars.open[-1]), high, low, 42.0, float(bars.volume[-1])],
            "series": {"id": acme.id, "source": "FILE", "firstTime": int(bars.time[0])},
        },
    )
    assert written.revisions[f"body:{acme.id}:10080"] == 1


async def test_a_bar_behind_the_newest_moves_the_body(pool: Pool) -> None:
    """The bar that was the newest is part of the body now. The event has the new one."""
    acme, bars = await instrument(pool), spaced(4, Interval.D1, start=_MONDAY)
    await _stored(pool, acme, Interval.D1, bars[:3])
    await _stored(pool, acme, Interval.D1, bars)
    assert await _revisions(pool, acme, Interval.D1) == (2, 2)
    assert await _revisions(pool, acme, Interval.W1) == (2, 1)
    days, weeks = (body for _, _, body in (await _outbox(pool))[2:])
    assert (days["isNewestOnly"], days["bars"], days["bar"][0]) == (False, 1, int(bars.time[3]))
    assert (weeks["isNewestOnly"], weeks["bar"][0]) == (True, _MONDAY)


@pytest.mark.parametrize("at", [0, 8])
async def test_a_corrected_bar_moves_the_body(pool: Pool, at: int) -> None:
    """Though the newest is as it was; the event has no bar."""
    acme, bars = await instrument(pool), spaced(10, Interval.D1)
    await _stored(pool, acme, Interval.D1, bars)
    await _stored(pool, acme, Interval.D1, _with_close(bars, at, 42.0))
    assert await _revisions(pool, acme, Interval.D1) == (2, 2)
    _, _, body = (await _outbox(pool))[2]
    assert body["isNewestOnly"] is False
    assert "bar" not in body


async def test_a_correction_together_with_the_newest_moves_the_body(pool: Pool) -> None:
    """Both in one write."""
    acme, bars = await instrument(pool), spaced(10, Interval.D1)
    await _stored(pool, acme, Interval.D1, bars)
    await _stored(pool, acme, Interval.D1, _with_close(_with_close(bars, -1, 42.0), 4, 42.0))
    assert await _revisions(pool, acme, Interval.D1) == (2, 2)


async def test_bars_that_go_move_the_body(pool: Pool) -> None:
    """A stored bar takes the place of the newest derived one, which starts before it."""
    acme, hours = await instrument(pool), spaced(2, Interval.H1)
    await _stored(pool, acme, Interval.H1, hours)
    before = await _revisions(pool, acme, Interval.H4)
    late = spaced(1, Interval.M1, start=int(hours.time[-1]) + 60)
    await _stored(pool, acme, Interval.H4, late)
    after = await _revisions(pool, acme, Interval.H4)
    assert after[0] > before[0]
    assert after[1] == after[0]
    (body,) = [body for _, _, body in await _outbox(pool) if body["interval"] == "H4" and body["bars"] > 1]
    assert "bar" not in body


async def test_the_newest_bar_that_goes_alone_moves_the_body(pool: Pool) -> None:
    """By another calendar its hour belongs to the day before, which was stored itself: that one is the newest now."""
    acme, midnight = await instrument(pool), NOON // 86_400 * 86_400
    await _stored(pool, acme, Interval.D1, spaced(1, Interval.D1, start=midnight))
    await _stored(pool, acme, Interval.H1, spaced(1, Interval.H1, start=midnight + 86_400))
    before = await _revisions(pool, acme, Interval.D1)
    edited = await update_instrument(pool, acme, {"timezone": "America/New_York"}, None)
    written = await rederive_sessions(pool, edited)
    (days,) = [event for event in written.events if event.body.get("interval") == "D1"]
    assert (days.body["bars"], days.body["lastTime"], days.body["isNewestOnly"]) == (1, midnight + 86_400, False)
    assert await _revisions(pool, acme, Interval.D1) == (before[0] + 1, before[0] + 1)


async def test_one_write_of_stored_and_derived_bars_is_one_event(pool: Pool) -> None:
    """Hours that are stored beside minutes of other hours: the series H1 is told of once, as it is at the end."""
    acme = await instrument(pool)
    minutes = spaced(60, Interval.M1, start=NOON + 7200)
    writes = [
        SeriesWrite(instrument=acme, interval=Interval.H1, source=Source.FILE, bars=spaced(1, Interval.H1)),
        SeriesWrite(instrument=acme, interval=Interval.M1, source=Source.FILE, bars=minutes),
    ]
    written = await store_bars(pool, writes, now=LATER)
    (hours,) = [one for one in written.events if one.body.get("interval") == "H1"]
    assert hours.revisions == dict.fromkeys([f"candles:{acme.id}:60", f"body:{acme.id}:60"], 2)
    assert (hours.body["bars"], hours.body["firstTime"], hours.body["lastTime"]) == (2, NOON, NOON + 7200)
    assert await _revisions(pool, acme, Interval.H1) == (2, 2)


async def test_a_new_series_moves_the_collection(pool: Pool) -> None:
    """Which intervals are stored is read with the instruments; a second bar is no news there."""
    acme, bars = await instrument(pool), spaced(2, Interval.W1)
    await _stored(pool, acme, Interval.W1, bars[:1])
    assert [body for _, _, body in await _outbox(pool, EventKind.INSTRUMENTS)] == [{"symbols": ["ACME"]}] * 2
    await _stored(pool, acme, Interval.W1, bars)
    assert [revisions for _, revisions, _ in await _outbox(pool, EventKind.INSTRUMENTS)] == [
        {"instruments": 2},
        {"instruments": 3},
    ]


async def test_instruments_that_are_new_or_different_move_the_collection(pool: Pool) -> None:
    """Columns, calendars and aliases; what was so before is no change."""
    spec = InstrumentSpec(symbol="ACME", aliases=("ACM",))
    found, made = await written_instruments(pool, [spec])
    assert made.position == {EventKind.INSTRUMENTS: 1}
    assert (await written_instruments(pool, [spec]))[1].events == []
    acme = found["ACME"]
    edits: list[tuple[dict[str, object], list[str] | None]] = [
        ({"name": "Acme"}, None),
        ({"name": "Acme"}, ["ACM"]),
        ({"timezone": "Asia/Tokyo"}, None),
        ({}, ["AC"]),
        ({}, ["AC"]),
    ]
    told = [(await written_update(pool, acme, columns, aliases))[1].position for columns, aliases in edits]
    assert told == [{EventKind.INSTRUMENTS: 2}, {}, {EventKind.INSTRUMENTS: 3}, {EventKind.INSTRUMENTS: 4}, {}]


async def test_days_made_anew_are_told(pool: Pool) -> None:
    """After a change of the calendar, those of the longer series."""
    acme = await instrument(pool)
    await _stored(pool, acme, Interval.H1, spaced(48, Interval.H1))
    edited = await update_instrument(pool, acme, {"timezone": "America/New_York", "roll_minutes": 420}, None)
    written = await rederive_sessions(pool, edited)
    assert [event.body["interval"] for event in written.events if event.kind is EventKind.CANDLES] == ["D1"]
    assert (await rederive_sessions(pool, edited)).events == []


async def test_quotes_rise_with_each_change(pool: Pool) -> None:
    """Those that are given and those that bars give; one event per write, and none in the outbox."""
    acme, nadir = await instrument(pool), await instrument(pool, "NADIR")
    moment = datetime.fromtimestamp(NOON, UTC)

    def quote(one: Instrument, price: float) -> Quote:
        return Quote(instrument_id=one.id, price=price, as_of=moment, source=Source.PUBLISHED)

    both = await store_quotes(pool, [quote(nadir, 5.0), quote(acme, 6.0)])
    assert [(e.number, e.revisions) for e in both.events] == [(1, {f"quote:{acme.id}": 1, f"quote:{nadir.id}": 1})]
    again = await store_quotes(pool, [quote(nadir, 5.0), quote(acme, 7.0)])
    assert again.revisions == {f"quote:{acme.id}": 2}
    assert (await store_quotes(pool, [quote(nadir, 5.0), quote(acme, 7.0)])).events == []
    of_bars = await _stored(pool, acme, Interval.H1, spaced(1, Interval.H1))
    assert of_bars.revisions[f"quote:{acme.id}"] == 3
    day_before = spaced(1, Interval.D1, start=NOON - 86_400)
    followed = await _stored(pool, acme, Interval.D1, day_before)
    assert followed.revisions[f"quote:{acme.id}"] == 4
    assert followed.quotes[0].quote.previous_close == day_before.close[0]
    assert await _outbox(pool, EventKind.QUOTES) == []


async def test_a_bar_long_ago_is_no_news_of_the_quote(pool: Pool) -> None:
    """It is compared with the day before alone."""
    acme, days = await instrument(pool), spaced(9, Interval.D1)
    await _stored(pool, acme, Interval.D1, days)
    written = await _stored(pool, acme, Interval.D1, _with_close(days, 2, 42.0))
    assert written.position.keys() == {EventKind.CANDLES}
    assert await pool.fetchval("SELECT revision FROM quotes") == 1


async def test_a_repeated_quote_changes_nothing_after_days_were_stored(pool: Pool) -> None:
    """Its previous close came from a day that was stored later, and comes from it again."""
    acme = await instrument(pool)
    given = Quote(instrument_id=acme.id, price=5.0, as_of=datetime.fromtimestamp(NOON, UTC), source=Source.PUBLISHED)
    await store_quotes(pool, [given])
    await _stored(pool, acme, Interval.D1, spaced(1, Interval.D1, start=NOON - 86_400))
    assert (await store_quotes(pool, [given])).events == []


async def test_numbers_have_no_gaps_and_follow_the_commits(pool: Pool) -> None:
    """Thirty writers at once, each third of which fails: what is kept is numbered from 1, and in order of revision."""
    instruments = [await instrument(pool, symbol) for symbol in ("ACME", "NADIR", "ZENIT")]
    fed = await instrument(pool, "FED")
    await _stored(pool, fed, Interval.D1, spaced(1, Interval.D1))
    first = (await _numbers(pool))["candles"]

    async def write(step: int) -> None:
        writes = [
            SeriesWrite(
                instrument=one,
                interval=Interval.W1,
                source=Source.FEED,
                bars=spaced(step + 1, Interval.W1)[step:],
            )
            for one in ([*instruments, fed] if step % 3 == 0 else instruments)
        ]
        await store_bars(pool, writes, now=LATER)

    outcomes = await asyncio.gather(*(write(step) for step in range(30)), return_exceptions=True)
    assert sum(isinstance(one, Exception) for one in outcomes) == 10
    kept = (await _outbox(pool))[first:]
    assert [number for number, _, _ in kept] == list(range(first + 1, first + 61))
    for one in instruments:
        subject = f"candles:{one.id}:10080"
        assert [revisions[subject] for _, revisions, _ in kept if subject in revisions] == list(range(1, 21))
    assert (await _numbers(pool))["candles"] == first + 60


async def test_a_later_number_waits_for_the_earlier_commit(pool: Pool, urls: ServerUrls) -> None:
    """A transaction that has taken a number and is rolled back leaves none, and nobody overtook it."""
    acme = await instrument(pool)
    gate = "UPDATE event_numbers SET n = n + 1 WHERE kind = 'candles'"
    async with asyncio.timeout(_LIMIT_SECONDS):
        async with held(urls.database, gate) as holding:
            writer = asyncio.create_task(_stored(pool, acme, Interval.W1, spaced(1, Interval.W1)))
            await blocked(pool)
            assert await _outbox(pool) == []
            await holding.execute("ROLLBACK; BEGIN")
        assert (await writer).position[EventKind.CANDLES] == 1


async def test_a_commit_that_leaves_events_is_notified(pool: Pool, urls: ServerUrls) -> None:
    """Not one that changed nothing."""
    acme, bars = await instrument(pool), spaced(3, Interval.D1)
    heard: asyncio.Queue[str] = asyncio.Queue()
    listening = await asyncpg.connect(urls.database)
    await listening.add_listener(CHANNEL, lambda *said: heard.put_nowait(str(said[-1])))
    async with asyncio.timeout(_LIMIT_SECONDS):
        await _stored(pool, acme, Interval.D1, bars)
        assert sorted([await heard.get(), await heard.get()]) == ["candles", "instruments"]
        await _stored(pool, acme, Interval.D1, bars)
        await update_instrument(pool, acme, {"name": "Acme"}, None)
        assert await heard.get() == "instruments"
    assert heard.empty()
    await listening.close()
