"""Latest quotes: one row per instrument."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import asyncpg

from resolvers.model.event import EventKind
from resolvers.model.instrument import Source
from resolvers.model.quote import Quote
from resolvers.model.versioned import Versioned
from resolvers.storage.changed_quotes import ChangedQuote, changed_quotes, returning_changed
from resolvers.storage.instruments import session_calendars
from resolvers.storage.outbox import newest_numbers
from resolvers.storage.pool import connection, snapshot
from resolvers.storage.quote_days import DAYS, date_of, days_of_quote
from resolvers.storage.written import Written, told

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

_COLUMNS = "instrument_id, price, bid, ask, previous_close, volume, as_of, source"
_NAMES = tuple(_COLUMNS.split(", "))

_REPLACE = returning_changed(
    f"INSERT INTO quotes ({_COLUMNS})"  # noqa: S608
    " SELECT n.id, n.price, n.bid, n.ask, coalesce(before.close, n.previous_close),"
    "  CASE WHEN today.time IS NOT NULL THEN today.volume ELSE n.volume END, n.as_of, n.source"
    " FROM unnest($1::int[], $2::float8[], $3::float8[], $4::float8[], $5::float8[], $6::float8[],"
    "  $7::timestamptz[], $8::text[], $9::date[], $10::date[])"
    "  AS n (id, price, bid, ask, previous_close, volume, as_of, source, first_day, last_day)"
    f" {DAYS} ORDER BY n.id"
    " ON CONFLICT (instrument_id) DO UPDATE SET"
    " (price, bid, ask, previous_close, volume, as_of, source, revision) = (excluded.price, excluded.bid, excluded.ask,"
    "  excluded.previous_close, excluded.volume, excluded.as_of, excluded.source, quotes.revision + 1)"
    " WHERE quotes.as_of <= excluded.as_of"
    " AND (quotes.price, quotes.bid, quotes.ask, quotes.previous_close, quotes.volume, quotes.as_of, quotes.source)"
    "  IS DISTINCT FROM (excluded.price, excluded.bid, excluded.ask, excluded.previous_close, excluded.volume,"
    "   excluded.as_of, excluded.source)"
)


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


async def quotes_at_number(pool: asyncpg.Pool, instrument_ids: Sequence[int]) -> tuple[int, dict[int, Quote]]:
    """The number of the newest event of quotes, and the quotes of one moment, which contain it and no later one."""
    async with snapshot(pool) as one:
        number = (await newest_numbers(one)).get(EventKind.QUOTES, 0)
        rows = await one.fetch(f"SELECT {_COLUMNS} FROM quotes WHERE instrument_id = ANY($1::int[])", instrument_ids)  # noqa: S608
    return number, {row["instrument_id"]: Quote(**{**row, "source": Source(row["source"])}) for row in rows}


async def lacks_spread(pool: asyncpg.Pool, source: Source) -> bool:
    """Whether a quote from *source* has no bid."""
    async with connection(pool) as one:
        return bool(
            await one.fetchval("SELECT EXISTS (SELECT FROM quotes WHERE source = $1 AND bid IS NULL)", source.value)
        )


async def store_quotes(pool: asyncpg.Pool, quotes: Sequence[Quote]) -> Written:
    """
    Replaces the quotes of their instruments, except by older ones; *quotes* has at most one of each instrument.

    Where days are stored, the previous close and the session's volume are theirs, as they are of a quote that days
    are stored after; so the same quote again changes nothing. Elsewhere they are as given.
    """
    async with connection(pool) as one, one.transaction():
        return await told(one, quotes=await replace_quotes(one, quotes))


async def replace_quotes(one: "Connection", quotes: Sequence[Quote]) -> list[ChangedQuote]:
    """As `store_quotes`, within a transaction that locks no quotes before; those that are different now."""
    quotes = sorted(quotes, key=lambda quote: quote.instrument_id)
    ids = [quote.instrument_id for quote in quotes]
    # A writer of days that is on its way holds these, so that the next statement sees what it wrote.
    await one.execute("SELECT FROM quotes WHERE instrument_id = ANY($1::int[]) ORDER BY instrument_id FOR UPDATE", ids)
    calendars = await session_calendars(one, ids)
    days = [days_of_quote(calendars[quote.instrument_id], quote.as_of.timestamp()) for quote in quotes]
    rows = await one.fetch(
        _REPLACE,
        ids,
        [quote.price for quote in quotes],
        [quote.bid for quote in quotes],
        [quote.ask for quote in quotes],
        [quote.previous_close for quote in quotes],
        [quote.volume for quote in quotes],
        [quote.as_of for quote in quotes],
        [quote.source.value for quote in quotes],
        [date_of(first) for first, _ in days],
        [date_of(last) for _, last in days],
    )
    return changed_quotes(rows)
