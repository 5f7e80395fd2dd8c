"""Writing bars: what is stored, what follows from it, and what is refused."""

import asyncio

import numpy as np
import pytest

from gateway.config import ServerUrls
from resolvers.errors import Conflict, Unavailable
from resolvers.model.bars import Bars
from resolvers.model.instrument import Source
from resolvers.model.interval import Interval
from resolvers.model.window import StoredWindow, WindowRequest
from resolvers.storage.bars import SeriesWrite, store_bars
from resolvers.storage.pool import Pool
from resolvers.storage.windows import stored_windows
from tests.bars import LATER, instrument, spaced, store
from tests.resolvers.storage.gates import blocked, held, held_quote
from tests.resolvers.storage.tables import found

_LIMIT_SECONDS = 20


async def _everything(pool: Pool, instrument_id: int, interval: Interval) -> StoredWindow:
    request = WindowRequest(
        instrument_id=instrument_id, interval=interval, start=None, end=None, last=100_000, limit=100_000
    )
    (window,) = await stored_windows(pool, interval, [request])
    assert window is not None
    return window


def _same(one: Bars, other: Bars) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)
        for name in ("time", "open", "high", "low", "close", "volume")
    )


async def test_bars_come_back_as_they_were_stored(pool: Pool) -> None:
    """Every price to the last bit."""
    acme = await instrument(pool)
    bars = spaced(500, Interval.D1)
    await store(pool, acme, Interval.D1, bars)
    assert _same((await _everything(pool, acme.id, Interval.D1)).bars, bars)


async def test_the_same_bars_again_change_nothing(pool: Pool) -> None:
    """No change is reported, and the revision stays."""
    acme = await instrument(pool)
    bars = spaced(50, Interval.D1)
    first = await store(pool, acme, Interval.D1, bars)
    again = await store(pool, acme, Interval.D1, bars)
    assert [(change.interval, change.bars) for change in first] == [(Interval.D1, 50), (Interval.W1, 8)]
    assert again == []
    assert (await _everything(pool, acme.id, Interval.D1)).state.revision == 1


async def test_a_missing_volume_stays_missing(pool: Pool) -> None:
    """It comes back as NaN, and makes its week's volume unknown too."""
    acme = await instrument(pool)
    bars = spaced(4, Interval.D1)
    volume = bars.volume.copy()
    volume[1] = np.nan
    bars = Bars(time=bars.time, open=bars.open, high=bars.high, low=bars.low, close=bars.close, volume=volume)
    await store(pool, acme, Interval.D1, bars)
    assert _same((await _everything(pool, acme.id, Interval.D1)).bars, bars)
    assert np.isnan((await _everything(pool, acme.id, Interval.W1)).bars.volume[0])


async def test_a_series_keeps_its_source(pool: Pool) -> None:
    """Bars from a feed do not enter a series of imported ones."""
    acme = await instrument(pool)
    await store(pool, acme, Interval.D1, spaced(3, Interval.D1))
    with pytest.raises(Conflict, match="ACME D1 holds bars from FILE, and bars from FEED cannot be mixed in"):
        await store(pool, acme, Interval.D1, spaced(3, Interval.D1), source=Source.FEED)


async def test_simulated_and_real_never_mix(pool: Pool) -> None:
    """Neither real bars under a simulated instrument, nor the other way round."""
    nova = await instrument(pool, "NOVA", is_simulated=True)
    with pytest.raises(Conflict, match="NOVA is a simulated instrument"):
        await store(pool, nova, Interval.D1, spaced(3, Interval.D1))
    with pytest.raises(Conflict, match="ACME is a real instrument"):
        await store(pool, await instrument(pool), Interval.D1, spaced(3, Interval.D1), source=Source.SIMULATED)


async def test_a_writer_that_is_killed_leaves_nothing(pool: Pool, urls: ServerUrls) -> None:
    """Its connection ends when all is written but not committed; the next write finds everything as it was."""
    acme = await instrument(pool)
    await store(pool, acme, Interval.H1, spaced(30, Interval.H1))
    before = await found(pool, acme.id)
    more = spaced(60, Interval.H1, seed=2)
    async with asyncio.timeout(_LIMIT_SECONDS), held_quote(urls.database, acme):
        writer = asyncio.create_task(store(pool, acme, Interval.H1, more))
        await pool.fetch("SELECT pg_terminate_backend($1)", (await blocked(pool))[0])
        with pytest.raises(Unavailable, match="PostgreSQL cannot be reached"):
            await writer
    assert await found(pool, acme.id) == before
    await store(pool, acme, Interval.H1, more)
    assert _same((await _everything(pool, acme.id, Interval.H1)).bars, more)


@pytest.mark.parametrize(
    "gate",
    [
        "LOCK TABLE series",  # before it writes
        "LOCK TABLE candles IN SHARE MODE",  # in the middle of a COPY
        "LOCK TABLE quotes",  # at the end
    ],
)
async def test_a_writer_that_gives_up_leaves_nothing(pool: Pool, urls: ServerUrls, gate: str) -> None:
    """Wherever it is cancelled, nothing of it is stored, and no connection is spoilt."""
    acme = await instrument(pool)
    await store(pool, acme, Interval.H1, spaced(30, Interval.H1))
    before = await found(pool, acme.id)
    more = spaced(60, Interval.H1, seed=2)
    async with asyncio.timeout(_LIMIT_SECONDS), held(urls.database, gate):
        writers = [asyncio.create_task(store(pool, acme, Interval.H1, more)) for _ in range(4)]
        await blocked(pool, count=4)
        for writer in writers:
            writer.cancel()
        await asyncio.wait(writers)
    assert all(writer.cancelled() for writer in writers)
    assert await found(pool, acme.id) == before
    changes = await asyncio.gather(*(store(pool, acme, Interval.H1, more) for _ in range(5)))
    assert sorted(len(changed) for changed in changes) == [0, 0, 0, 0, 4]


async def test_a_refused_call_stores_none_of_its_bars(pool: Pool) -> None:
    """One series of another source refuses the good one beside it as well."""
    acme, nadir = await instrument(pool), await instrument(pool, "NADIR")
    await store(pool, nadir, Interval.D1, spaced(3, Interval.D1), source=Source.FEED)
    writes = [
        SeriesWrite(instrument=one, interval=Interval.D1, source=Source.FILE, bars=spaced(3, Interval.D1))
        for one in (acme, nadir)
    ]
    with pytest.raises(Conflict):
        await store_bars(pool, writes, now=LATER)
    assert (await found(pool, acme.id)).bars[Interval.D1] == {}


async def test_a_writer_that_waited_sees_what_the_other_wrote(pool: Pool, urls: ServerUrls) -> None:
    """Both bring the same new bars: the second one has nothing left to change."""
    acme = await instrument(pool)
    await store(pool, acme, Interval.D1, spaced(3, Interval.D1))
    async with asyncio.timeout(_LIMIT_SECONDS), asyncio.TaskGroup() as group:
        async with held_quote(urls.database, acme):
            first = group.create_task(store(pool, acme, Interval.D1, spaced(30, Interval.D1)))
            await blocked(pool)
            second = group.create_task(store(pool, acme, Interval.D1, spaced(30, Interval.D1)))
            await blocked(pool, count=2)
        assert sorted([len(await first), len(await second)]) == [0, 2]
    assert (await found(pool, acme.id)).series[Interval.D1]["revision"] == 2
