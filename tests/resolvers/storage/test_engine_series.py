"""Claims: each series once, those of the shard first, and nothing left behind by whoever is killed."""

import asyncio
from typing import TYPE_CHECKING

import pytest

from resolvers.ingest import Ingest
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.storage.engine_series import (
    Claim,
    Shard,
    claimed,
    done_revisions,
    ensure_engine_series,
    mark_done,
    pending,
    reopen,
)
from resolvers.storage.pool import Pool, connection
from tests.bars import instrument, spaced, store
from tests.computed import VERSION, computed
from tests.resolvers.storage.gates import blocked

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

_ALL = Shard(0, 1)
_D1 = [Interval.D1]


@pytest.fixture
async def many(pool: Pool) -> list[Instrument]:
    """Six instruments with days, which the engine has met."""
    found = [await instrument(pool, f"S{number}") for number in range(6)]
    for one in found:
        await store(pool, one, Interval.D1, spaced(3, Interval.D1))
    await ensure_engine_series(pool, VERSION, _D1)
    return found


async def _claimed(one: "Connection", *, most: int = 100, shard: Shard = _ALL) -> list[Claim]:
    return await claimed(one, version=VERSION, interval=Interval.D1, shard=shard, most=most)


async def _pending(pool: Pool) -> int:
    async with connection(pool) as one:
        return await pending(one, VERSION, _D1)


async def _done(one: "Connection", claims: list[Claim]) -> None:
    done = {claim.instrument_id: claim.revision for claim in claims}
    await mark_done(one, version=VERSION, interval=Interval.D1, done=done)


async def test_rows_are_made_once_for_each_series_of_the_intervals(pool: Pool, many: list[Instrument]) -> None:
    """Of a new instrument too; the week that follows from the days is another interval."""
    await ensure_engine_series(pool, VERSION, _D1)
    assert await pool.fetchval("SELECT count(*) FROM engine_series") == 6
    await store(pool, await instrument(pool, "NEW"), Interval.D1, spaced(3, Interval.D1))
    assert await _pending(pool) == 7
    await asyncio.gather(*(ensure_engine_series(pool, VERSION, [Interval.D1, Interval.W1]) for _ in range(3)))
    assert await pool.fetchval("SELECT count(*) FROM engine_series") == 14
    assert await _pending(pool) == 7


async def test_two_claim_different_series_and_each_its_own_first(pool: Pool, many: list[Instrument]) -> None:
    """What the other holds is passed by; when its own are done a shard takes what is left."""
    async with connection(pool) as one, connection(pool) as other, one.transaction(), other.transaction():
        mine = await _claimed(one, shard=Shard(0, 2), most=2)
        others = await _claimed(other, shard=Shard(1, 2), most=4)
        assert [claim.instrument_id % 2 for claim in mine] == [0, 0]
        assert sorted(claim.instrument_id % 2 for claim in others) == [0, 1, 1, 1]
        assert {claim.symbol for claim in [*mine, *others]} == {one.symbol for one in many}
        assert await _claimed(one) == mine
        assert {(claim.revision, claim.done_revision) for claim in mine} == {(1, 0)}


async def test_what_is_done_is_pending_again_with_its_next_bar(pool: Pool, many: list[Instrument]) -> None:
    """And only that."""
    async with connection(pool) as one, one.transaction():
        await _done(one, await _claimed(one))
    assert await _pending(pool) == 0
    await store(pool, many[2], Interval.D1, spaced(4, Interval.D1, seed=2))
    assert await _pending(pool) == 1
    async with connection(pool) as one, one.transaction():
        assert await _claimed(one) == [Claim(many[2].id, "S2", 2, 1)]
        ids = [many[2].id, many[3].id, 99]
        found = await done_revisions(one, version=VERSION, interval=Interval.D1, instrument_ids=ids)
        assert found == {many[2].id: 1, many[3].id: 1, 99: 0}


async def test_a_series_that_lost_its_bars_is_pending(pool: Pool, many: list[Instrument]) -> None:
    """So that its signals are cancelled."""
    async with connection(pool) as one, one.transaction():
        await _done(one, await _claimed(one))
    await pool.execute(
        "UPDATE series SET revision = revision + 1, last_time = NULL WHERE instrument_id = $1", many[0].id
    )
    async with connection(pool) as one, one.transaction():
        assert [claim.instrument_id for claim in await _claimed(one)] == [many[0].id]


async def test_a_writer_of_bars_waits_for_nobody(pool: Pool, many: list[Instrument]) -> None:
    """And its revision stays to be done: it came after what was computed."""
    async with connection(pool) as one, one.transaction():
        claims = await _claimed(one)
        async with asyncio.timeout(10):
            await store(pool, many[0], Interval.D1, spaced(4, Interval.D1, seed=2))
        await _done(one, claims)
    assert await _pending(pool) == 1


async def test_a_claim_is_of_the_moment_after_its_lock(pool: Pool, many: list[Instrument]) -> None:
    """
    Of the revision of then, and not of a series that somebody was done with meanwhile.

        one                              other
        claims with a snapshot: all
          pending at revision 1
        waits, within the statement
                                         stores a bar of the first: revision 2
                                         is done with the last
        locks, reads anew
    """
    async with connection(pool) as one, connection(pool) as other, connection(pool) as gate:
        held = gate.transaction()
        await held.start()
        # Rows are locked one after the other behind a sort, which this view makes wait after the snapshot was taken.
        await one.execute(
            "CREATE FUNCTION pg_temp.waited(number int) RETURNS int VOLATILE LANGUAGE sql"
            " AS 'SELECT pg_advisory_xact_lock_shared(7); SELECT number'"
        )
        await gate.execute("SELECT pg_advisory_xact_lock(7)")
        await one.execute(
            "CREATE TEMPORARY VIEW series AS SELECT pg_temp.waited(instrument_id) AS instrument_id, bar_minutes,"
            " revision FROM public.series"
        )
        async with one.transaction():
            claiming = asyncio.create_task(_claimed(one))
            await blocked(pool)
            await store(pool, many[0], Interval.D1, spaced(4, Interval.D1, seed=2))
            await mark_done(other, version=VERSION, interval=Interval.D1, done={many[5].id: 1})
            await held.rollback()
            claims = await claiming
        assert [(claim.symbol, claim.revision) for claim in claims] == [
            ("S0", 2),
            *((f"S{number}", 1) for number in range(1, 5)),
        ]
        await one.execute("DROP VIEW pg_temp.series")


async def test_who_is_killed_leaves_nothing(pool: Pool, many: list[Instrument]) -> None:
    """Neither signals nor a claim; the next one computes the same series."""
    ready = asyncio.Event()

    async def compute() -> None:
        async with Ingest(pool).engine_pass([2024]) as step:
            claims = await _claimed(step.one)
            parts = [computed(one, spaced(3, Interval.D1).time) for one in many]
            done = {claim.instrument_id: claim.revision for claim in claims}
            await step.store(version=VERSION, interval=Interval.D1, computed=parts, done=done)
            ready.set()
            await asyncio.Event().wait()

    running = asyncio.create_task(compute())
    await ready.wait()
    async with connection(pool) as one, one.transaction():
        assert await _claimed(one) == []
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (await _pending(pool), await pool.fetchval("SELECT count(*) FROM signals")) == (6, 0)
    async with connection(pool) as one, one.transaction():
        assert len(await _claimed(one)) == 6


async def test_after_another_fit_all_are_pending(pool: Pool, many: list[Instrument]) -> None:
    """Those too that are being computed with the one before: it waits for them."""
    async with connection(pool) as one:
        transaction = one.transaction()
        await transaction.start()
        await _done(one, await _claimed(one))

        async def again() -> None:
            async with connection(pool) as other, other.transaction():
                await reopen(other, version=VERSION, interval=Interval.D1)

        waiting = asyncio.create_task(again())
        await blocked(pool)
        await transaction.commit()
        await waiting
    assert await _pending(pool) == 6
