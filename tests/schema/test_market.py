"""Quotes: prices, changes and their age."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from resolvers.model.instrument import Source
from resolvers.model.quote import Quote
from resolvers.storage.pool import Pool
from resolvers.storage.quotes import store_quotes
from schema.scalars import rfc3339
from tests.bars import instrument
from tests.schema.conftest import Market
from tests.servers import RunningGateway

_QUOTE = """query ($symbol: String!) { quotes(symbols: [$symbol]) { instrument { symbol } price bid ask previousClose
    change changePercent volume asOf stale source } }"""


async def _quoted(gateway: RunningGateway, pool: Pool, **quote: Any) -> dict[str, Any]:
    acme = await instrument(pool)
    filled: dict[str, Any] = {"price": 102.0, "as_of": datetime.now(UTC), "source": Source.FEED} | quote
    await store_quotes(pool, [Quote(instrument_id=acme.id, **filled)])
    (found,) = (await gateway.data(_QUOTE, symbol="ACME"))["quotes"]
    answer: dict[str, Any] = found
    return answer


async def test_a_quote_shows_all_that_is_stored(gateway: RunningGateway, pool: Pool) -> None:
    """And the change from the session before, in the currency and in percent."""
    now = datetime.now(UTC)
    found = await _quoted(
        gateway, pool, bid=101.5, ask=102.5, previous_close=100.0, volume=1234.0, as_of=now, source=Source.PUBLISHED
    )
    assert found == {
        "instrument": {"symbol": "ACME"},
        "price": 102.0,
        "bid": 101.5,
        "ask": 102.5,
        "previousClose": 100.0,
        "change": 2.0,
        "changePercent": pytest.approx(2.0),
        "volume": 1234.0,
        "asOf": rfc3339(now),
        "stale": False,
        "source": "PUBLISHED",
    }


async def test_what_the_source_does_not_say_is_null(gateway: RunningGateway, pool: Pool) -> None:
    """No change without a previous close."""
    found = await _quoted(gateway, pool)
    nothing = ("bid", "ask", "previousClose", "change", "changePercent", "volume")
    assert [name for name, value in found.items() if value is None] == list(nothing)


@pytest.mark.parametrize(("age_seconds", "is_stale"), [(0, False), (280, False), (320, True), (-60, False)])
async def test_a_quote_is_stale_after_five_minutes(
    age_seconds: int, is_stale: bool, gateway: RunningGateway, pool: Pool
) -> None:
    """By the clock when it is read; a quote from a clock ahead of ours is not."""
    found = await _quoted(gateway, pool, as_of=datetime.now(UTC) - timedelta(seconds=age_seconds))
    assert found["stale"] is is_stale


async def test_an_import_s_quote_is_the_newest_close(market: Market) -> None:
    """With the session before it as the previous close, and the session's volume."""
    (found,) = (await market.gateway.data(_QUOTE, symbol="ACME"))["quotes"]
    days = market.days
    assert (found["price"], found["previousClose"]) == (days.close[-1], days.close[-2])
    assert found["volume"] == days.volume[-1]
    assert (found["source"], found["stale"]) == ("FILE", True)
