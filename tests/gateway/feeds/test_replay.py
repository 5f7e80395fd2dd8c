"""A replay keeps the order and the pace of its bars, on a clock of the test's."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from gateway.feeds.files import FileOptions, read_prices
from gateway.feeds.replay import Replay
from resolvers.errors import Conflict
from resolvers.ingest import Ingest
from resolvers.model.bars import Bars
from resolvers.model.instrument import Source
from resolvers.model.interval import Interval
from resolvers.model.quote import Quote
from resolvers.storage.bars import SeriesWrite, Written
from resolvers.storage.pool import Pool
from tests.bars import NOON, instrument, spaced, store, walk


class Time:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def clock(self) -> float:
        """Seconds that only grow."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Takes no time."""
        self.now += seconds


class TimedIngest(Ingest):
    """An ingest that remembers when it was given which bars."""

    def __init__(self, pool: Pool, time: Time) -> None:
        super().__init__(pool)
        self._time = time
        self.calls: list[tuple[float, dict[str, list[int]]]] = []

    async def candles(
        self, writes: Sequence[SeriesWrite], *, now: int, quotes: Sequence[Quote] | None = None
    ) -> Written:
        """Notes them and stores them."""
        bars = {write.instrument.symbol: [(time - NOON) // 60 for time in write.bars.time.tolist()] for write in writes}
        self.calls.append((self._time.now - 1000, bars))
        return await super().candles(writes, now=now, quotes=quotes)


async def replayed(
    pool: Pool, series: Mapping[str, Bars], *, speed: float
) -> tuple[int, list[tuple[float, dict[str, list[int]]]]]:
    """How many bars were published, and when which minutes were."""
    time = Time()
    ingest = TimedIngest(pool, time)
    instruments = {symbol: await instrument(pool, symbol) for symbol in series}
    replay = Replay(
        pool,
        ingest,
        series,
        instruments=instruments,
        interval=Interval.M1,
        speed=speed,
        clock=time.clock,
        sleep=time.sleep,
    )
    return await replay.run(), ingest.calls


async def test_bars_come_in_order_at_their_pace(pool: Pool) -> None:
    """All instruments on one clock, sixty times as fast; a night lasts ten bars."""
    series = {
        "ACME": walk([NOON, NOON + 60, NOON + 180]),
        "NADIR": walk([NOON + 60, NOON + 180, NOON + 60 * 600]),
    }
    count, calls = await replayed(pool, series, speed=60)
    assert count == 6
    assert calls == [
        (0, {"ACME": [0]}),
        (1, {"ACME": [1], "NADIR": [0 + 1]}),
        (3, {"ACME": [3], "NADIR": [3]}),
        (13, {"NADIR": [600]}),
    ]


async def test_what_is_stored_is_left_out(pool: Pool) -> None:
    """The pace begins with the first bar that is new."""
    bars = spaced(5, Interval.M1)
    await store(pool, await instrument(pool), Interval.M1, bars[:3], source=Source.FEED)
    assert await replayed(pool, {"ACME": bars}, speed=60) == (2, [(0, {"ACME": [3]}), (1, {"ACME": [4]})])
    assert await replayed(pool, {"ACME": bars}, speed=60) == (0, [])


async def test_bars_of_another_source_are_refused(pool: Pool) -> None:
    """They are not taken for progress."""
    bars = spaced(5, Interval.M1)
    await store(pool, await instrument(pool), Interval.M1, bars[:3])
    with pytest.raises(Conflict, match="ACME M1 holds bars from FILE"):
        await replayed(pool, {"ACME": bars}, speed=60)


async def test_real_minutes(pool: Pool, real_prices: Path) -> None:
    """A month of SPY in few writes where the speed is beyond what can be stored; the days follow."""
    options = FileOptions(symbol="SPY", interval=Interval.M1, timezone="America/New_York")
    series = read_prices(real_prices / "spy-1min.csv", options).series
    count, calls = await replayed(pool, series, speed=1e12)
    assert count == len(series["SPY"])
    assert len(calls) == -(-count // 500)
    assert await pool.fetchval("SELECT count(*) FROM candles WHERE bar_minutes = 1") == count
    assert await pool.fetchval("SELECT count(*) FROM candles WHERE bar_minutes = 1440") > 1
