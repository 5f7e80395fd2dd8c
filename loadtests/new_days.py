"""New days of all symbols of a stored market, one after the other, and when their signals are there."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg
import numpy as np

from loadtests.stored_market import Database
from resolvers.ingest import Ingest
from resolvers.model.bars import Bars
from resolvers.model.instrument import Source
from resolvers.model.interval import Interval
from resolvers.model.session import DAY
from resolvers.storage.bars import SeriesWrite
from resolvers.storage.instruments import instruments_by_name
from resolvers.storage.pool import Pool, open_pool

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

_LOOK_SECONDS = 0.005


class NewDays:
    """The instruments of a market with their last closes; the newest day of all of them is the last one stored."""

    def __init__(self, pool: Pool, one: "Connection", last: int, closes: dict[str, float]) -> None:
        self._ingest = Ingest(pool)
        self._pool = pool
        self._one = one
        self._last = last
        self._closes = closes
        self._chance = np.random.default_rng(last)

    @classmethod
    @asynccontextmanager
    async def of(cls, database: Database) -> AsyncIterator["NewDays"]:
        """On connections of its own, until the block is left."""
        pool, one = await open_pool(database.url, size=2), await asyncpg.connect(database.url)
        try:
            rows = await one.fetch(
                "SELECT symbol, extract(epoch FROM s.last_time)::bigint AS last, c.close FROM series AS s"
                " JOIN instruments AS i ON i.id = s.instrument_id"
                " JOIN candles AS c ON (c.instrument_id, c.bar_minutes, c.time)"
                "  = (s.instrument_id, s.bar_minutes, s.last_time) WHERE s.bar_minutes = 1440"
            )
            yield cls(pool, one, max(row["last"] for row in rows), {row["symbol"]: row["close"] for row in rows})
        finally:
            await one.close()
            await pool.close()

    @property
    def symbols(self) -> int:
        """How many there are."""
        return len(self._closes)

    async def store_next(self) -> float:
        """Stores the next weekday of all of them in one transaction; the seconds until that is committed."""
        self._last = int(np.busday_offset(np.datetime64(self._last // DAY, "D"), 1, roll="backward").astype(int)) * DAY
        instruments = await instruments_by_name(self._pool, list(self._closes))
        writes = [
            SeriesWrite(
                instrument=instruments[symbol],
                interval=Interval.D1,
                source=Source.PUBLISHED,
                bars=self._bar(symbol, close),
            )
            for symbol, close in self._closes.items()
        ]
        begun = time.perf_counter()
        await self._ingest.candles(writes, now=int(time.time()))
        return time.perf_counter() - begun

    async def signals_stored(self, patience_seconds: float) -> None:
        """
        Returns when all have a signal of the day that was stored last.

        Raises:
            TimeoutError: If that takes too long.
        """
        async with asyncio.timeout(patience_seconds):
            while await self._signals() < len(self._closes):  # noqa: ASYNC110 - other processes store them
                await asyncio.sleep(_LOOK_SECONDS)

    async def is_idle(self, patience_seconds: float) -> None:
        """Returns when nobody has told of signals for some seconds."""
        async with asyncio.timeout(patience_seconds):
            before, now = -1, await self._told()
            while before != now:
                await asyncio.sleep(4)
                before, now = now, await self._told()

    async def _signals(self) -> int:
        # Of the version that is computed most, which is the one that all days before have.
        return int(
            await self._one.fetchval(
                "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM signals WHERE time = to_timestamp($1)"
                " GROUP BY producer) AS found",
                float(self._last),
            )
        )

    async def _told(self) -> int:
        return int(await self._one.fetchval("SELECT n FROM event_numbers WHERE kind = 'signals'"))

    def _bar(self, symbol: str, close: float) -> Bars:
        opened, moved = close, close * float(np.exp(self._chance.normal(0, 0.01)))
        self._closes[symbol] = moved
        return Bars(
            time=np.array([self._last], np.int64),
            open=np.array([opened]),
            high=np.array([max(opened, moved) * 1.002]),
            low=np.array([min(opened, moved) * 0.998]),
            close=np.array([moved]),
            volume=np.array([float(self._chance.integers(100_000, 10_000_000))]),
        )
