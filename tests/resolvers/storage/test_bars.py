"""Writing bars: what is stored, what follows from it, and what is refused."""

import numpy as np
import pytest

from resolvers.errors import Conflict
from resolvers.model.bars import Bars
from resolvers.model.instrument import Source
from resolvers.model.interval import Interval
from resolvers.model.window import StoredWindow, WindowRequest
from resolvers.storage.pool import Pool
from resolvers.storage.windows import stored_windows
from tests.bars import instrument, spaced, store


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
