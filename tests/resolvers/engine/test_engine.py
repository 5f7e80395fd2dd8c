"""The engine over a stored market: it stores what its arithmetic says, each signal once, and only what is new."""

import asyncio
import logging
from dataclasses import replace

import numpy as np
import pytest

from gateway.config import ServerUrls
from resolvers.compute.agents.agent import Agent
from resolvers.compute.agents.indicators import Indicators
from resolvers.compute.agents.panel import PANEL, Panel
from resolvers.compute.engine.subject import Seen, Subject, seen
from resolvers.model.bars import Series
from resolvers.model.interval import Interval
from resolvers.model.vote import Abstention, AgentFamily
from resolvers.storage.leading import session
from resolvers.storage.outbox import CHANNEL
from resolvers.storage.pool import Pool
from resolvers.storage.purging import raise_candles
from tests.bars import walk
from tests.resolvers.engine.market import DAY, MONDAY, StoredMarket, days, moved, plan


async def test_every_bar_of_every_series_has_its_signal(pool: Pool) -> None:
    """And computing again writes nothing and tells nobody anything."""
    market = await StoredMarket.of_days(pool)
    engine = await market.computed()
    expected = market.expected()
    assert len(expected) == sum(len(bars) for bars in market.bars.values())
    assert await market.stored() == expected
    before = await market.written()
    assert before[0] == len(expected)
    assert engine.tallies["D1"].signals == len(expected)
    again = await market.computed()
    assert again.tallies["D1"].series == 0
    # Also where it is told that all is to be looked at.
    await pool.execute("UPDATE engine_series SET done_revision = done_revision - 1")
    assert (await market.computed()).tallies["D1"].signals == 0
    assert await market.written() == before


async def test_only_the_newest_signals_that_still_hold_are_told(pool: Pool) -> None:
    """A back-fill is one event in each transaction; the newest bars are news while their signals hold."""
    market = await StoredMarket.of_days(pool, symbols=11, count=130)
    market.now = float(MONDAY + 130 * DAY)
    await market.computed(most_rows=100_000)
    rows, events, news = await market.written()
    assert (rows, events, news) == (len(market.expected()), 11, 11)
    await market.add_all({symbol: days(131, seed=number)[-1:] for number, symbol in enumerate(market.bars)})
    market.now += DAY
    await market.computed(most_rows=100_000)
    assert await market.written() == (rows + 11, events + 11, news + 11)
    assert await market.stored() == market.expected()


async def test_one_engine_through_a_life_of_writes(pool: Pool) -> None:
    """New bars, a late one, a corrected one, a new instrument, a new month: after each all is as if computed anew."""
    market = await StoredMarket.of_days(pool, count=100)
    engine = market.engine(plan())
    try:
        await engine.finish()
        for count in (101, 102, 140):
            for number, symbol in enumerate(list(market.bars)):
                if number != 3 or count == 140:
                    await market.add(symbol, days(count, seed=number)[100:])
            await engine.finish()
            assert await market.stored() == market.expected()
        await market.add("SYM5", moved(market.bars["SYM5"][-1:], 1.01))
        await engine.finish()
        assert await market.stored() == market.expected()
        await market.add("SYM6", moved(market.bars["SYM6"][-20:-19], 1.2))
        await engine.finish()
        assert await market.stored() == market.expected()
        await market.add("LATE", days(135, seed=77)[120:])
        await engine.finish()
        assert await market.stored() == market.expected()
    finally:
        engine.close()


async def test_a_corrected_bar_changes_its_rows_and_no_others(pool: Pool) -> None:
    """Its own signal and those after it that look back to it; each once, and one event tells of it."""
    market = await StoredMarket.of_days(pool, symbols=3)
    await market.computed()
    before, written = await market.stored(), await market.written()
    market.now = float(market.bars["SYM1"].time[-1] + DAY)
    await market.add("SYM1", moved(market.bars["SYM1"][-1:], 1.03))
    await market.computed()
    after = await market.stored()
    assert after == market.expected()
    changed = [key for key in after if after[key] != before[key]]
    assert changed == [(market.instruments["SYM1"].id, int(market.bars["SYM1"].time[-1]))]
    assert await market.written() == (written[0] + 1, written[1] + 1, written[2] + 1)
    assert await pool.fetchval("SELECT max(revision) FROM signals") == 2


async def test_signals_of_bars_that_are_gone_are_cancelled(pool: Pool) -> None:
    """Of one, and of all of a series."""
    market = await StoredMarket.of_days(pool, symbols=3)
    engine = market.engine(plan())
    try:
        await engine.finish()
        for symbol, first in (("SYM1", 60), ("SYM2", 0)):
            number = market.instruments[symbol].id
            gone = market.bars[symbol][first : first + 1] if first else market.bars[symbol]
            await _delete(market, symbol, gone.time)
            await engine.finish()
            stored = await market.stored()
            assert not any((number, time) in stored for time in gone.time.tolist())
            assert stored == market.expected()
        assert (await market.written())[0] > 0
    finally:
        engine.close()


async def _delete(market: StoredMarket, symbol: str, times: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
    """As a rollup does whose parts are gone."""
    number, pool = market.instruments[symbol].id, market.pool
    kept = ~np.isin(market.bars[symbol].time, times)
    bars = market.bars[symbol]
    left = type(bars)(
        **{name: getattr(bars, name)[kept] for name in ("time", "open", "high", "low", "close", "volume")}
    )
    await pool.execute(
        "DELETE FROM candles WHERE instrument_id = $1 AND extract(epoch FROM time) = ANY($2::float8[])",
        number,
        times.astype(float).tolist(),
    )
    market.bars[symbol] = left
    await raise_candles(pool, market.instruments[symbol], Interval.D1)


async def test_a_bar_that_forms_has_no_signal_until_it_is_over(pool: Pool) -> None:
    """However often it changes; when its time has come it has one, although nothing was written."""
    market = await StoredMarket.of_days(pool, symbols=3)
    last = market.bars["SYM1"][-1:]
    market.now = float(last.time[0]) + DAY - 1
    engine = market.engine(plan())
    try:
        await engine.finish()
        ends = (market.instruments["SYM1"].id, int(last.time[0]))
        for by in (1.01, 1.02):
            await market.add("SYM1", moved(last, by))
            await engine.finish()
            assert ends not in await market.stored()
        assert engine.tallies["D1"].series == 3
        market.now += 1
        await engine.finish()
        assert await market.stored() == market.expected()
        assert ends in await market.stored()
    finally:
        engine.close()


async def test_no_more_than_the_history(pool: Pool) -> None:
    """The last so many bars, seen from the first one on; what falls out of it later stays."""
    market = await StoredMarket.of_days(pool, symbols=11)
    engine = market.engine(plan(history=40))
    try:
        await engine.finish()
        expected = market.expected(history=40)
        assert await market.stored() == expected
        await market.add_all({symbol: days(131, seed=number)[-1:] for number, symbol in enumerate(market.bars)})
        await engine.finish()
        assert await market.stored() == market.expected(history=41)
    finally:
        engine.close()


async def test_a_short_interval_is_seen_from_the_month_before(pool: Pool) -> None:
    """Whoever comes anew says the same of it as one who has been there."""
    market = StoredMarket(pool, Interval.M30)
    start = MONDAY - 20 * DAY
    series = {f"SYM{number}": walk(start + 1800 * np.arange(2900), seed=number) for number in range(11)}
    await market.add_all({symbol: bars[:2700] for symbol, bars in series.items()})
    engine = market.engine(plan(intervals=(Interval.M30,), history=300))
    try:
        await engine.finish()
        assert len(await market.stored()) == 11 * 300
        await market.add_all({symbol: bars[2700:] for symbol, bars in series.items()})
        await engine.finish()
        stored, written = await market.stored(), await market.written()
        assert len(stored) == 11 * 500
        await pool.execute("UPDATE engine_series SET done_revision = done_revision - 1, context = 'other'")
        other = await market.computed(intervals=(Interval.M30,), history=300)
        assert other.tallies["M30"].series == 11
        assert (await market.stored(), await market.written()) == (stored, written)
    finally:
        engine.close()


async def test_several_engines_share_the_series(pool: Pool) -> None:
    """At once, on one database: all is there once, and both have done some of it."""
    market = await StoredMarket.of_days(pool)
    engines = [market.engine(plan(most_rows=300)) for _ in range(2)]
    try:
        async with asyncio.timeout(60):
            await asyncio.gather(*(engine.finish() for engine in engines))
        assert await market.stored() == market.expected()
        assert (await market.written())[0] == len(await market.stored())
        assert sum(engine.tallies["D1"].series for engine in engines) == len(market.bars)
    finally:
        for engine in engines:
            engine.close()


def _spoils(of: Indicators) -> Series:
    if of.bars.close[0] > 0:
        raise ArithmeticError("a fault of its own")
    return of.bars.close


_FAULTY = Agent(
    name="faulty", family=AgentFamily.PATTERN, parameters={}, warmup=0, meaning="Raises an error.", evidence=_spoils
)


async def test_a_failed_agent_abstains_and_the_engine_goes_on(pool: Pool) -> None:
    """Its byte says so in every signal."""
    market = await StoredMarket.of_days(pool, symbols=3)
    panel = Panel((*PANEL.agents, _FAULTY))
    engine = await market.computed(panel=panel)
    assert engine.failing == 0
    assert await market.stored() == market.expected(panel=panel)
    votes = await pool.fetch("SELECT DISTINCT get_byte(votes, 51) AS vote FROM signals")
    assert [row["vote"] for row in votes] == [Abstention.FAILED]


async def test_a_series_that_cannot_be_computed_stops_nobody(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once, it stays pending, it is not tried at once again, and it is computed when it can be."""
    market = await StoredMarket.of_days(pool, symbols=4)
    tried = []

    def faulty(panel: Panel, subject: Subject) -> Seen:
        if subject.symbol == "SYM2":
            tried.append(market.now)
            raise ArithmeticError("a fault of this series")
        return seen(panel, subject)

    monkeypatch.setattr("resolvers.engine.work.seen", faulty)
    engine = market.engine(plan())
    try:
        with caplog.at_level(logging.ERROR, "gateway.engine"):
            await engine.finish()
            await engine.finish()
            assert (engine.failing, len(tried)) == (1, 1)
            number = market.instruments["SYM2"].id
            expected = {key: value for key, value in market.expected().items() if key[0] != number}
            assert await market.stored() == expected
            market.now += 6
            await engine.finish()
            assert len(tried) == 2
        assert [record.message for record in caplog.records if "SYM2" in record.message] == [
            "no signals of SYM2 D1, tried again later: ArithmeticError('a fault of this series')"
        ]
        monkeypatch.setattr("resolvers.engine.work.seen", seen)
        market.now += 11
        await engine.finish()
        assert engine.failing == 0
        assert await market.stored() == market.expected()
    finally:
        engine.close()


async def test_a_row_that_cannot_be_stored_stops_nobody(pool: Pool) -> None:
    """PostgreSQL refuses a batch; the series are tried one by one, and the one that is at fault is left."""
    market = await StoredMarket.of_days(pool, symbols=5)
    number = market.instruments["SYM3"].id
    await pool.execute(f"ALTER TABLE signals ADD CONSTRAINT refused CHECK (instrument_id <> {number})")
    engine = await market.computed(most_rows=100_000)
    assert engine.failing == 1
    expected = {key: value for key, value in market.expected().items() if key[0] != number}
    assert await market.stored() == expected


async def _settled(market: StoredMarket) -> None:
    """Until all signals are what they must be."""
    expected = market.expected()
    while await market.stored() != expected:  # noqa: ASYNC110 - it is another's work that is waited for
        await asyncio.sleep(0.05)


async def test_it_wakes_when_bars_are_stored(pool: Pool, urls: ServerUrls) -> None:
    """By PostgreSQL's notice, long before it would look by itself."""
    market = await StoredMarket.of_days(pool, symbols=3)
    engine = market.engine(plan())
    engine._poll = 1_000.0
    async with session(urls.database, CHANNEL) as own:
        running = asyncio.create_task(engine.run(own))
        try:
            async with asyncio.timeout(30):
                await _settled(market)
                await market.add("SYM1", days(131, seed=1)[-1:])
                await _settled(market)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            engine.close()


async def test_a_transaction_that_is_given_up_leaves_nothing(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancelled in the middle of a batch: no signal, no event and no mark of it is there."""
    market = await StoredMarket.of_days(pool, symbols=4)
    reached = asyncio.Event()

    async def waiting(*_: object) -> None:
        reached.set()
        await asyncio.sleep(60)

    monkeypatch.setattr("resolvers.engine.work.known_hashes", waiting)
    engine = market.engine(plan())
    running = asyncio.create_task(engine.finish())
    async with asyncio.timeout(30):
        await reached.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    engine.close()
    assert (await market.stored(), await market.written()) == ({}, (0, 0, 0))
    assert await pool.fetchval("SELECT max(done_revision) FROM engine_series") == 0
    monkeypatch.undo()
    await market.computed()
    assert await market.stored() == market.expected()


async def test_statistics_follow_a_back_fill(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else PostgreSQL plans the next bar for an empty table; after some bars nothing is vacuumed."""
    monkeypatch.setattr("resolvers.engine.work._LARGE", 300)
    market = await StoredMarket.of_days(pool, symbols=3)
    rows = "SELECT reltuples::int FROM pg_class WHERE relname = 'signals_2024'"
    await market.computed()
    stored = len(market.expected())
    assert await pool.fetchval(rows) == stored > 300
    await market.add("SYM1", days(140, seed=1)[130:])
    await market.computed()
    assert await pool.fetchval(rows) == stored


def test_versions_of_plans() -> None:
    """Another horizon is another producer; threads and shards are not."""
    assert plan().version == plan(threads=1, history=7).version
    assert plan().version != replace(plan(), horizon=6).version
