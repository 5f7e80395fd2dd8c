"""A file of days may take the place of days that followed from somebody else's minutes."""

import pytest

from resolvers.errors import Conflict
from resolvers.model.instrument import Instrument, Source
from resolvers.model.interval import Interval
from resolvers.storage.bars import SeriesWrite, Written, store_bars
from resolvers.storage.pool import Pool
from tests.bars import LATER, NOON, instrument, spaced, store
from tests.resolvers.storage.tables import Found, found

_HOURS = spaced(24 * 20, Interval.H1)
_DAYS = spaced(40, Interval.D1, start=NOON - 30 * 86_400, seed=2)


async def _imported(pool: Pool, one: Instrument) -> Written:
    write = SeriesWrite(instrument=one, interval=Interval.D1, source=Source.FILE, bars=_DAYS)
    return await store_bars(pool, [write], now=LATER)


def _contents(tables: Found) -> tuple[object, object]:
    return tables.bars, {
        interval: (row["source"], row["first_time"], row["last_time"]) for interval, row in tables.series.items()
    }


@pytest.mark.parametrize("source", [Source.FEED, Source.PUBLISHED])
async def test_the_order_of_feed_and_file_does_not_matter(pool: Pool, source: Source) -> None:
    """Days and weeks are the file's either way, all shorter ones the feed's."""
    one, other = await instrument(pool), await instrument(pool, "NADIR")
    await store(pool, one, Interval.H1, _HOURS, source=source)
    await _imported(pool, one)
    await _imported(pool, other)
    await store(pool, other, Interval.H1, _HOURS, source=source)
    tables = await found(pool, one.id)
    assert _contents(tables) == _contents(await found(pool, other.id))
    assert {interval: row["source"] for interval, row in tables.series.items()} == {
        Interval.H1: source,
        Interval.H4: source,
        Interval.D1: Source.FILE,
        Interval.W1: Source.FILE,
    }
    assert sorted(tables.bars[Interval.D1]) == _DAYS.time.tolist()
    # What comes later from the feed leaves them alone, and the file again changes nothing.
    more = spaced(24 * 25, Interval.H1)
    await store(pool, one, Interval.H1, more, source=source)
    assert (await found(pool, one.id)).bars[Interval.D1] == tables.bars[Interval.D1]
    assert (await _imported(pool, one)).events == []


async def test_everybody_hears_that_the_old_days_are_gone(pool: Pool) -> None:
    """One event for each series, with new revisions, which names the whole range."""
    one = await instrument(pool)
    await store(pool, one, Interval.H1, _HOURS, source=Source.FEED)
    before = (await found(pool, one.id)).series
    events = {
        str(event.body["interval"]): event
        for event in (await _imported(pool, one)).events
        if event.body.get("interval")
    }
    after = (await found(pool, one.id)).series
    assert events.keys() == {"D1", "W1"}
    for interval in (Interval.D1, Interval.W1):
        event = events[interval.name]
        assert after[interval]["revision"] > before[interval]["revision"]
        assert event.revisions[f"candles:{one.id}:{interval.value}"] == after[interval]["revision"]
        assert event.body["firstTime"] <= before[interval]["first_time"]
        assert event.body["lastTime"] >= before[interval]["last_time"]


@pytest.mark.parametrize(
    ("held", "coming"), [(Source.FEED, Source.PUBLISHED), (Source.FILE, Source.FEED), (Source.FILE, Source.PUBLISHED)]
)
async def test_only_a_file_takes_a_place(pool: Pool, held: Source, coming: Source) -> None:
    """What comes by itself never removes anything."""
    one = await instrument(pool)
    await store(pool, one, Interval.H1, _HOURS, source=held)
    with pytest.raises(Conflict, match=f"ACME D1 holds bars from {held}, and bars from {coming} cannot be mixed in"):
        await store(pool, one, Interval.D1, _DAYS, source=coming)


async def test_a_stored_bar_gives_no_way(pool: Pool) -> None:
    """One day that the feed stored itself keeps the file out, and nothing has changed."""
    one = await instrument(pool)
    await store(pool, one, Interval.H1, _HOURS, source=Source.FEED)
    await store(pool, one, Interval.D1, _DAYS[30:31], source=Source.FEED)
    before = await found(pool, one.id)
    with pytest.raises(Conflict, match="ACME D1 holds bars from FEED"):
        await _imported(pool, one)
    assert await found(pool, one.id) == before
