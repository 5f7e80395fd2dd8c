"""The simulated market in the database: made on the first start, and kept."""

import logging
from dataclasses import replace

from gateway.feeds.simulated import SimulatedSeries, simulated_market
from resolvers.ingest import Ingest
from resolvers.model.instrument import Instrument, Source
from resolvers.model.interval import Interval
from resolvers.model.quote import Quote
from resolvers.storage.bars import SeriesWrite
from resolvers.storage.pool import Pool, alone
from resolvers.storage.quotes import lacks_spread, latest_quotes
from resolvers.storage.series import holds_bars_from

logger = logging.getLogger("gateway.simulated")

_LOCK = 0x5_16A3


async def store_simulated_market(pool: Pool, *, now: int, ingest: Ingest | None = None) -> bool:
    """
    Stores the simulated market as of *now* (unix seconds) and returns True, unless one is stored already.

    One process makes it while the others wait. Its bars are one transaction, and the spreads of its quotes another;
    a start that was interrupted between them is completed by the next.
    """
    ingest = ingest or Ingest(pool)
    async with alone(pool, _LOCK):
        is_stored = await holds_bars_from(pool, Source.SIMULATED)
        if is_stored and not await lacks_spread(pool, Source.SIMULATED):
            return False
        logger.info("making the simulated market, once")
        market = {one.instrument.symbol: one for one in simulated_market(until=now)}
        instruments = await ingest.instruments([one.instrument for one in market.values()])
        if is_stored:
            await _spread_quotes(pool, ingest, market, instruments)
            return False
        writes = [
            SeriesWrite(instrument=instruments[symbol], interval=interval, source=Source.SIMULATED, bars=bars)
            for symbol, one in market.items()
            for interval, bars in ((Interval.H1, one.hours), (Interval.M1, one.minutes))
        ]
        changes = (await ingest.candles(writes, now=now)).changes
        await _spread_quotes(pool, ingest, market, instruments)
        logger.info("stored %d simulated bars of %d instruments", sum(one.bars for one in changes), len(market))
    return True


async def _spread_quotes(
    pool: Pool, ingest: Ingest, market: dict[str, SimulatedSeries], instruments: dict[str, Instrument]
) -> None:
    """Puts a bid and an ask around each price."""
    stored = await latest_quotes(pool, [one.id for one in instruments.values()])
    quotes: list[Quote] = []
    for symbol, one in market.items():
        quote = stored[instruments[symbol].id]
        half = quote.price * one.spread / 2
        quotes.append(replace(quote, bid=quote.price - half, ask=quote.price + half))
    await ingest.quotes(quotes)
