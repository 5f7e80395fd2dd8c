"""Whatever was written, corrected, read, expired and evicted before: a read is what an uncached one returns."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import numpy as np
import redis.asyncio as redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvers import market
from resolvers.cache.nouns import Lives, Nouns
from resolvers.errors import NotFound
from resolvers.model.instrument import InstrumentSpec, Source
from resolvers.model.instrument_page import InstrumentPage
from resolvers.model.interval import Interval
from resolvers.model.quote import Quote
from resolvers.model.window import Reach, StoredWindow, WindowRequest
from resolvers.storage.instrument_changes import create_instruments
from resolvers.storage.instruments import instrument_count, instrument_page, instruments_by_name, stored_intervals
from resolvers.storage.pool import Pool
from resolvers.storage.quotes import latest_quotes, store_quotes
from resolvers.storage.windows import stored_windows
from tests.bars import NOON, store, walk
from tests.resolvers.reading.process import Process, request

_HOUR = 3600
_SYMBOLS = ("ACME", "NADIR", "LATER")
_PAGES = (InstrumentPage(), InstrumentPage(first=1), InstrumentPage(search="a"))

_writes = st.tuples(
    st.just("write"), st.sampled_from(_SYMBOLS[:2]), st.sets(st.integers(0, 60), min_size=1, max_size=6), st.integers()
)
# What happens most: the newest bar changes, or another one follows it.
_ticks = st.tuples(st.just("tick"), st.sampled_from(_SYMBOLS[:2]), st.booleans(), st.integers())
_times = st.none() | st.integers(-3, 70).map(lambda hours: NOON + hours * _HOUR)
_reads = st.tuples(
    st.just("read"),
    st.integers(0, 1),
    st.lists(
        st.builds(
            request,
            st.integers(1, 3),
            st.sampled_from([Interval.H1, Interval.H4, Interval.D1]),
            last=st.none() | st.sampled_from([1, 5, 1000]),
            start=_times,
            end=_times,
            limit=st.sampled_from([10, 1000]),
            reach=st.sampled_from([Reach(), Reach(bars=3), Reach(anchored=True)]),
        ).filter(lambda one: one.start is None or one.end is None or one.start < one.end),
        min_size=1,
        max_size=4,
    ),
)
_others = st.sampled_from(
    [
        *(("quote", "ACME"), ("quote", "NADIR"), ("instrument", "LATER"), ("life",), ("forget", 0), ("forget", 1)),
        *(("flush",), ("garbage",), ("list", 0), ("list", 1)),
    ]
)
_actions = st.lists(st.one_of(_writes, _ticks, _ticks, _reads, _reads, _reads, _others), min_size=5, max_size=30)


class World:
    """A database with two processes before it that share a Redis; every write is followed by its events."""

    def __init__(self, pool: Pool, client: redis.Redis) -> None:
        self.pool = pool
        self.client = client
        self.origin = uuid4().hex
        # One has hardly any memory, so that it drops what it holds all the time.
        self.processes = [
            Process(pool, client=client, origin=self.origin, nouns=Nouns(Lives(), window_bytes=size))
            for size in (2**20, 20_000)
        ]

    async def begin(self) -> None:
        """Empties what earlier examples have left."""
        await self.pool.execute("TRUNCATE instruments, series, candles, quotes RESTART IDENTITY CASCADE")
        await self._committed(
            lambda: create_instruments(self.pool, [InstrumentSpec(symbol=one) for one in _SYMBOLS[:2]])
        )

    async def write(self, symbol: str, hours: set[int], seed: int) -> None:
        """New bars, corrected ones, and the same ones again."""
        one = (await instruments_by_name(self.pool, [symbol]))[symbol]
        bars = walk([NOON + hour * _HOUR for hour in sorted(hours)], seed=seed % 5)
        await self._committed(lambda: store(self.pool, one, Interval.H1, bars))

    async def tick(self, symbol: str, is_new: bool, seed: int) -> None:
        """The newest bar again, or the one after it."""
        last = await self.pool.fetchval(
            "SELECT extract(epoch FROM max(time))::bigint FROM candles JOIN instruments ON id = instrument_id"
            " WHERE symbol = $1 AND bar_minutes = 60",
            symbol,
        )
        hour = 0 if last is None else (last - NOON) // _HOUR + is_new
        await self.write(symbol, {hour}, seed)

    async def quote(self, symbol: str) -> None:
        """A quote that differs from all before."""
        one = (await instruments_by_name(self.pool, [symbol]))[symbol]
        number = await self.pool.fetchval("SELECT coalesce(max(revision), 0) FROM quotes")
        quote = Quote(
            instrument_id=one.id,
            price=1.0 + number,
            as_of=datetime.fromtimestamp(NOON + 100 * _HOUR, UTC) + timedelta(seconds=number),
            source=Source.FEED,
        )
        await self._committed(lambda: store_quotes(self.pool, [quote]))

    async def instrument(self, symbol: str) -> None:
        """An instrument that was unknown so far, the first time."""
        await self._committed(lambda: create_instruments(self.pool, [InstrumentSpec(symbol=symbol)]))

    async def life(self) -> None:
        """Time passes, and some lives end."""
        for process in self.processes:
            process.now += 200.0

    async def forget(self, process: int) -> None:
        """A process that begins anew."""
        self.processes[process].tiers.forget()

    async def flush(self) -> None:
        """Redis has dropped everything."""
        async for key in self.client.scan_iter(match=f"cache:{self.origin}:*", count=1000):
            await self.client.delete(key)

    async def garbage(self) -> None:
        """Redis has damaged everything."""
        async for key in self.client.scan_iter(match=f"cache:{self.origin}:*", count=1000):
            if await self.client.type(key) == b"string":
                await self.client.setrange(key, 30, b"garbage")

    async def read(self, process: int, asked: list[WindowRequest]) -> None:
        """Windows in one operation."""
        found = await self.processes[process].loaders().window.load_many(asked)
        for one, window in zip(asked, found, strict=True):
            (expected,) = await stored_windows(self.pool, one.interval, [one])
            assert _told(window) == _told(expected), one

    async def list(self, process: int) -> None:
        """Everything else that can be read."""
        loaders, pool = self.processes[process].loaders(), self.pool
        known = await instruments_by_name(pool, _SYMBOLS)
        ids = [one.id for one in known.values()]
        assert await loaders.instrument_by_name.load_many(_SYMBOLS) == [known.get(one) for one in _SYMBOLS]
        quotes, intervals = await latest_quotes(pool, ids), await stored_intervals(pool, ids)
        assert await loaders.quote.load_many(ids) == [quotes.get(one) for one in ids]
        assert [list(one or ()) for one in await loaders.intervals.load_many(ids)] == [
            intervals.get(one, []) for one in ids
        ]
        for page in _PAGES:
            assert await market.instruments(loaders, page) == await instrument_page(pool, page)
            assert await market.count_of_instruments(loaders, page) == await instrument_count(pool, page)

    async def _committed(self, write: Callable[[], Awaitable[object]]) -> None:
        """Writes, moves the revisions that a write moves, and lets both processes hear of it."""
        bodies, rest = await self._bodies(), await self._rest()
        await write()
        for key, body in (await self._bodies()).items():
            if bodies.get(key) != body:
                await self.pool.execute(
                    "UPDATE series SET body_revision = revision WHERE instrument_id = $1 AND bar_minutes = $2", *key
                )
        now = await self._rest()
        for key, row in now["quotes"].items():
            if rest["quotes"].get(key) not in (None, row):
                await self.pool.execute("UPDATE quotes SET revision = revision + 1 WHERE instrument_id = $1", key)
        if rest["instruments"] != now["instruments"]:
            await self.pool.execute("UPDATE collections SET revision = revision + 1")
        for process in self.processes:
            await process.hear()

    async def _bodies(self) -> dict[tuple[int, int], Any]:
        """All bars of each series but the newest, and the time of that."""
        bodies: dict[tuple[int, int], Any] = {}
        for *key, time, open_, high, low, close, volume in await self.pool.fetch(
            "SELECT instrument_id, bar_minutes, time, open, high, low, close, volume FROM candles ORDER BY time"
        ):
            bodies.setdefault((key[0], key[1]), []).append((time, open_, high, low, close, volume))
        return {key: (rows[:-1], rows[-1][0]) for key, rows in bodies.items()}

    async def _rest(self) -> dict[str, Any]:
        quotes = await self.pool.fetch("SELECT * FROM quotes")
        return {
            "quotes": {row["instrument_id"]: dict(row) for row in quotes},
            "instruments": [
                tuple(row)
                for row in await self.pool.fetch(
                    "SELECT i.symbol, s.bar_minutes FROM instruments AS i LEFT JOIN series AS s"
                    " ON s.instrument_id = i.id AND s.last_time IS NOT NULL ORDER BY 1, 2"
                )
            ],
        }


def _told(window: StoredWindow | None) -> Any:
    if window is None:
        return None
    columns = [getattr(window.bars, name) for name in ("time", "open", "high", "low", "close", "volume")]
    state = window.state
    figures = (window.offset, window.is_cut, window.read_bars, state.source, state.first_time, state.last_time)
    return np.array(columns).tobytes(), figures


@given(actions=_actions)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
async def test_a_read_is_what_an_uncached_read_returns(
    pool: Pool, client: redis.Redis, actions: list[tuple[Any, ...]]
) -> None:
    """Any order of writes, corrections, reads of two processes, ends of lives, evictions and damages."""
    world = World(pool, client)
    await world.begin()
    for name, *arguments in actions:
        await getattr(world, name)(*arguments)
    for process in (0, 1):
        await world.list(process)
        await world.read(process, [request(1), request(2), request(1, Interval.D1, last=2)])
        await world.processes[process].tiers.close()


async def test_an_unknown_instrument_is_found_once_it_exists(pool: Pool) -> None:
    """That it was unknown is held, until the instruments move."""
    process = Process(pool)
    await process.hear()
    for _ in range(2):
        try:
            await market.instrument(process.loaders(), "acme")
        except NotFound:
            continue
        raise AssertionError
    assert process.counts("instrument") == (1, 0, 1)
    await create_instruments(pool, [InstrumentSpec(symbol="ACME")])
    await pool.execute("UPDATE collections SET revision = revision + 1")
    await process.hear()
    assert (await market.instrument(process.loaders(), "acme")).symbol == "ACME"
