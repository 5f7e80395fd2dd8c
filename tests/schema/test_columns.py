"""Rows and columns are two views of the same values."""

import numpy as np
import orjson
import pytest

from resolvers.compute.catalog import CATALOG
from schema.columns import FloatColumn
from tests.schema.conftest import Market

_PLAIN = ("time", "timestamp", "open", "high", "low", "close", "volume", "isClosed")
_LINES = {
    name: [output.name for output in indicator.outputs] if len(indicator.outputs) > 1 else []
    for name, indicator in CATALOG.items()
}
_ALL = " ".join((*_PLAIN, *(f"{name} {{ {' '.join(lines)} }}" if lines else name for name, lines in _LINES.items())))


def test_what_is_missing_is_null() -> None:
    """And what is not keeps its value to the last bit."""
    for array, values, text in (
        (np.array([0.1, np.nan, 3.0]), [0.1, None, 3.0], b"[0.1,null,3.0]"),
        (np.array([np.nan, np.nan]), [None, None], b"[null,null]"),
        (np.array([1.5]), [1.5], b"[1.5]"),
        (np.empty(0), [], b"[]"),
        (np.array([1.0, 2.0, 3.0])[::-1], [3.0, 2.0, 1.0], b"[3.0,2.0,1.0]"),
    ):
        column = FloatColumn(array)
        assert list(column) == values
        assert column.json == text
        assert column.texts() == [orjson.dumps(value).decode() for value in values]


@pytest.mark.parametrize(("symbol", "interval"), [("ACME", "D1"), ("ACME", "W1"), ("EUR/USD", "H4"), ("BTCUSDT", "M1")])
async def test_rows_and_columns_agree_field_by_field(symbol: str, interval: str, market: Market) -> None:
    """Every field there is, every indicator of the catalog included, exactly."""
    data = await market.gateway.data(
        f"query ($s: String!, $i: Interval!) {{ candles(symbol: $s, interval: $i, last: 120)"
        f" {{ count bars {{ {_ALL} }} columns {{ {_ALL} }} }} }}",
        s=symbol,
        i=interval,
    )
    series = data["candles"]
    rows, columns = series["bars"], series["columns"]
    assert len(rows) == series["count"] > 50
    assert set(columns) == set(rows[0]) == {*_PLAIN, *CATALOG}
    for name in (*_PLAIN, *CATALOG):
        if lines := _LINES.get(name):
            for line in lines:
                assert [row[name][line] for row in rows] == columns[name][line], f"{name}.{line}"
        else:
            assert [row[name] for row in rows] == columns[name], name


async def test_prices_are_the_stored_ones(market: Market) -> None:
    """Equal to slices of what was stored, to the last bit; a missing volume is null."""
    query = "{ candles(symbol: %s) { columns { timestamp open high low close volume } } }"
    data = await market.gateway.data(query % '"ACME", last: 250')
    for name in ("open", "high", "low", "close", "volume"):
        assert data["candles"]["columns"][name] == getattr(market.days, name)[-250:].tolist(), name
    data = await market.gateway.data(query % '"BTCUSDT", interval: M1, last: 7')
    volume = market.minutes.volume[-7:]
    assert data["candles"]["columns"]["volume"] == [None if np.isnan(one) else one for one in volume]
    assert any(np.isnan(volume))


async def test_the_same_indicator_by_several_names(market: Market) -> None:
    """Aliases with other arguments have other values; with the same ones the same."""
    data = await market.gateway.data(
        """{ candles(symbol: "ACME", last: 30) {
            bars { fast: ema(period: 3) slow: ema(period: 30) again: ema(period: 3) }
            columns { fast: ema(period: 3) slow: ema(period: 30) } } }"""
    )
    bars, columns = data["candles"]["bars"], data["candles"]["columns"]
    assert [row["fast"] for row in bars] == [row["again"] for row in bars] == columns["fast"]
    assert [row["slow"] for row in bars] == columns["slow"] != columns["fast"]


async def test_a_bad_argument_costs_one_error_however_many_rows(market: Market) -> None:
    """200 rows, one error, at the first of them; rows, columns and fields beside it are answered."""
    answer = await market.gateway.answer(
        '{ candles(symbol: "ACME", last: 200) { bars { close sma(period: 0) } columns { close sma(period: 5) } } }'
    )
    (error,) = answer["errors"]
    assert error["path"] == ["candles", "bars", 0, "sma"]
    assert error["extensions"] == {"code": "BAD_INPUT"}
    assert error["message"] == "sma: period must be between 1 and 1000, was 0"
    closes = market.days.close[-200:].tolist()
    assert answer["data"]["candles"]["bars"] == [{"close": close, "sma": None} for close in closes]
    assert answer["data"]["candles"]["columns"]["close"] == closes
    assert None not in answer["data"]["candles"]["columns"]["sma"]


async def test_a_bad_argument_on_columns_takes_its_own_list_away(market: Market) -> None:
    """A period of ten thousand is one error; lists and rows beside it are answered."""
    answer = await market.gateway.answer(
        '{ candles(symbol: "ACME", last: 3) { bars { close } columns { close sma(period: 10000) rsi } } }'
    )
    (error,) = answer["errors"]
    assert error["path"] == ["candles", "columns", "sma"]
    assert error["message"] == "sma: period must be between 1 and 1000, was 10000"
    series = answer["data"]["candles"]
    assert series["columns"]["sma"] is None
    assert series["columns"]["close"] == [row["close"] for row in series["bars"]]
    assert None not in series["columns"]["rsi"]


async def test_an_empty_window_has_empty_lists(market: Market) -> None:
    """Of every field, without an error."""
    query = (
        f'{{ candles(symbol: "ACME", to: "1990-01-01T00:00:00Z") {{ count bars {{ {_ALL} }} columns {{ {_ALL} }} }} }}'
    )
    series = (await market.gateway.data(query))["candles"]
    assert (series["count"], series["bars"]) == (0, [])
    for name, column in series["columns"].items():
        assert column == ({line: [] for line in _LINES[name]} if _LINES.get(name) else []), name
