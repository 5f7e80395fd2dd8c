"""Fits: counted once for everybody, grown month by month, and counted anew where others have a past."""

import asyncio

import numpy as np
import pytest

from resolvers.compute.calibration import Calibration
from resolvers.compute.engine.fits import counted
from resolvers.model.interval import Interval
from resolvers.model.market import Market
from resolvers.storage.engine_fits import EngineFit, read_fit
from resolvers.storage.pool import Pool, connection
from tests.resolvers.engine.market import StoredMarket, days, plan


async def _fit(pool: Pool, *, is_simulated: bool = False) -> EngineFit:
    async with connection(pool) as one:
        found = await read_fit(one, plan().version, Market(Interval.D1, is_simulated))
    assert found is not None
    return found


async def _assert_is_as_counted_anew(market: StoredMarket) -> None:
    fit = await _fit(market.pool)
    month = market.month()
    assert fit.month == month
    known = Calibration(fit.scores)
    await market.pool.execute("DELETE FROM engine_fits")
    await market.computed()
    anew = await _fit(market.pool)
    assert known.fit_id(month) == Calibration(anew.scores).fit_id(month)
    np.testing.assert_array_equal(fit.track.pairs.total(), anew.track.pairs.total())
    np.testing.assert_array_equal(fit.track.agents.total(), anew.track.agents.total())


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """For each series that is counted, from which month on."""
    found: list[int | None] = []

    def noting(*given: object, since: int | None, month: int) -> object:
        found.append(since)
        return counted(*given, since=since, month=month)  # type: ignore[arg-type]

    monkeypatch.setattr("resolvers.engine.learning.counted", noting)
    return found


async def test_it_is_counted_once_however_many_compute(pool: Pool, counts: list[int | None]) -> None:
    """The others wait, and read it."""
    market = await StoredMarket.of_days(pool)
    engines = [market.engine(plan(most_rows=300)) for _ in range(3)]
    try:
        await asyncio.gather(*(engine.finish() for engine in engines))
    finally:
        for engine in engines:
            engine.close()
    assert counts == [None] * 11
    assert (await _fit(pool)).instrument_ids == tuple(sorted(one.id for one in market.instruments.values()))


async def test_a_new_month_adds_the_last_one(pool: Pool, counts: list[int | None]) -> None:
    """And comes out as if all had been counted anew."""
    market = await StoredMarket.of_days(pool, count=100)
    await market.computed()
    before = market.month()
    await market.add_all({symbol: days(125, seed=number)[100:] for number, symbol in enumerate(market.bars)})
    await market.computed()
    assert market.month() == before + 1
    assert counts == [None] * 11 + [before] * 11
    await _assert_is_as_counted_anew(market)


async def test_within_a_month_nothing_is_counted(pool: Pool, counts: list[int | None]) -> None:
    """Nor for an instrument that has no bar of before it."""
    market = await StoredMarket.of_days(pool, count=100)
    await market.computed()
    await market.add("NEW", days(101, seed=50)[95:])
    await market.computed()
    assert len(counts) == 11
    assert await market.stored() == market.expected()


async def test_another_instrument_with_a_past_is_counted_with_all_others(pool: Pool, counts: list[int | None]) -> None:
    """And signals are as their bars have them then."""
    market = await StoredMarket.of_days(pool, count=100)
    await market.computed()
    await market.add("OLD", days(100, seed=50))
    await market.computed()
    assert counts == [None] * 23
    assert await market.stored() == market.expected()


async def test_one_series_that_cannot_be_counted_is_left_out(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said, and all others are counted."""
    market = await StoredMarket.of_days(pool, symbols=3, count=60)
    faulty = market.instruments["SYM1"].id

    def failing(panel: object, subject: object, *given: object, **named: object) -> object:
        if subject.instrument_id == faulty:  # type: ignore[attr-defined]
            raise ArithmeticError("a fault of this series")
        return counted(panel, subject, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("resolvers.engine.learning.counted", failing)
    engine = await market.computed()
    assert engine.failing == 0
    assert "SYM1 is not counted: ArithmeticError('a fault of this series')" in caplog.text
    assert len(await market.stored()) == len(market.expected())


async def test_real_and_simulated_instruments_are_counted_apart(pool: Pool, counts: list[int | None]) -> None:
    """Each market has a fit of its own instruments alone, and a new month of the one is none of the other."""
    real = await StoredMarket.of_days(pool, count=100)
    made_up = await StoredMarket.of_days(pool, symbols=12, count=70, is_simulated=True)
    await real.computed()
    assert counts == [None] * 23
    for market, fit in ((real, await _fit(pool)), (made_up, await _fit(pool, is_simulated=True))):
        assert fit.instrument_ids == tuple(sorted(one.id for one in market.instruments.values()))
        assert fit.month == market.month()
    before = await _fit(pool)
    await made_up.add_all({symbol: days(100, seed=number)[70:] for number, symbol in enumerate(made_up.bars)})
    await real.computed()
    assert counts == [None] * 23 + [made_up.month() - 1] * 12
    assert Calibration((await _fit(pool)).scores).fit_id(650) == Calibration(before.scores).fit_id(650)
