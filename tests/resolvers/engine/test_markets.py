"""The real market and the simulated one: in one database, and nothing of the one is in the signals of the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from resolvers.engine.analyst import EngineAnalyst
from resolvers.engine.engine import Engine
from resolvers.ingest import Ingest
from resolvers.model.interval import Interval
from resolvers.model.signal import Signal
from resolvers.model.vote import Abstention
from resolvers.storage.instrument_changes import update_instrument
from resolvers.storage.pool import Pool
from tests.resolvers.engine.market import DAY, MONDAY, StoredMarket, days, moved, plan

_RANKS = (49, 50)


@pytest.fixture
async def real(pool: Pool) -> StoredMarket:
    """Eleven instruments."""
    return await StoredMarket.of_days(pool, count=260)


@pytest.fixture
async def made_up(pool: Pool) -> StoredMarket:
    """Twelve others, of other bars; the same times are among them."""
    return await StoredMarket.of_days(pool, symbols=12, count=280, first=MONDAY - 10 * DAY, is_simulated=True)


@asynccontextmanager
async def _engine(market: StoredMarket) -> AsyncIterator[Engine]:
    engine = market.engine(plan())
    try:
        yield engine
    finally:
        engine.close()


async def _assert_apart(real: StoredMarket, made_up: StoredMarket) -> None:
    """What is stored is what each market has where there is no other."""
    assert await real.stored() == real.expected() | made_up.expected()


async def test_signals_are_those_of_their_own_market(real: StoredMarket, made_up: StoredMarket) -> None:
    """Ranks, confidence and base rate; and confidences there are."""
    engine = await real.computed()
    await _assert_apart(real, made_up)
    assert engine.tallies["D1"].series == 23
    known = await real.pool.fetch(
        "SELECT DISTINCT i.is_simulated FROM signals AS s JOIN instruments AS i ON i.id = s.instrument_id"
        " WHERE s.confidence IS NOT NULL"
    )
    assert {row["is_simulated"] for row in known} == {False, True}
    both = await real.pool.fetchval(
        "SELECT count(*) FROM (SELECT s.fit FROM signals AS s JOIN instruments AS i ON i.id = s.instrument_id"
        " WHERE s.fit IS NOT NULL GROUP BY s.fit HAVING count(DISTINCT i.is_simulated) = 2) AS f"
    )
    assert both == 0, "a fit is of one market"


async def test_a_real_instrument_learns_nothing_from_made_up_ones(made_up: StoredMarket) -> None:
    """Alone it has neither ranks nor a confidence, which the made-up ones have."""
    acme = StoredMarket(made_up.pool)
    await acme.add("ACME", days(130, seed=40))
    await made_up.computed()
    await _assert_apart(acme, made_up)
    ranks = "SELECT DISTINCT get_byte(votes, $2) AS vote FROM signals WHERE instrument_id = $1"
    for place in _RANKS:
        rows = await acme.pool.fetch(ranks, acme.instruments["ACME"].id, place)
        assert {row["vote"] for row in rows} <= {Abstention.UNIVERSE, Abstention.WARM_UP}
    rows = await acme.pool.fetch(ranks, made_up.instruments["NOVA0"].id, _RANKS[1])
    assert {row["vote"] for row in rows} >= {0, 1, 255}
    assert not await acme.pool.fetchval(
        "SELECT count(confidence) FROM signals WHERE instrument_id = $1", acme.instruments["ACME"].id
    )


async def test_bars_of_the_one_change_nothing_in_the_other(real: StoredMarket, made_up: StoredMarket) -> None:
    """New ones, a new month and corrected ones: no row of the other market is written again."""
    numbers = [one.id for one in real.instruments.values()]
    written = "SELECT sum(revision)::int FROM signals WHERE instrument_id = ANY($1::int[])"
    async with _engine(real) as engine:
        await engine.finish()
        before = await real.pool.fetchval(written, numbers)
        for start, end in ((280, 281), (281, 320)):
            first = MONDAY - 10 * DAY
            await made_up.add_all(
                {symbol: days(end, seed=number, first=first)[start:] for number, symbol in enumerate(made_up.bars)}
            )
            await engine.finish()
        await made_up.add("NOVA4", moved(made_up.bars["NOVA4"][-3:-1], 1.3))
        await engine.finish()
        await _assert_apart(real, made_up)
        assert await real.pool.fetchval(written, numbers) == before == len(real.expected())
        await real.add("SYM4", moved(real.bars["SYM4"][-3:-1], 1.3))
        await engine.finish()
        await _assert_apart(real, made_up)


async def test_several_engines_share_both_markets(real: StoredMarket, made_up: StoredMarket) -> None:
    """Each signal is there once, whoever made it."""
    engines = [real.engine(plan(most_rows=300)) for _ in range(2)]
    try:
        async with asyncio.timeout(60):
            await asyncio.gather(*(engine.finish() for engine in engines))
    finally:
        for engine in engines:
            engine.close()
    await _assert_apart(real, made_up)
    assert (await real.written())[0] == len(await real.stored())
    assert sum(engine.tallies["D1"].series for engine in engines) == 23


async def test_an_instrument_that_is_another_kind_from_now_on(real: StoredMarket, made_up: StoredMarket) -> None:
    """It is rare, and then both markets are counted anew, and all signals are those of the markets as they are now."""
    async with _engine(real) as engine:
        await engine.finish()
        await _move("NOVA3", made_up, real)
        await engine.finish()
        await _assert_apart(real, made_up)
        await _move("SYM2", real, made_up)
        await engine.finish()
        await _assert_apart(real, made_up)
    assert (await real.computed()).tallies["D1"].signals == 0


async def test_a_market_whose_newest_month_or_last_instrument_goes(pool: Pool, made_up: StoredMarket) -> None:
    """What was counted of it is known no more, although no month has come, and nobody counts."""
    real = StoredMarket(pool)
    await real.add_all({"OLD": days(100, seed=40), "LATE": days(140, seed=41)})
    async with _engine(real) as engine:
        await engine.finish()
        await _move("LATE", real, made_up)
        await engine.finish()
        await _assert_apart(real, made_up)
        counted = "SELECT is_simulated FROM engine_fits ORDER BY is_simulated"
        assert [row["is_simulated"] for row in await pool.fetch(counted)] == [False, True]
        await _move("OLD", real, made_up)
        await engine.finish()
        assert await made_up.stored() == made_up.expected()
        assert [row["is_simulated"] for row in await pool.fetch(counted)] == [True]


async def _move(symbol: str, out: StoredMarket, into: StoredMarket) -> None:
    one, bars = out.instruments.pop(symbol), out.bars.pop(symbol)
    into.instruments[symbol] = await update_instrument(out.pool, one, {"is_simulated": into.is_simulated}, None)
    into.bars[symbol] = bars


async def test_who_asks_at_once_gets_the_same(real: StoredMarket, made_up: StoredMarket) -> None:
    """Of instruments of both markets in one call."""
    now = float(max(bars.time[-1] for bars in made_up.bars.values()) + DAY)
    analyst = EngineAnalyst(real.pool, Ingest(real.pool, revisions=real.revisions), plan(), clock=lambda: now)
    try:
        asked = [made_up.instruments["NOVA1"], real.instruments["SYM1"], made_up.instruments["NOVA5"]]
        found = await analyst.analyze(asked, Interval.D1)
    finally:
        analyst.close()
    assert all(isinstance(one, Signal) for one in found.values())
    expected = real.expected() | made_up.expected()
    newest = {
        (one.id, int(market.bars[one.symbol].time[-1]))
        for market in (real, made_up)
        for one in asked
        if one.symbol in market.bars
    }
    assert await real.stored() == {key: expected[key] for key in newest}
    assert np.array_equal(sorted(found), sorted(one.id for one in asked))
