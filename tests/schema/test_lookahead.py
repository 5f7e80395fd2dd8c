"""A chart reads its window once, as far back as its indicators need, however the query is written."""

import pytest

from tests.schema.conftest import Market

_WRITTEN = {
    "plain": '{ candles(symbol: "ACME", last: 20) { columns { rsi(period: 9) } } }',
    "alias": '{ candles(symbol: "ACME", last: 20) { values: columns { rsi: rsi(period: 9) } } }',
    "rows": '{ candles(symbol: "ACME", last: 20) { bars { rsi(period: 9) } } }',
    "variable": 'query ($p: Int!) { candles(symbol: "ACME", last: 20) { columns { rsi(period: $p) } } }',
    "variable's default": 'query ($q: Int = 9) { candles(symbol: "ACME", last: 20) { columns { rsi(period: $q) } } }',
    "variable, directive": (
        "query ($p: Int!, $on: Boolean!) {"
        ' candles(symbol: "ACME", last: 20) { columns { rsi(period: $p) @include(if: $on) } } }'
    ),
    "skip": (
        'query ($off: Boolean!) { candles(symbol: "ACME", last: 20) { columns @skip(if: $off) { rsi(period: 9) } } }'
    ),
    "inline fragment": (
        '{ candles(symbol: "ACME", last: 20) { ... { columns { ... on CandleColumns { rsi(period: 9) } } } } }'
    ),
    "fragments in fragments": (
        '{ candles(symbol: "ACME", last: 20) { ...Outer } }'
        " fragment Outer on CandleSeries { columns { ...Inner } } fragment Inner on CandleColumns { rsi(period: 9) }"
    ),
    "the same field twice": (
        '{ candles(symbol: "ACME", last: 20) { count }'
        ' candles(symbol: "ACME", last: 20) { columns { rsi(period: 9) } } }'
    ),
    "fragment on the root": (
        '{ ...Root } fragment Root on Query { candles(symbol: "ACME", last: 20) { columns { rsi(period: 9) } } }'
    ),
    "hub": '{ instrument(symbol: "ACME") { candles(last: 20) { columns { rsi(period: 9) } } } }',
}


def _copies(market: Market) -> list[str]:
    return [one for one in market.statements.statements() if one.startswith("COPY")]


@pytest.mark.parametrize("written", _WRITTEN)
async def test_the_window_is_read_once_with_its_warm_up(written: str, market: Market) -> None:
    """Aliases, fragments, variables and directives all lead to one COPY that reaches far enough."""
    whole = await market.gateway.data('{ candles(symbol: "ACME", last: 600) { columns { rsi(period: 9) } } }')
    market.statements.forget()
    data = await market.gateway.data(_WRITTEN[written], p=9, on=True, off=False)
    assert len(_copies(market)) == 1
    series = data["instrument"]["candles"] if "instrument" in data else data["candles"]
    parts = series.get("columns") or series.get("values")
    values = parts["rsi"] if parts else [row["rsi"] for row in series["bars"]]
    assert values == pytest.approx(whole["candles"]["columns"]["rsi"][-20:], rel=1e-9)


@pytest.mark.parametrize(
    "left_out",
    [
        "rsi @include(if: false)",
        "rsi @include(if: $no)",
        "rsi @skip(if: $yes)",
        "... @include(if: $no) { rsi }",
        "...F @skip(if: $yes)",
        "rsi(period: 0)",
        "rsi(period: $none)",
        "macd(fast: 30, slow: 20) { macd }",
    ],
)
async def test_what_is_not_computed_is_not_read_for(left_out: str, market: Market) -> None:
    """A field that is left out, or whose arguments are wrong, moves no row."""
    defaults = {"$no": "Boolean = false", "$yes": "Boolean = true", "$none": "Int = 0"}
    used = [f"{name}: {default}" for name, default in defaults.items() if f"{name})" in left_out]
    head = (f"query ({', '.join(used)})" if used else "query") + ' { candles(symbol: "ACME", last: 20)'
    tail = " fragment F on CandleColumns { rsi }" if "...F" in left_out else ""
    market.statements.forget()
    await market.gateway.answer('{ candles(symbol: "ACME", last: 20) { columns { close } } }')
    await market.gateway.answer(f"{head} {{ columns {{ close {left_out} }} }} }} {tail}")
    await market.gateway.answer('{ candles(symbol: "ACME", last: 20) { columns { close rsi } } }')
    without, left, read = _copies(market)
    assert without == left != read


async def test_a_null_argument_is_its_default(market: Market) -> None:
    """An explicit null for a price field is its default, as if it had been left out."""
    data = await market.gateway.data(
        'query ($of: PriceField) { candles(symbol: "ACME", last: 5) {'
        " columns { a: sma(of: null) b: sma c: sma(of: $of) d: sma(of: HIGH) } } }",
        of=None,
    )
    columns = data["candles"]["columns"]
    assert columns["a"] == columns["b"] == columns["c"] != columns["d"]


async def test_windows_of_one_interval_are_one_statement(market: Market) -> None:
    """Different lengths, ranges and indicators of the same interval share a COPY; their bars do not mix."""
    market.statements.forget()
    data = await market.gateway.data(
        """{
            a: candles(symbol: "ACME", last: 3) { columns { timestamp close } }
            b: candles(symbol: "acme", last: 5) { columns { timestamp close rsi } }
            c: candles(symbol: "ACME", from: "2024-02-03T00:00:00Z", to: "2024-02-06T00:00:00Z") { columns { close } }
            d: candles(symbol: "ACME", last: 3) { columns { obv } }
        }"""
    )
    assert len(_copies(market)) == 1
    assert data["a"]["columns"]["close"] == market.days.close[-3:].tolist()
    assert data["b"]["columns"]["close"] == market.days.close[-5:].tolist()
    assert data["b"]["columns"]["timestamp"] == market.days.time[-5:].tolist()
    assert data["c"]["columns"]["close"] == market.days.close[2:5].tolist()
    assert len(data["d"]["columns"]["obv"]) == 3


async def test_spreads_of_spreads_are_followed_once(market: Market) -> None:
    """Forty fragments that spread the next one twice: walked as they stand, they would take for ever."""
    fragments = " ".join(f"fragment F{n} on CandleColumns {{ ...F{n + 1} ...F{n + 1} }}" for n in range(40))
    query = (
        '{ candles(symbol: "ACME", last: 2) { columns { ...F0 } } } '
        f"{fragments} fragment F40 on CandleColumns {{ rsi close }}"
    )
    data = await market.gateway.data(query)
    assert None not in data["candles"]["columns"]["rsi"]
