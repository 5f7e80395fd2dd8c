"""The simulated market goes on: one process stores what happens in it, however many serve it."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from gateway.feeds.simulated import SEED, simulated_continuation
from gateway.feeds.simulated_listings import SYMBOLS
from gateway.feeds.simulated_ticks import SimulatedTicks, Tick
from resolvers.errors import Unavailable
from resolvers.events.outage import Outage
from resolvers.ingest import Ingest
from resolvers.model.instrument import Instrument, Source
from resolvers.model.interval import Interval
from resolvers.model.quote import Quote
from resolvers.model.session import DAY
from resolvers.storage.bars import SeriesWrite
from resolvers.storage.instruments import instruments_by_name
from resolvers.storage.leading import Session, session
from resolvers.storage.pool import Pool, connection
from resolvers.storage.series_states import series_states

logger = logging.getLogger("gateway.simulated")

LOCK = 0x5_16A7
_WAIT_SECONDS = 2.0
_AHEAD_SECONDS = DAY


class SimulatedFeed:
    """
    Stores the simulated market as time passes, from where what is stored ends.

    Any number of processes may run one: who holds an advisory lock writes, and the others wait for it. What happened at
    a moment depends on the seed and the moment, so where two think that they lead they write the same.

    Args:
        dsn: PostgreSQL, for a connection of its own.
        writes_per_second: Each brings some instruments up to date, so that every one that trades has its turn at
            every eighth; 0 for a market that stands still.
        clock: Unix seconds.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        dsn: str,
        pool: Pool,
        ingest: Ingest,
        *,
        writes_per_second: float,
        seed: int = SEED,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._dsn = dsn
        self._pool = pool
        self._ingest = ingest
        self._rate = writes_per_second
        self._seed = seed
        self._clock = clock
        self._sleep = sleep
        self._outage = Outage(logger, "the simulated market stands still, PostgreSQL does not answer")

    async def run(self) -> None:
        """Writes until it is cancelled."""
        while self._rate > 0:
            try:
                async with session(self._dsn) as own:
                    self._outage.over()
                    await self._lead(own)
            except Unavailable as error:
                self._outage.met(error)
            except Exception:
                logger.exception("unforeseen error of the simulated market")
            await self._sleep(_WAIT_SECONDS)

    async def _lead(self, own: Session) -> None:
        while not await own.leads(LOCK):
            await self._sleep(_WAIT_SECONDS)
        market = await LiveMarket.opened(self._pool, self._ingest, seed=self._seed)
        # The lock goes with the session: without it another process may lead by now.
        while market is not None and own.is_open:
            await market.advance(self._clock())
            await self._sleep(1 / self._rate)


class LiveMarket:
    """
    The stored simulated market, and what follows.

    Args:
        stored: By symbol, the start of the newest minute that is stored.
    """

    def __init__(
        self, ingest: Ingest, instruments: Mapping[str, Instrument], stored: Mapping[str, int], *, seed: int = SEED
    ) -> None:
        self._ingest = ingest
        self._instruments = instruments
        self._stored = dict(stored)
        self._seed = seed
        self._ticks: SimulatedTicks | None = None
        self._drawn_until = 0.0
        self._turn = 0

    @classmethod
    async def opened(cls, pool: Pool, ingest: Ingest, *, seed: int = SEED) -> "LiveMarket | None":
        """The market of a database; None where there is none, or only a part of it."""
        named = await instruments_by_name(pool, list(SYMBOLS))
        async with connection(pool) as one:
            states = await series_states(one, Interval.M1, {found.id for found in named.values()})
        stored = {
            symbol: states[found.id].last_time
            for symbol, found in named.items()
            if found.id in states and states[found.id].source is Source.SIMULATED
        }
        return cls(ingest, named, stored, seed=seed) if len(stored) == len(SYMBOLS) else None

    async def advance(self, now: float) -> None:
        """Stores what became known up to *now* (unix seconds)."""
        if self._ticks is None or now >= self._drawn_until:
            self._ticks = await self._drawn(now)
        ticks = self._ticks.due(now, self._turn)
        self._turn += 1
        if ticks:
            await self._store(ticks, now)
            self._ticks.settle(ticks, now)

    async def _drawn(self, now: float) -> SimulatedTicks:
        """The market of the next day, after the hours of a gap too long for minutes are stored."""
        stored = self._stored if self._ticks is None else self._ticks.stored
        until = int(now) + _AHEAD_SECONDS
        series = await asyncio.to_thread(
            simulated_continuation, since=min(stored.values()), now=int(now), until=until, seed=self._seed
        )
        ticks = SimulatedTicks(series, stored, seed=self._seed)
        hours = [
            SeriesWrite(instrument=self._instruments[symbol], interval=Interval.H1, source=Source.SIMULATED, bars=bars)
            for symbol, bars in ticks.hours().items()
        ]
        if hours:
            await self._ingest.candles(hours, now=int(now), quotes=())
        self._drawn_until = float(until)
        return ticks

    async def _store(self, ticks: list[Tick], now: float) -> None:
        writes = [
            SeriesWrite(
                instrument=self._instruments[tick.symbol],
                interval=Interval.M1,
                source=Source.SIMULATED,
                bars=tick.bars,
            )
            for tick in ticks
        ]
        quotes = [
            Quote(
                instrument_id=self._instruments[tick.symbol].id,
                price=tick.price,
                bid=tick.bid,
                ask=tick.ask,
                as_of=datetime.fromtimestamp(tick.as_of, UTC),
                source=Source.SIMULATED,
            )
            for tick in ticks
        ]
        await self._ingest.candles(writes, now=int(now), quotes=quotes)
