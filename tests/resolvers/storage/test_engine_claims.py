"""Claims beside others: what they see, and what is left of those who are killed."""

import asyncio
from typing import TYPE_CHECKING

import pytest

from resolvers.ingest import Ingest
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.storage.engine_series import Claim, Done, Shard, claimed, ensure_engine_series, mark_done, pending
from resolvers.storage.pool import Pool, connection
from tests.bars import NOON, instrument, spaced, store
from tests.computed import VERSION, computed
from tests.resolvers.storage.gates import blocked

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection


@pytest.fixture
async def many(pool: Pool) -> list[Instrument]:
    """Six instruments with days, which the engine has met."""
    found = [await instrument(pool, f"S{number}") for number in range(6)]
    for one in found:
        await store(pool, one, Interval.D1, spaced(3, Interval.D1))
    await ensure_engine_series(pool, VERSION, [Interval.D1])
    return found


async def _claimed(one: "Connection") -> list[Claim]:
    return await claimed(one, version=VERSION, interval=Interval.D1, contexts={}, now=NOON, shard=Shard(), most=99)


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
        await gate.execute("SELECT pg_advisory_xact_lock(7)")
        # The rows of this view, which are read before any is locked, make the statement wait after its snapshot.
        await one.execute(
            "CREATE FUNCTION pg_temp.waited(number int) RETURNS int VOLATILE LANGUAGE sql"
            " AS 'SELECT pg_advisory_xact_lock_shared(7); SELECT number'"
        )
        await one.execute(
            "CREATE TEMPORARY VIEW series AS SELECT pg_temp.waited(instrument_id) AS instrument_id, bar_minutes,"
            " revision, body_revision FROM public.series"
        )
        async with one.transaction():
            claiming = asyncio.create_task(_claimed(one))
            await blocked(pool)
            await store(pool, many[0], Interval.D1, spaced(4, Interval.D1, seed=2))
            done = {many[5].id: Done(1, None, b"")}
            await mark_done(other, version=VERSION, interval=Interval.D1, done=done)
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
            done = {claim.instrument_id: Done(claim.revision, None, b"") for claim in claims}
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
    async with connection(pool) as one, one.transaction():
        assert await pending(one, version=VERSION, interval=Interval.D1, contexts={}, now=NOON) == 6
        assert len(await _claimed(one)) == 6
    assert await pool.fetchval("SELECT count(*) FROM signals") == 0
