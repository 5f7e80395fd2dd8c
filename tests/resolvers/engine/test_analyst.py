"""The engine as clients ask it: it makes what the engine makes, once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from resolvers.compute.agents.panel import PANEL
from resolvers.compute.families import newest_votes
from resolvers.engine.analyst import EngineAnalyst
from resolvers.errors import BadInput, NotFound
from resolvers.ingest import Ingest
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.model.signal import Signal
from resolvers.storage.engine_series import ensure_engine_series, hold_series
from resolvers.storage.pool import Pool
from tests.bars import instrument
from tests.resolvers.engine.market import DAY, MONDAY, StoredMarket, days, plan


@pytest.fixture
async def market(pool: Pool) -> StoredMarket:
    """Eleven instruments, a moment after the newest bars have closed."""
    market = await StoredMarket.of_days(pool)
    market.now = float(MONDAY + 130 * DAY)
    return market


@pytest.fixture
async def analyst(market: StoredMarket) -> AsyncIterator[EngineAnalyst]:
    """One on that market."""
    ingest = Ingest(market.pool, revisions=market.revisions)
    found = EngineAnalyst(market.pool, ingest, plan(), clock=lambda: market.now)
    yield found
    found.close()


def _newest(market: StoredMarket, *symbols: str) -> dict[tuple[int, int], bytes]:
    """The hashes of the signals of the newest bars, from the engine's arithmetic alone."""
    keys = {(market.instruments[one].id, int(market.bars[one].time[-1])) for one in symbols}
    return {key: content for key, content in market.expected().items() if key in keys}


def _signals(found: Any) -> list[Signal]:
    assert all(isinstance(one, Signal) for one in found.values()), found
    return list(found.values())


async def test_it_stores_what_the_engine_would(market: StoredMarket, analyst: EngineAnalyst) -> None:
    """Of the newest bar alone, told once; the engine, which comes later, adds what is missing and repeats nothing."""
    chosen = [market.instruments[symbol] for symbol in ("SYM3", "SYM7")]
    signals = _signals(await analyst.analyze(chosen, Interval.D1))
    assert [(one.symbol, one.time) for one in signals] == [
        (symbol, int(market.bars[symbol].time[-1])) for symbol in ("SYM3", "SYM7")
    ]
    assert await market.stored() == _newest(market, "SYM3", "SYM7")
    assert await market.written() == (2, 2, 2)
    assert market.revisions.of("signals"), "this process answers with them at once"
    assert _signals(await analyst.analyze(chosen, Interval.D1)) == signals
    assert await market.written() == (2, 2, 2)
    await market.computed(most_rows=100_000)
    assert await market.stored() == market.expected()
    rows, _, news = await market.written()
    assert (rows, news) == (len(market.expected()), 11)


async def test_after_the_engine_there_is_nothing_to_write(market: StoredMarket, analyst: EngineAnalyst) -> None:
    """And after a new bar there is."""
    await market.computed(most_rows=100_000)
    before = await market.written()
    everybody = list(market.instruments.values())
    assert len(_signals(await analyst.analyze(everybody, Interval.D1))) == 11
    assert await market.written() == before
    await market.add("SYM0", days(131, seed=0)[-1:])
    (unclosed,) = _signals(await analyst.analyze(everybody[:1], Interval.D1))
    assert unclosed.time == MONDAY + 129 * DAY, "it is not over"
    market.now += DAY
    (one,) = _signals(await analyst.analyze(everybody[:1], Interval.D1))
    assert one.time == MONDAY + 130 * DAY
    assert (await market.written())[0] == before[0] + 1
    assert (await market.stored()).items() >= _newest(market, "SYM0").items()


async def test_its_votes_are_those_of_the_signal(market: StoredMarket, analyst: EngineAnalyst) -> None:
    """Ranks among the others included."""
    one = market.instruments["SYM5"]
    subject = await analyst.subject(one, Interval.D1)
    assert len(subject.bars) == len(market.bars["SYM5"])
    (signal,) = _signals(await analyst.analyze([one], Interval.D1))
    assert newest_votes(PANEL, subject) == signal.votes


async def test_what_cannot_be_analysed_is_said(market: StoredMarket, analyst: EngineAnalyst, pool: Pool) -> None:
    """No bars, no closed bar, an interval that no signals are made of; too little history is a signal that says so."""
    none, young = await instrument(pool, "NONE"), await instrument(pool, "YOUNG")
    market.instruments["YOUNG"] = young
    await market.add("YOUNG", days(131, seed=9)[-1:])
    for one in (none, young):
        with pytest.raises(NotFound, match=f"no closed D1 bar of {one.symbol} is stored"):
            await analyst.subject(one, Interval.D1)
    found = await analyst.analyze([none, market.instruments["SYM0"], young], Interval.D1)
    assert {number: type(made) for number, made in found.items()} == {
        none.id: NotFound,
        young.id: NotFound,
        market.instruments["SYM0"].id: Signal,
    }
    market.now += DAY
    (early,) = _signals(await analyst.analyze([young], Interval.D1))
    assert (early.direction, early.score, early.confidence) == ("HOLD", 0.0, None)
    for asked in (analyst.subject(young, Interval.W1), analyst.analyze([young], Interval.W1)):
        with pytest.raises(BadInput, match="the engine makes signals of D1 bars, interval was W1"):
            await asked


async def test_it_waits_for_whoever_computes_the_series(market: StoredMarket, analyst: EngineAnalyst) -> None:
    """So that what it stores is never of older bars than what is stored already."""
    one = market.instruments["SYM2"]
    async with _held(market, one):
        asked = asyncio.create_task(analyst.analyze([one], Interval.D1))
        await _waits(market)
        corrected = market.bars["SYM2"]
        await market.add("SYM2", days(130, seed=50)[-1:])
        assert not asked.done()
    (signal,) = _signals(await asked)
    assert signal.price != corrected.close[-1]
    assert await market.stored() == _newest(market, "SYM2")


async def test_who_goes_away_waits_no_longer(market: StoredMarket, analyst: EngineAnalyst) -> None:
    """What has begun for him is finished, and others have their turn after it; one who only waited leaves nothing."""
    one, other = market.instruments["SYM2"], market.instruments["SYM4"]
    async with _held(market, one):
        asked = asyncio.create_task(analyst.analyze([one], Interval.D1))
        await _waits(market)
        behind = asyncio.create_task(analyst.analyze([other], Interval.D1))
        await asyncio.sleep(0)
        for task in (asked, behind):
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert await market.stored() == {}
    subject = await analyst.subject(market.instruments["SYM6"], Interval.D1)
    assert len(subject.bars) == len(market.bars["SYM6"])
    assert await market.stored() == _newest(market, "SYM2")


@asynccontextmanager
async def _held(market: StoredMarket, one: Instrument) -> AsyncIterator[None]:
    """Meanwhile somebody else computes a series."""
    version = plan().version
    await ensure_engine_series(market.pool, version, [Interval.D1])
    async with market.pool.acquire() as other, other.transaction():
        await hold_series(other, version=version, interval=Interval.D1, instrument_ids=[one.id])
        yield


async def _waits(market: StoredMarket) -> None:
    """Returns when somebody waits for a lock."""
    while not await market.pool.fetchval(  # noqa: ASYNC110
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    ):
        await asyncio.sleep(0.005)
