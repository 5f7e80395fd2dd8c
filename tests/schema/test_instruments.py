"""The connection of instruments: filters, search and the count."""

from typing import Any

import pytest

from resolvers.model.instrument import AssetClass
from resolvers.storage.pool import Pool
from tests.bars import instrument
from tests.schema.conftest import Market
from tests.servers import RunningGateway

_LIST = """query ($search: String, $filter: InstrumentFilter, $first: Int = 20) {
    instruments(search: $search, filter: $filter, first: $first) { totalCount nodes { symbol } } }"""


async def _symbols(market: Market, **variables: Any) -> list[str]:
    page = (await market.gateway.data(_LIST, **variables))["instruments"]
    assert page["totalCount"] == len(page["nodes"])
    return [one["symbol"] for one in page["nodes"]]


@pytest.mark.parametrize(
    ("conditions", "symbols"),
    [
        ({}, ["ACME", "BTCUSDT", "EUR/USD", "NONE"]),
        ({"assetClass": ["FX"]}, ["EUR/USD"]),
        ({"assetClass": ["FX", "CRYPTO"]}, ["BTCUSDT", "EUR/USD"]),
        ({"assetClass": []}, []),
        ({"currency": "USDT"}, ["BTCUSDT"]),
        ({"exchange": "XNAS"}, ["ACME"]),
        ({"exchange": ""}, []),
        ({"isActive": False}, ["NONE"]),
        ({"isActive": True}, ["ACME", "BTCUSDT", "EUR/USD"]),
        ({"isSimulated": True}, []),
        ({"isSimulated": False, "assetClass": ["EQUITY"], "isActive": True}, ["ACME"]),
        ({"assetClass": ["FX"], "currency": "USDT"}, []),
        (
            {"assetClass": None, "currency": None, "exchange": None, "isActive": None, "isSimulated": None},
            ["ACME", "BTCUSDT", "EUR/USD", "NONE"],
        ),
    ],
    ids=str,
)
async def test_every_condition_given_must_hold(conditions: dict[str, Any], symbols: list[str], market: Market) -> None:
    """A null is no condition; an empty list is one that nothing meets."""
    assert await _symbols(market, filter=conditions) == symbols


@pytest.mark.parametrize(
    ("search", "symbols"),
    [
        ("", ["ACME", "BTCUSDT", "EUR/USD", "NONE"]),
        ("   ", ["ACME", "BTCUSDT", "EUR/USD", "NONE"]),
        ("usd", ["BTCUSDT", "EUR/USD"]),
        (" usd ", ["BTCUSDT", "EUR/USD"]),
        ("acm-e", ["ACME"]),
        ("EURUSD", ["EUR/USD"]),
        ("& SONS", ["ACME"]),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("A%E", []),
        ("'; DROP TABLE instruments; --", []),
        ("😀", []),
        ("x" * 100_000, []),
    ],
)
async def test_search_finds_symbols_aliases_and_names(search: str, symbols: list[str], market: Market) -> None:
    """In any case, as plain text: no character has a meaning of its own."""
    assert await _symbols(market, search=search) == symbols


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"search": "A\0"}, "search"),
        ({"filter": {"currency": "\0"}}, "currency"),
        ({"filter": {"exchange": "X\0"}}, "exchange"),
    ],
)
async def test_text_that_cannot_be_stored_is_refused(variables: dict[str, Any], name: str, market: Market) -> None:
    """A NUL is the client's mistake, not ours."""
    code, path, message = await market.gateway.error(_LIST, **variables)
    assert (code, path) == ("BAD_INPUT", ["instruments"])
    assert message.startswith(f"{name} must be text without NUL, was ")


async def test_the_count_is_of_all_pages_and_only_on_demand(market: Market) -> None:
    """A page of one counts four; a page that does not ask is one statement."""
    page = (await market.gateway.data(_LIST, first=1))["instruments"]
    assert (page["totalCount"], len(page["nodes"])) == (4, 1)
    market.statements.forget()
    await market.gateway.data("{ instruments { nodes { symbol } } }")
    assert len(market.statements.statements()) == 1


async def test_the_default_page_holds_twenty(gateway: RunningGateway, pool: Pool) -> None:
    """As the contract says."""
    for number in range(21):
        await instrument(pool, f"S{number:02d}", asset_class=AssetClass.INDEX)
    page = (await gateway.data("{ instruments { totalCount nodes { assetClass } } }"))["instruments"]
    assert page == {"totalCount": 21, "nodes": [{"assetClass": "INDEX"}] * 20}


async def test_wrong_pages_cost_their_own_field_alone(market: Market) -> None:
    """Negative, too large, and no cursor: one error each at its alias, and the sibling's answer."""
    answer = await market.gateway.answer(
        """{
            negative: instruments(first: -1) { totalCount }
            large: instruments(first: 10000) { totalCount }
            garbage: instruments(after: "garbage") { totalCount }
            good: instruments(first: 1) { nodes { symbol } }
        }"""
    )
    assert answer["data"] == {
        "negative": None,
        "large": None,
        "garbage": None,
        "good": {"nodes": [{"symbol": "ACME"}]},
    }
    assert [(one["path"], one["extensions"]["code"], one["message"]) for one in answer["errors"]] == [
        (["negative"], "BAD_INPUT", "first must be at least 0, was -1"),
        (["large"], "TOO_LARGE", "a page holds at most 500 items, first was 10000"),
        (["garbage"], "BAD_INPUT", "after must be a cursor of this connection, was 'garbage'"),
    ]
