"""The root fields, and how few statements they need."""

from collections import Counter
from typing import Any

import pytest

from gateway.config import ServerUrls
from resolvers.model.instrument import InstrumentSpec, Source
from resolvers.model.interval import Interval
from resolvers.storage.bars import SeriesWrite, store_bars
from resolvers.storage.instrument_changes import create_instruments
from resolvers.storage.pool import Pool
from tests.bars import LATER, spaced
from tests.schema.conftest import Market
from tests.servers import COLD, RunningGateway, Servers
from tests.statements import StatementLog

_INDICATORS = "rsi(period: 14) bollinger { upper lower }"
_LIST = f"""query ($first: Int!) {{ instruments(first: $first) {{ nodes {{
    symbol intervals quote {{ price instrument {{ symbol }} }}
    candles(interval: D1, last: 20) {{ bars {{ close {_INDICATORS} }} columns {{ close {_INDICATORS} }} }} }} }} }}"""
_BY_SYMBOL = f"""query ($symbols: [String!]!) {{ quotes(symbols: $symbols) {{ price instrument {{
    quote {{ asOf }} candles(interval: D1, last: 20) {{ columns {{ close {_INDICATORS} }} }} }} }} }}"""
_BY_ID = f"""query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Instrument {{
    quote {{ price }} candles(interval: D1, last: 20) {{ columns {{ close {_INDICATORS} }} }} }} }} }}"""


@pytest.mark.parametrize("symbol", ["ACME", "acme", " Acme ", "ACM-E", "acm-e"])
async def test_an_instrument_is_found_by_any_of_its_names(symbol: str, market: Market) -> None:
    """By symbol and alias, in any case."""
    data = await market.gateway.data(
        """query ($symbol: String!) { instrument(symbol: $symbol) { symbol aliases name assetClass exchange currency
            timezone tickSize isActive isSimulated intervals quote { price } candles(last: 1) { count } }
            candles(symbol: $symbol, last: 1) { instrument { symbol } }
            quotes(symbols: [$symbol]) { instrument { symbol } } }""",
        symbol=symbol,
    )
    assert data["instrument"] == {
        "symbol": "ACME",
        "aliases": ["ACM-E"],
        "name": "Acme & Sons",
        "assetClass": "EQUITY",
        "exchange": "XNAS",
        "currency": "USD",
        "timezone": "UTC",
        "tickSize": 0.01,
        "isActive": True,
        "isSimulated": False,
        "intervals": ["D1", "W1"],
        "quote": {"price": market.days.close[-1]},
        "candles": {"count": 1},
    }
    assert data["candles"]["instrument"] == data["quotes"][0]["instrument"] == {"symbol": "ACME"}


async def test_an_instrument_without_prices_has_none(market: Market) -> None:
    """Nulls and an empty list, not an error; asking for its quote by symbol is one."""
    data = await market.gateway.data('{ instrument(symbol: "NONE") { name tickSize intervals quote { price } } }')
    assert data["instrument"] == {"name": None, "tickSize": None, "intervals": [], "quote": None}
    code, path, message = await market.gateway.error('{ quotes(symbols: ["NONE"]) { price } }')
    assert (code, path, message) == ("NOT_FOUND", ["quotes", 0], "no quote of NONE is stored")


@pytest.mark.parametrize(
    ("symbol", "message"),
    [
        ("ZZZZ", "no instrument ZZZZ"),
        ("zzzz", "no instrument ZZZZ"),
        ("", "no instrument ''"),
        ("   ", "no instrument ''"),
        ("A\0B", "no instrument 'A\\x00B'"),
        ("A\u202eB", "no instrument 'A\\u202eB'"),
        ("😀", "no instrument 😀"),
        ("ß", "no instrument SS"),
        ("' OR 1=1 --", "no instrument ' OR 1=1 --"),
        ("A" * 900_000, "no instrument " + "A" * 40),
    ],
    ids=lambda text: repr(text)[:20],
)
async def test_an_unknown_symbol_is_one_error_beside_the_rest(symbol: str, message: str, market: Market) -> None:
    """Whatever the text, and without repeating a megabyte of it."""
    answer = await market.gateway.answer(
        'query ($symbol: String!) { instrument(symbol: $symbol) { name } good: instrument(symbol: "ACME") { symbol } }',
        symbol=symbol,
    )
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"], error["message"]) == (["instrument"], {"code": "NOT_FOUND"}, message)
    assert answer["data"] == {"instrument": None, "good": {"symbol": "ACME"}}


async def test_quotes_come_in_the_order_asked_for(market: Market) -> None:
    """Repeated, in other cases and under aliases; each unknown symbol is one error at its index."""
    symbols = ["EURUSD", "nope", "ACME", "acm-e", "A\0", "EUR/USD"]
    answer = await market.gateway.answer(
        "query ($symbols: [String!]!) { quotes(symbols: $symbols) { price instrument { symbol } } __typename }",
        symbols=symbols,
    )
    found = [one and one["instrument"]["symbol"] for one in answer["data"]["quotes"]]
    assert found == ["EUR/USD", None, "ACME", "ACME", None, "EUR/USD"]
    assert answer["data"]["__typename"] == "Query"
    assert sorted((one["path"], one["extensions"]["code"], one["message"]) for one in answer["errors"]) == [
        (["quotes", 1], "NOT_FOUND", "no instrument NOPE"),
        (["quotes", 4], "NOT_FOUND", "no instrument 'A\\x00'"),
    ]


async def test_too_many_symbols_are_one_error(market: Market) -> None:
    """Five hundred are answered, one more is too large; the sibling is answered."""
    query = 'query ($s: [String!]!) { quotes(symbols: $s) { price } instrument(symbol: "ACME") { symbol } }'
    answer = await market.gateway.answer(query, s=["ACME"] * 501)
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]) == (["quotes"], {"code": "TOO_LARGE"})
    assert error["message"] == "symbols holds at most 500 items, 501 were given"
    assert answer["data"] == {"quotes": None, "instrument": {"symbol": "ACME"}}
    assert len((await market.gateway.data(query, s=["ACME"] * 500))["quotes"]) == 500
    assert (await market.gateway.data(query, s=[]))["quotes"] == []


async def _fill(pool: Pool, count: int) -> list[str]:
    symbols = [f"S{number:03d}" for number in range(count)]
    instruments = await create_instruments(pool, [InstrumentSpec(symbol=symbol) for symbol in symbols])
    writes = [
        SeriesWrite(
            instrument=instruments[symbol],
            interval=Interval.D1,
            source=Source.FILE,
            bars=spaced(60, Interval.D1, seed=number),
        )
        for number, symbol in enumerate(symbols)
    ]
    await store_bars(pool, writes, now=LATER)
    return symbols


async def test_statements_do_not_grow_with_the_list(servers: Servers, urls: ServerUrls, pool: Pool) -> None:
    """
    100 instruments with quote, 20 candles and two indicators each need as many statements as 10, each in a process
    that has answered nothing before.
    """
    symbols = await _fill(pool, 100)
    log = StatementLog(servers.log, urls.database)
    await log.start()
    ids = [
        one["id"]
        for one in await _fresh(urls, log, "{ instruments(first: 100) { nodes { id } } }", {}, ["instruments", "nodes"])
    ]
    for query, variables, path in (
        (_LIST, lambda count: {"first": count}, ["instruments", "nodes"]),
        (_BY_SYMBOL, lambda count: {"symbols": symbols[:count]}, ["quotes"]),
        (_BY_ID, lambda count: {"ids": ids[:count]}, ["nodes"]),
    ):
        counts = []
        for count in (1, 10, 100):
            found = await _fresh(urls, log, query, variables(count), path)
            assert len(found) == count
            assert all(one["candles"]["columns"]["rsi"][-1] for one in found if "candles" in one)
            statements = log.statements()
            counts.append(Counter(one.partition(" ")[0] for one in statements))
            assert sum(one.startswith("COPY") for one in statements) == 1
        assert counts[0] == counts[1] == counts[2], (query, counts)
        assert counts[0].total() <= 8


async def _fresh(
    urls: ServerUrls, log: StatementLog, query: str, variables: dict[str, Any], path: list[str]
) -> list[dict[str, Any]]:
    """The list at *path*, answered by a gateway that is new; `log` holds the statements of the answer alone."""
    async with RunningGateway(COLD, urls) as gateway:
        log.forget()
        found: Any = await gateway.data(query, **variables)
    for name in path:
        found = found[name]
    nodes: list[dict[str, Any]] = found
    return nodes


async def test_an_operation_reads_each_thing_once(market: Market) -> None:
    """The same quote and window, asked for in many places, are read once."""
    market.statements.forget()
    data = await market.gateway.data(
        """{
            quotes(symbols: ["ACME", "acme", "ACM-E"]) { price instrument { quote { price } } }
            a: candles(symbol: "ACME", last: 5) { instrument { quote { price } candles(last: 5) { count } } }
            b: candles(symbol: "acme", last: 5) { instrument { quote { price } } }
        }"""
    )
    statements = market.statements.statements()
    assert sum("FROM quotes" in one for one in statements) == 1
    assert len({one["price"] for one in data["quotes"]}) == 1


async def test_the_next_operation_reads_anew(urls: ServerUrls, pool: Pool) -> None:
    """Loaders live as long as one operation: what is stored in between is seen."""
    query = "{ instruments { nodes { symbol quote { price } } } }"
    async with RunningGateway(COLD, urls) as gateway:
        assert (await gateway.data(query))["instruments"]["nodes"] == []
        await _fill(pool, 1)
        (first,) = (await gateway.data(query))["instruments"]["nodes"]
        await pool.execute("UPDATE quotes SET price = price * 2")
        (second,) = (await gateway.data(query))["instruments"]["nodes"]
    assert second["quote"]["price"] == 2 * first["quote"]["price"]
