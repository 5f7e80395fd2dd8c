"""Bars of a file, published in the order of time as if they happened now, faster."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

import numpy as np

from resolvers.ingest import Ingest
from resolvers.model.bars import Bars, IntArray, Series
from resolvers.model.instrument import Instrument, Source
from resolvers.model.interval import Interval
from resolvers.storage.bars import SeriesWrite
from resolvers.storage.pool import Pool, connection
from resolvers.storage.series_states import series_states

_LONGEST_PAUSE_BARS = 10
_MOST_MOMENTS = 500
_INSTANT_SECONDS = 1e-6  # shorter than this a clock may not move at all


class Replay:
    """
    Publishes each bar at its end, all instruments on one clock that runs *speed* times as fast.

    A pause in trading, such as a night, is shortened to ten bars. What is stored already is left out, so a replay that
    was interrupted goes on where it was.

    Args:
        series: Bars by symbol.
        instruments: Of these symbols.
        clock: Seconds that only grow.
        sleep: Waits so many seconds.
        advance: Called with the number of bars of each write.
    """

    def __init__(
        self,
        pool: Pool,
        ingest: Ingest,
        series: Mapping[str, Bars],
        *,
        instruments: Mapping[str, Instrument],
        interval: Interval,
        speed: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        advance: Callable[[int], object] = lambda _: None,
    ) -> None:
        self._pool = pool
        self._ingest = ingest
        self._series = series
        self._instruments = instruments
        self._interval = interval
        self._speed = speed
        self._clock = clock
        self._sleep = sleep
        self._advance = advance

    async def run(self) -> int:
        """
        Publishes all bars, and returns how many there were to publish.

        Raises:
            Conflict: If a series holds bars from another source.
        """
        left = await self._left()
        moments = np.unique(np.concatenate([np.empty(0, np.int64), *(bars.time for bars in left.values())]))
        due_after = _schedule(moments, self._interval, self._speed)
        begun, done = self._clock(), 0
        while done < len(moments):
            passed = self._clock() - begun
            due = min(int(np.searchsorted(due_after, passed + _INSTANT_SECONDS, "right")), done + _MOST_MOMENTS)
            if due <= done:
                await self._sleep(float(due_after[done]) - passed)
                continue
            await self._publish(left, int(moments[done]), int(moments[due - 1]))
            done = due
        return sum(len(bars) for bars in left.values())

    async def _left(self) -> dict[str, Bars]:
        """The bars after the newest stored one of each series."""
        ids = {symbol: self._instruments[symbol].id for symbol in self._series}
        async with connection(self._pool) as one:
            states = await series_states(one, self._interval, set(ids.values()))
        left = {}
        for symbol, bars in self._series.items():
            state = states.get(ids[symbol])
            # Bars of another source are no progress of ours; the first write will say so.
            is_ours = state is not None and state.source is Source.FEED
            left[symbol] = (
                bars[int(np.searchsorted(bars.time, state.last_time, "right")) :] if is_ours and state else bars
            )
        return left

    async def _publish(self, left: Mapping[str, Bars], first: int, last: int) -> None:
        writes = []
        for symbol, bars in left.items():
            low, high = np.searchsorted(bars.time, first), np.searchsorted(bars.time, last, "right")
            if low < high:
                writes.append(
                    SeriesWrite(
                        instrument=self._instruments[symbol],
                        interval=self._interval,
                        source=Source.FEED,
                        bars=bars[int(low) : int(high)],
                    )
                )
        await self._ingest.candles(writes, now=int(time.time()))
        self._advance(sum(len(write.bars) for write in writes))


def _schedule(moments: IntArray, interval: Interval, speed: float) -> Series:
    """After how many seconds each moment's bars are due; the first ones are at once."""
    steps = np.minimum(np.diff(moments, prepend=moments[:1]), _LONGEST_PAUSE_BARS * interval.seconds)
    return np.asarray(np.cumsum(steps) / speed)
