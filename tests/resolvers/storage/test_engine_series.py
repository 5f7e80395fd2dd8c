"""Which series the engine has work with, and that no two workers have the same."""

import asyncio

import pytest

from resolvers.model.instrument import Source
from resolvers.model.interval import Interval
from resolvers.storage.bars import SeriesWrite, store_bars
from resolvers.storage.engine_series import (
    Claim,
    Done,
    Shard,
    claimed,
    ensure_engine_series,
    mark_done,
    pending,
)
from resolvers.storage.pool import Pool, connection
from tests.bars import LATER, NOON, instrument, spaced, store

VERSION = "0123456789ab"


async def _claimed(
    pool: Pool, *, now: float = NOON, contexts: dict[int, bytes] | None = None, **asked: object
) -> list[Claim]:
    async with connection(pool) as one, one.transaction():
        return await claimed(
            one,
            **{  # type: ignore[arg-type]
                "version": VERSION,
                "interval": Interval.H1,
                "contexts": contexts or {},
                "now": now,
                "shard": Shard(),
                "most": 99,
                **asked,
            },
        )


async def _pending(pool: Pool, *, now: float = NOON, contexts: dict[int, bytes] | None = None) -> int:
    async with connection(pool) as one:
        return await pending(one, version=VERSION, interval=Interval.H1, contexts=contexts or {}, now=now)


async def _finish(
    pool: Pool, claims: list[Claim], *, quiet_until: float | None = None, context: bytes = b"same"
) -> None:
    async with connection(pool) as one:
        done = {claim.instrument_id: Done(claim.revision, quiet_until, context) for claim in claims}
        await mark_done(one, version=VERSION, interval=Interval.H1, done=done)


@pytest.fixture
async def ids(pool: Pool) -> list[int]:
    """Four instruments with hours."""
    found = []
    for number in range(4):
        one = await instrument(pool, f"SYM{number}")
        await store(pool, one, Interval.H1, spaced(10, Interval.H1, seed=number))
        found.append(one.id)
    await ensure_engine_series(pool, VERSION, [Interval.H1])
    return found


async def test_what_was_never_computed_is_pending_and_what_is_done_is_not(pool: Pool, ids: list[int]) -> None:
    """A series without a row is claimed by nobody; making the rows again changes nothing."""
    assert await _pending(pool) == 4
    claims = await _claimed(pool)
    assert [(claim.instrument_id, claim.done_revision, claim.context) for claim in claims] == [
        (i, 0, None) for i in ids
    ]
    assert [claim.symbol for claim in claims] == ["SYM0", "SYM1", "SYM2", "SYM3"]
    await _finish(pool, claims[:3])
    await ensure_engine_series(pool, VERSION, [Interval.H1])
    assert [claim.instrument_id for claim in await _claimed(pool)] == ids[3:]
    assert await _pending(pool) == 1
    async with connection(pool) as one:
        assert await pending(one, version="another", interval=Interval.H1, contexts={}, now=NOON) == 0
    await ensure_engine_series(pool, "another", [Interval.H1, Interval.D1])
    async with connection(pool) as one:
        assert await pending(one, version="another", interval=Interval.D1, contexts={}, now=NOON) == 4


async def test_a_newer_and_a_corrected_bar_are_work(pool: Pool, ids: list[int]) -> None:
    """Also while the newest bar forms, because the one before it is over then."""
    acme = await instrument(pool, "SYM0")
    await _finish(pool, await _claimed(pool), quiet_until=NOON + 3600)
    for bars in (spaced(11, Interval.H1, seed=0), spaced(3, Interval.H1, seed=9)):
        await store(pool, acme, Interval.H1, bars)
        claims = await _claimed(pool)
        assert [claim.instrument_id for claim in claims] == ids[:1]
        assert claims[0].revision > claims[0].done_revision > 0
        assert (claims[0].context, claims[0].quiet_until) == (b"same", NOON + 3600)
        await _finish(pool, claims, quiet_until=NOON + 3600)
    assert await _claimed(pool) == []


async def test_a_bar_that_forms_is_no_work_until_it_is_over(pool: Pool, ids: list[int]) -> None:
    """However often it changes; and then it is, although nothing was written since."""
    acme = await instrument(pool, "SYM0")
    forms_until = NOON + 10 * 3600
    await _finish(pool, await _claimed(pool), quiet_until=forms_until)
    await store(pool, acme, Interval.H1, spaced(10, Interval.H1, seed=7)[-1:])
    assert await _pending(pool, now=forms_until - 1) == 0
    assert await _claimed(pool, now=forms_until - 1) == []
    assert await _pending(pool, now=forms_until) == 4
    await _finish(pool, await _claimed(pool, now=forms_until))
    assert await _pending(pool, now=forms_until) == 0
    # What is over may be corrected, and then it is work at once.
    await store(pool, acme, Interval.H1, spaced(10, Interval.H1, seed=8)[-1:])
    assert [claim.instrument_id for claim in await _claimed(pool, now=forms_until)] == ids[:1]


async def test_another_context_is_work(pool: Pool, ids: list[int]) -> None:
    """For the series whose signals rest on something else now, and for nobody who does not say."""
    await _finish(pool, await _claimed(pool), context=b"before")
    assert await _pending(pool, contexts=dict.fromkeys(ids, b"before")) == 0
    contexts = dict.fromkeys(ids, b"before") | {ids[2]: b"after"}
    assert await _pending(pool, contexts=contexts) == 1
    [claim] = await _claimed(pool, contexts=contexts)
    assert (claim.instrument_id, claim.context) == (ids[2], b"before")


async def test_a_series_that_has_lost_its_bars_is_work(pool: Pool, ids: list[int]) -> None:
    """Its signals have to go."""
    await _finish(pool, await _claimed(pool))
    async with connection(pool) as one:
        await one.execute(
            "UPDATE series SET first_time = NULL, last_time = NULL, revision = revision + 1,"
            " body_revision = body_revision + 1 WHERE instrument_id = $1 AND bar_minutes = 60",
            ids[1],
        )
    assert [claim.instrument_id for claim in await _claimed(pool)] == [ids[1]]


async def test_nobody_claims_what_another_has(pool: Pool, ids: list[int]) -> None:
    """One takes some, the other the rest at once, without waiting; what the first gives up is there again."""
    asked = {"version": VERSION, "interval": Interval.H1, "contexts": {}, "now": float(NOON), "shard": Shard()}
    async with connection(pool) as one, connection(pool) as other:
        first = one.transaction()
        await first.start()
        mine = await claimed(one, most=3, **asked)  # type: ignore[arg-type]
        async with asyncio.timeout(5), other.transaction():
            theirs = await claimed(other, most=3, **asked)  # type: ignore[arg-type]
        assert [claim.instrument_id for claim in mine + theirs] == ids
        await first.rollback()
    assert len(await _claimed(pool)) == 4


async def test_the_shard_comes_first_and_the_others_after_it(pool: Pool, ids: list[int]) -> None:
    """So that a dead worker's series are not forgotten; and what is left alone is not taken."""
    for number in (0, 1):
        own = [one for one in ids if one % 2 == number]
        claims = await _claimed(pool, shard=Shard(number, 2), most=3)
        assert {claim.instrument_id for claim in claims} >= set(own)
        assert len(claims) == 3
        claims = await _claimed(pool, shard=Shard(number, 2), most=2)
        assert [claim.instrument_id for claim in claims] == own
    assert [claim.instrument_id for claim in await _claimed(pool, without=ids[1:])] == ids[:1]


async def test_writers_of_bars_do_not_wait_for_a_claim(pool: Pool, ids: list[int]) -> None:
    """They touch no row that is claimed; what they write is work afterwards."""
    acme = await instrument(pool, "SYM0")
    async with connection(pool) as one, one.transaction():
        claims = await claimed(
            one, version=VERSION, interval=Interval.H1, contexts={}, now=NOON, shard=Shard(), most=99
        )
        write = SeriesWrite(
            instrument=acme, interval=Interval.H1, source=Source.FILE, bars=spaced(12, Interval.H1, seed=0)
        )
        async with asyncio.timeout(5):
            await store_bars(pool, [write], now=LATER)
        done = {claim.instrument_id: Done(claim.revision, None, b"same") for claim in claims}
        await mark_done(one, version=VERSION, interval=Interval.H1, done=done)
    assert [claim.instrument_id for claim in await _claimed(pool)] == ids[:1]
