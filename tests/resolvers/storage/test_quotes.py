"""Latest quotes: read in one batch, and replaced by newer ones alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from resolvers.model.instrument import Source
from resolvers.model.quote import Quote
from resolvers.model.versioned import Versioned
from resolvers.storage.pool import Pool
from resolvers.storage.quotes import latest_quotes, read_quotes, store_quotes
from tests.bars import instrument

_NOON = datetime(2024, 1, 8, 12, tzinfo=UTC)


def _quote(instrument_id: int) -> Quote:
    return Quote(
        instrument_id=instrument_id,
        price=1 / 3,
        bid=0.3,
        ask=0.4,
        previous_close=0.2,
        volume=0.0,
        as_of=_NOON,
        source=Source.FEED,
    )


async def test_quotes_come_back_as_they_were_stored(pool: Pool) -> None:
    """Every field; an instrument without a quote is absent, and nothing asked is nothing read."""
    acme, nadir, other = [await instrument(pool, symbol) for symbol in ("ACME", "NADIR", "OTHER")]
    bare = Quote(instrument_id=nadir.id, price=5.0, as_of=_NOON, source=Source.FILE)
    await store_quotes(pool, [bare, _quote(acme.id)])
    assert await latest_quotes(pool, [acme.id, nadir.id, other.id]) == {acme.id: _quote(acme.id), nadir.id: bare}
    assert await latest_quotes(pool, []) == {}


async def test_a_quote_is_read_with_its_revision(pool: Pool) -> None:
    """In the same statement."""
    acme, nadir = [await instrument(pool, symbol) for symbol in ("ACME", "NADIR")]
    await store_quotes(pool, [_quote(acme.id)])
    await pool.execute("UPDATE quotes SET revision = 9")
    assert await read_quotes(pool, [acme.id, nadir.id]) == {acme.id: Versioned(_quote(acme.id), 9)}


async def test_an_older_quote_does_not_replace_a_newer_one(pool: Pool) -> None:
    """One of the same moment does, because it is the later word."""
    acme = await instrument(pool)
    first = _quote(acme.id)
    await store_quotes(pool, [first])
    await store_quotes(pool, [replace(first, price=2.0, as_of=_NOON - timedelta(microseconds=1))])
    assert await latest_quotes(pool, [acme.id]) == {acme.id: first}
    same = replace(first, price=3.0, bid=None, ask=None)
    await store_quotes(pool, [same])
    assert await latest_quotes(pool, [acme.id]) == {acme.id: same}
