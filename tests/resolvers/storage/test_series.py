"""Writers side by side: they wait for each other, but never in a circle, and none undoes what another did."""

import asyncio
import random

from resolvers.model.instrument import Source
from resolvers.model.interval import Interval
from resolvers.model.session import UTC_DAYS
from resolvers.storage.bars import SeriesWrite, store_bars
from resolvers.storage.pool import Pool
from resolvers.storage.series import holds_bars_from
from tests.bars import LATER, NOON, instrument, spaced, store
from tests.resolvers.storage.rollup_oracle import Bar
from tests.resolvers.storage.tables import Stored, assert_as_from_scratch, columns, found

_INTERVALS = (Interval.M1, Interval.M5, Interval.H1, Interval.D1)


def _bar(interval: Interval, step: int) -> tuple[int, Bar]:
    """The bar of that step: always the same, so that the order of writers does not matter."""
    first = NOON // interval.seconds * interval.seconds
    price = float(step % 7 + 1)
    return first + step * interval.seconds, (price, price + 1, price, price + 1, float(step))


async def test_writers_of_overlapping_series_never_wait_in_a_circle(pool: Pool) -> None:
    """Sixty writes of random instruments, intervals and times: all are stored, and every rollup is right."""
    chance = random.Random(7)
    instruments = [await instrument(pool, symbol) for symbol in ("ACME", "NADIR", "ZENIT")]
    stored: dict[int, Stored] = {one.id: {interval: {} for interval in Interval} for one in instruments}
    calls: list[list[SeriesWrite]] = []
    for _ in range(60):
        call = []
        for one in chance.sample(instruments, chance.randint(1, 3)):
            for interval in chance.sample(_INTERVALS, chance.randint(1, 2)):
                bars = dict(_bar(interval, step) for step in chance.sample(range(12), 3))
                stored[one.id][interval] |= bars
                call.append(SeriesWrite(instrument=one, interval=interval, source=Source.FILE, bars=columns(bars)))
        calls.append(chance.sample(call, len(call)))
    await asyncio.gather(*(store_bars(pool, call, now=LATER) for call in calls))
    for one in instruments:
        assert_as_from_scratch(await found(pool, one.id), stored[one.id], UTC_DAYS)


async def test_a_source_holds_bars_once_some_are_stored(pool: Pool) -> None:
    """Neither before, nor for another source."""
    assert not await holds_bars_from(pool, Source.FILE)
    await store(pool, await instrument(pool), Interval.D1, spaced(1, Interval.D1))
    assert await holds_bars_from(pool, Source.FILE)
    assert not await holds_bars_from(pool, Source.SIMULATED)
