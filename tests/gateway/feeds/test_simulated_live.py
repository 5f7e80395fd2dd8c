"""The simulated market goes on in the database, by one process at a time."""

import asyncio

import pytest

from gateway.background import in_background
from gateway.config import ServerUrls
from gateway.feeds.simulated_live import LOCK, LiveMarket, SimulatedFeed
from resolvers.ingest import Ingest
from resolvers.model.bars import Bars
from resolvers.model.event import EventKind
from resolvers.model.instrument import Source
from resolvers.model.interval import Interval
from resolvers.model.session import DAY
from resolvers.storage.bars import SeriesWrite
from resolvers.storage.instruments import instruments_by_name
from resolvers.storage.leading import session
from resolvers.storage.outbox import newest_numbers
from resolvers.storage.pool import Pool, connection
from resolvers.storage.quotes import latest_quotes
from resolvers.storage.spans import Span, bars_of_spans
from tests.gateway.feeds.market_sample import SYMBOLS, UNTIL, Market, market_by_symbol, same

_MINUTE = UNTIL // 60 * 60
_TAIL = 120


async def store_end(pool: Pool, market: Market) -> None:
    """The last two hours of trading of each instrument: what came before matters to nobody here."""
    ingest = Ingest(pool)
    instruments = await ingest.instruments([one.instrument for one in market.values()])
    writes = [
        SeriesWrite(
            instrument=instruments[symbol], interval=Interval.M1, source=Source.SIMULATED, bars=one.minutes[-_TAIL:]
        )
        for symbol, one in market.items()
    ]
    await ingest.candles(writes, now=UNTIL)


async def stored(pool: Pool, symbol: str, *, start: int, end: int, interval: Interval = Interval.M1) -> Bars:
    """The stored bars of [start, end)."""
    found = await instruments_by_name(pool, [symbol])
    async with connection(pool) as one:
        return (await bars_of_spans(one, interval, [Span(instrument_id=found[symbol].id, start=start, end=end)]))[0]


async def opened(pool: Pool) -> LiveMarket:
    """The market that is stored."""
    market = await LiveMarket.opened(pool, Ingest(pool))
    assert market is not None
    return market


async def test_it_goes_on_where_it_ended(pool: Pool, market: Market) -> None:
    """After an hour of writes, one of which is missing, the minutes are those of a market that is made then."""
    await store_end(pool, market)
    live = await opened(pool)
    for now in (UNTIL + 0.5, UNTIL + 60, UNTIL + 61.5, UNTIL + 1800, UNTIL + 3600):
        await live.advance(now)
    later = market_by_symbol(UNTIL + 3600)
    for symbol in SYMBOLS:
        whole = later[symbol].minutes
        last = int(market[symbol].minutes.time[-_TAIL])
        assert same(
            await stored(pool, symbol, start=last, end=_MINUTE + 3600),
            whole[int((whole.time < last).sum()) : int((whole.time < _MINUTE + 3600).sum())],
        ), symbol


async def test_a_restart_fills_the_gap(pool: Pool, market: Market) -> None:
    """The minute that was forming when the process ended is finished, and those that nobody wrote are there."""
    await store_end(pool, market)
    before = await opened(pool)
    for _ in range(8):
        await before.advance(UNTIL + 1)
    forming = await stored(pool, "QUBZUSD", start=_MINUTE, end=_MINUTE + 60)
    assert len(forming) == 1
    now = UNTIL + 2 * DAY
    await (await opened(pool)).advance(now)
    later = market_by_symbol(now)
    for symbol in ("QUBZUSD", "NOVA", "ZEDQUA"):
        whole = later[symbol].minutes
        part = whole[int((whole.time < _MINUTE).sum()) :]
        assert len(part) > 60
        assert same(await stored(pool, symbol, start=_MINUTE, end=now // 60 * 60), part), symbol
    assert not same(forming, await stored(pool, "QUBZUSD", start=_MINUTE, end=_MINUTE + 60))


async def test_a_write_is_one_event_of_quotes_with_their_spreads(pool: Pool, market: Market) -> None:
    """The quote is the forming bar's close, between bid and ask, as of the moment; longer bars follow."""
    await store_end(pool, market)
    live = await opened(pool)
    await live.advance(UNTIL + 0.25)
    async with connection(pool) as one:
        before = (await newest_numbers(one))[EventKind.QUOTES]
    for _ in range(8):
        await live.advance(UNTIL + 10.25)
    async with connection(pool) as one:
        assert (await newest_numbers(one))[EventKind.QUOTES] == before + 8
    instruments = await instruments_by_name(pool, SYMBOLS)
    quotes = await latest_quotes(pool, [one.id for one in instruments.values()])
    for symbol, instrument in instruments.items():
        quote = quotes[instrument.id]
        assert quote.bid is not None
        assert quote.ask is not None
        assert quote.bid <= quote.price <= quote.ask
        assert quote.as_of.timestamp() == UNTIL + 10.25
        minute = await stored(pool, symbol, start=_MINUTE, end=_MINUTE + 60)
        week = await stored(pool, symbol, start=_MINUTE - 7 * DAY, end=_MINUTE + DAY, interval=Interval.W1)
        assert minute.close.tolist() == [quote.price]
        assert week.close[-1] == quote.price


async def test_a_market_that_is_not_there_does_not_go_on(pool: Pool) -> None:
    """A database of the user's own gets no simulated instrument."""
    assert await LiveMarket.opened(pool, Ingest(pool)) is None


class Pauses:
    """Sleeps that end when the test has seen them, and move the clock."""

    def __init__(self) -> None:
        self.now = UNTIL + 1.0
        self.lengths: list[float] = []
        self._begun = asyncio.Semaphore(0)
        self._ended = asyncio.Semaphore(0)

    def clock(self) -> float:
        """The time of the test."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Until the test goes on."""
        self.lengths.append(seconds)
        self._begun.release()
        await self._ended.acquire()
        self.now += seconds

    async def begun(self) -> None:
        """Waits for the next sleep."""
        async with asyncio.timeout(30):
            await self._begun.acquire()

    def end(self) -> None:
        """Ends it."""
        self._ended.release()


@pytest.fixture
def pauses() -> Pauses:
    """Those of a feed."""
    return Pauses()


async def test_one_process_writes_however_many_serve(
    pool: Pool, urls: ServerUrls, market: Market, pauses: Pauses
) -> None:
    """Who does not hold the lock waits, and takes over when it is free; who has lost its session lets go."""
    await store_end(pool, market)
    feed = SimulatedFeed(urls.database, pool, Ingest(pool), writes_per_second=4, clock=pauses.clock, sleep=pauses.sleep)
    async with session(urls.database) as other:
        assert await other.leads(LOCK)
        async with in_background(feed.run()):
            for _ in range(3):
                await pauses.begun()
                pauses.end()
            await pauses.begun()
            assert pauses.lengths == [2.0] * 4
            assert len(await stored(pool, "QUBZUSD", start=_MINUTE, end=_MINUTE + 60)) == 0
            await other.close()
            pauses.end()
            await pauses.begun()
            assert pauses.lengths[4:] == [0.25]
            assert len(await stored(pool, "QUBZUSD", start=_MINUTE - 60, end=_MINUTE)) == 1
            async with connection(pool) as one:
                await one.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE objid = $1", LOCK)
            for _ in range(50):
                pauses.end()
                await pauses.begun()
                if pauses.lengths[-2:] == [2.0, 0.25]:
                    break
            assert pauses.lengths[-2:] == [2.0, 0.25]


async def test_a_market_of_no_writes_stands_still(pool: Pool, urls: ServerUrls, pauses: Pauses) -> None:
    """0 writes a second: the feed ends at once."""
    await SimulatedFeed(urls.database, pool, Ingest(pool), writes_per_second=0, sleep=pauses.sleep).run()
    assert pauses.lengths == []
