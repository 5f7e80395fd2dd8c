"""The mirror holds what is stored, however it came there."""

from dataclasses import replace

import numpy as np
import pytest

from resolvers.engine.mirror import Mirror
from resolvers.ingest import Ingest
from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool, connection
from resolvers.storage.spans import Span, bars_of_spans
from tests.bars import walk
from tests.resolvers.engine.market import DAY, MONDAY, StoredMarket, days, moved, plan

_COLUMNS = ("time", "open", "high", "low", "close", "volume")


async def _assert_is_stored(mirror: Mirror, market: StoredMarket, *, since: int | None = None) -> None:
    held = list(mirror.of(market.interval))
    assert {one.stored.symbol for one in held} == {symbol for symbol, bars in market.bars.items() if len(bars)}
    async with connection(market.pool) as one:
        stored = await bars_of_spans(
            one, market.interval, [Span(instrument_id=series.stored.instrument_id, start=since) for series in held]
        )
        revisions = {
            row["instrument_id"]: row["revision"]
            for row in await one.fetch(
                "SELECT instrument_id, revision FROM series WHERE bar_minutes = $1", market.interval.value
            )
        }
    for series, bars in zip(held, stored, strict=True):
        assert series.stored.revision == revisions[series.stored.instrument_id]
        for name in _COLUMNS:
            np.testing.assert_array_equal(getattr(series.bars, name), getattr(bars, name))


async def test_it_follows_what_is_written(pool: Pool) -> None:
    """New bars, earlier ones, corrections and new instruments, one after the other and several at once."""
    market = await StoredMarket.of_days(pool, symbols=3, count=30)
    mirror = Mirror(pool, plan())
    assert await mirror.refresh()
    await _assert_is_stored(mirror, market)
    assert not await mirror.refresh()
    await market.add("SYM1", days(32, seed=1)[30:])
    await market.add("SYM2", moved(market.bars["SYM2"][4:6], 1.1))
    await market.add("OTHER", days(9, seed=9))
    assert await mirror.refresh()
    await _assert_is_stored(mirror, market)
    await market.add("SYM2", days(5, seed=3, first=MONDAY - 20 * DAY))
    assert await mirror.refresh()
    await _assert_is_stored(mirror, market)


async def test_what_is_not_its_own_changes_nothing(pool: Pool) -> None:
    """Bars of other intervals, and signals."""
    market = await StoredMarket.of_days(pool, symbols=2, count=10)
    mirror = Mirror(pool, plan())
    await mirror.refresh()
    hours = StoredMarket(pool, Interval.W1)
    hours.instruments = market.instruments
    await hours.add("SYM0", walk(MONDAY + 7 * DAY * np.arange(60, 64)))
    assert not await mirror.refresh()
    await _assert_is_stored(mirror, market)


@pytest.mark.parametrize(
    "sql", ["DELETE FROM outbox WHERE number = 4", "DELETE FROM outbox", "UPDATE origins SET id = gen_random_uuid()"]
)
async def test_what_was_forgotten_is_read_anew(pool: Pool, sql: str) -> None:
    """An event in the middle, all of them, and another database under the same name."""
    market = await StoredMarket.of_days(pool, symbols=3, count=30)
    mirror = Mirror(pool, plan())
    await mirror.refresh()
    for number in range(3):
        await market.add(f"SYM{number}", days(33, seed=number)[30:])
    await pool.execute(sql)
    assert await mirror.refresh()
    await _assert_is_stored(mirror, market)


async def test_which_bars_may_be_others_since_a_revision(pool: Pool) -> None:
    """Of all changes since then the earliest; nothing is known of before it was read."""
    market = await StoredMarket.of_days(pool, symbols=1, count=30)
    mirror = Mirror(pool, plan())
    await mirror.refresh()
    [series] = mirror.of(Interval.D1)
    begun, time = series.stored.revision, market.bars["SYM0"].time
    await market.add("SYM0", moved(market.bars["SYM0"][20:22], 1.1))
    await market.add("SYM0", days(31, seed=0)[30:])
    await mirror.refresh()
    assert series.stored.revision == begun + 2
    assert series.unknown_from(begun, None) == time[20]
    assert series.unknown_from(begun + 1, None) == time[29] + DAY
    assert series.unknown_from(begun + 2, None) == float("inf")
    assert series.unknown_from(begun - 1, None) is None
    assert series.unknown_from(begun + 3, None) is None
    # What formed when signals were stored has none, though nothing was written since.
    assert series.unknown_from(begun + 2, float(time[28] + DAY)) == time[28]
    assert series.unknown_from(begun + 2, float(time[0])) is None


async def test_what_is_over_at_a_moment(pool: Pool) -> None:
    """By the end of the day where the instrument is traded; an edited zone is heard of."""
    market = await StoredMarket.of_days(pool, symbols=1, count=30)
    mirror = Mirror(pool, plan())
    await mirror.refresh()
    [series] = mirror.of(Interval.D1)
    end = float(market.bars["SYM0"].time[-1] + DAY)
    assert [series.closed(moment) for moment in (end - DAY - 1, end - DAY, end - 1, end)] == [28, 29, 29, 30]
    assert series.quiet_until(end - 1) == end
    assert series.quiet_until(end - DAY - 1) == end - DAY
    assert series.quiet_until(end) is None
    assert mirror.closing_next(end - 1) == end
    assert mirror.closing_next(end) == float("inf")
    await Ingest(pool).edited(market.instruments["SYM0"], {"timezone": "America/New_York"}, None)
    await mirror.refresh()
    [series] = mirror.of(Interval.D1)
    assert series.closed(end) == 29


async def test_of_a_short_interval_it_holds_what_is_looked_at(pool: Pool) -> None:
    """From the beginning of the month before that of the first bar of the history."""
    market = StoredMarket(pool, Interval.M30)
    await market.add("SYM0", walk(MONDAY + 1800 * np.arange(48 * 100)))
    mirror = Mirror(pool, replace(plan(), intervals=(Interval.M30,), history=48 * 30))
    await mirror.refresh()
    # The history begins on 2024-03-11, so from 2024-02-01 on.
    await _assert_is_stored(mirror, market, since=MONDAY + 31 * DAY)
    await market.add("SYM0", moved(market.bars["SYM0"][:5], 1.1))
    await market.add("SYM0", walk(MONDAY + 1800 * np.arange(48 * 100, 48 * 101)))
    await mirror.refresh()
    await _assert_is_stored(mirror, market, since=MONDAY + 31 * DAY)


async def test_a_series_without_bars_is_not_there(pool: Pool) -> None:
    """One that has lost them has none; one that never had any is unknown."""
    market = await StoredMarket.of_days(pool, symbols=2, count=10)
    await pool.execute(
        "UPDATE series SET first_time = NULL, last_time = NULL WHERE instrument_id = $1", market.instruments["SYM1"].id
    )
    mirror = Mirror(pool, plan())
    await mirror.refresh()
    assert [one.stored.symbol for one in mirror.of(Interval.D1)] == ["SYM0"]
    assert mirror.find((Interval.D1, market.instruments["SYM1"].id)) is None
