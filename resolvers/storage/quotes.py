"""Latest quotes: one row per instrument."""

from collections.abc import Sequence

import asyncpg

from resolvers.model.instrument import Source
from resolvers.model.quote import Quote
from resolvers.model.versioned import Versioned
from resolvers.storage.pool import connection

_COLUMNS = "instrument_id, price, bid, ask, previous_close, volume, as_of, source"
_NAMES = tuple(_COLUMNS.split(", "))


async def latest_quotes(pool: asyncpg.Pool, instrument_ids: Sequence[int]) -> dict[int, Quote]:
    """The quotes of those instruments that have one."""
    return {number: read.value for number, read in (await read_quotes(pool, instrument_ids)).items()}


async def read_quotes(pool: asyncpg.Pool, instrument_ids: Sequence[int]) -> dict[int, Versioned[Quote]]:
    """As `latest_quotes`, each with its revision."""
    async with connection(pool) as one:
        rows = await one.fetch(
            f"SELECT revision, {_COLUMNS} FROM quotes WHERE instrument_id = ANY($1::int[])",  # noqa: S608
            instrument_ids,
        )
    quotes = {}
    for revision, *values in rows:
        quote = Quote(**{**dict(zip(_NAMES, values, strict=True)), "source": Source(values[-1])})
        quotes[quote.instrument_id] = Versioned(quote, revision)
    return quotes


async def lacks_spread(pool: asyncpg.Pool, source: Source) -> bool:
    """Whether a quote from *source* has no bid."""
    async with connection(pool) as one:
        return bool(
            await one.fetchval("SELECT EXISTS (SELECT FROM quotes WHERE source = $1 AND bid IS NULL)", source.value)
        )


async def store_quotes(pool: asyncpg.Pool, quotes: Sequence[Quote]) -> None:
    """Replaces the quotes of their instruments, except by older ones."""
    async with connection(pool) as one:
        await one.executemany(
            f"INSERT INTO quotes ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"  # noqa: S608
            " ON CONFLICT (instrument_id) DO UPDATE SET"
            " (price, bid, ask, previous_close, volume, as_of, source) = (excluded.price, excluded.bid, excluded.ask,"
            " excluded.previous_close, excluded.volume, excluded.as_of, excluded.source)"
            " WHERE quotes.as_of <= excluded.as_of",
            [
                (q.instrument_id, q.price, q.bid, q.ask, q.previous_close, q.volume, q.as_of, q.source.value)
                for q in sorted(quotes, key=lambda quote: quote.instrument_id)
            ],
        )
