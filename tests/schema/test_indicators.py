"""The catalog's indicators as fields: what they take, what they answer, and what they refuse."""

import math
from typing import Any

import numpy as np
import pytest
from graphql import GraphQLField, GraphQLNonNull, GraphQLObjectType

from resolvers.compute.catalog import CATALOG, Anchor, Indicator, Parameter, checked_arguments, computed
from resolvers.model.bars import Bars
from resolvers.model.price_field import PriceField
from resolvers.model.session import DAY
from schema.build import build_schema
from tests.schema.conftest import FX_DAY, Market

_FEBRUARY = 1_706_745_600  # 2024-02-01T00:00:00Z


def _fields(type_name: str) -> dict[str, GraphQLField]:
    kind = build_schema()._schema.type_map[type_name]
    assert isinstance(kind, GraphQLObjectType)
    fields: dict[str, GraphQLField] = kind.fields
    return fields


def _selection(indicator: Indicator, arguments: str = "", alias: str = "") -> str:
    lines = [output.name for output in indicator.outputs]
    inner = f" {{ {' '.join(lines)} }}" if len(lines) > 1 else ""
    return f"{alias and alias + ': '}{indicator.name}{arguments}{inner}"


_ALL = " ".join(_selection(indicator) for indicator in CATALOG.values())


def _expected(indicator: Indicator, bars: Bars, session_days: Any, last: int) -> list[list[float]]:
    columns = computed(indicator, bars, session_days, checked_arguments(indicator, {}))
    return [column[-last:].tolist() for column in columns]


def _same(found: list[float | None], expected: list[float], name: str) -> None:
    """Null exactly where there is no value, and equal elsewhere."""
    assert [one is None for one in found] == [math.isnan(one) for one in expected], name
    values = np.array(found, np.float64)
    np.testing.assert_allclose(values, np.array(expected), rtol=1e-9, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("type_name", ["Candle", "CandleColumns"])
def test_every_indicator_is_a_field_with_the_catalog_s_arguments(type_name: str) -> None:
    """Names, defaults and bounds are the catalog's, on rows and on columns."""
    fields = _fields(type_name)
    for indicator in CATALOG.values():
        field = fields[indicator.name]
        assert list(field.args) == [parameter.name for parameter in indicator.parameters]
        assert indicator.source in (field.description or "")
        for parameter in indicator.parameters:
            argument = field.args[parameter.name]
            text = argument.description or ""
            if parameter.minimum is not None:
                assert f"Between {parameter.minimum} and {parameter.maximum}." in text
        if indicator.parameters:
            assert not isinstance(field.type, GraphQLNonNull), "a bad argument must not take the siblings away"


@pytest.mark.parametrize(
    ("symbol", "interval", "last"),
    [("ACME", "D1", 50), ("ACME", "D1", 600), ("EUR/USD", "H1", 50), ("BTCUSDT", "M1", 500)],
)
async def test_values_are_those_over_all_bars(symbol: str, interval: str, last: int, market: Market) -> None:
    """Whatever the window: what was computed over the whole series, or since the month for minutes, cut to it."""
    data = await market.gateway.data(
        f"query ($s: String!, $i: Interval!, $n: Int) {{ candles(symbol: $s, interval: $i, last: $n)"
        f" {{ columns {{ {_ALL} }} }} }}",
        s=symbol,
        i=interval,
        n=last,
    )
    bars = {"D1": market.days, "H1": market.hours, "M1": market.minutes}[interval]
    month = bars[int(np.searchsorted(bars.time, _FEBRUARY)) :] if interval == "M1" else bars
    for indicator in CATALOG.values():
        part = month if indicator.anchor is Anchor.SERIES else bars
        days = FX_DAY.session_days(part.time) if interval == "H1" else part.time // DAY
        found = data["candles"]["columns"][indicator.name]
        columns = [found] if len(indicator.outputs) == 1 else [found[one.name] for one in indicator.outputs]
        for column, expected in zip(columns, _expected(indicator, part, days, last), strict=True):
            _same(column, expected, indicator.name)


def _wrong(parameter: Parameter) -> list[str]:
    if parameter.minimum is None or parameter.maximum is None:
        return []
    step = 1 if isinstance(parameter.default, int) else 0.001
    huge = "1e300" if step != 1 else "2147483647"
    values = [f"{parameter.minimum - step:g}", f"{parameter.maximum + step}", huge, "-1"]
    return [f"({parameter.name}: {value})" for value in values]


@pytest.mark.parametrize(("part", "path"), [("columns", ["candles", "columns"]), ("bars", ["candles", "bars", 0])])
async def test_each_argument_out_of_bounds_is_one_error(part: str, path: list[str | int], market: Market) -> None:
    """At its own path, with the bounds and the value; everything beside it is answered, on rows as on columns."""
    wrong = [
        (indicator, parameter, arguments)
        for indicator in CATALOG.values()
        for parameter in indicator.parameters
        for arguments in dict.fromkeys(_wrong(parameter))
    ]
    selections = [_selection(one, arguments, f"w{number}") for number, (one, _, arguments) in enumerate(wrong)]
    answer = await market.gateway.answer(
        f'{{ candles(symbol: "ACME", last: 200) {{ count {part} {{ close {" ".join(selections)} sma }} }} }}'
    )
    errors = {one["path"][-1]: one for one in answer["errors"]}
    assert len(answer["errors"]) == len(errors) == len(wrong) > 50
    for number, (indicator, parameter, arguments) in enumerate(wrong):
        error = errors[f"w{number}"]
        assert error["path"] == [*path, f"w{number}"]
        assert error["extensions"]["code"] == "BAD_INPUT"
        bounds = f"must be between {parameter.minimum} and {parameter.maximum}, was "
        assert error["message"].startswith(f"{indicator.name}: {parameter.name} {bounds}"), arguments
    series = answer["data"]["candles"]
    closes = series["columns"]["close"] if part == "columns" else [row["close"] for row in series["bars"]]
    assert closes == market.days.close[-200:].tolist()
    assert series["count"] == 200


@pytest.mark.parametrize(("fast", "slow"), [(26, 26), (30, 20)])
async def test_parameters_that_contradict_each_other_are_one_error(fast: int, slow: int, market: Market) -> None:
    """A fast average that is not faster, given as variables."""
    code, path, message = await market.gateway.error(
        "query ($fast: Int!, $slow: Int!) {"
        ' candles(symbol: "ACME", last: 200) { bars { close macd(fast: $fast, slow: $slow) { macd signal } } } }',
        fast=fast,
        slow=slow,
    )
    assert (code, path) == ("BAD_INPUT", ["candles", "bars", 0, "macd"])
    assert message == f"macd: fast must be less than slow, was {fast} and {slow}"


async def test_infinite_numbers_are_refused(market: Market) -> None:
    """1e999 is a literal that GraphQL allows and a float that is not finite."""
    code, path, message = await market.gateway.error(
        '{ candles(symbol: "ACME", last: 5) { columns { close bollinger(deviations: 1e999) { upper } } } }'
    )
    assert (code, path) == ("BAD_INPUT", ["candles", "columns", "bollinger"])
    assert message == "bollinger: deviations must be a number, was inf"


async def test_the_price_that_an_indicator_reads_can_be_chosen(market: Market) -> None:
    """Six prices, six values, by hand over five bars."""
    prices = " ".join(f"{field}: sma(period: 5, of: {field})" for field in PriceField)
    data = await market.gateway.data(f'{{ candles(symbol: "ACME", last: 1) {{ bars {{ {prices} }} }} }}')
    last = market.days[-5:]
    by_hand = {
        "OPEN": last.open,
        "HIGH": last.high,
        "LOW": last.low,
        "CLOSE": last.close,
        "MEDIAN": (last.high + last.low) / 2,
        "TYPICAL": (last.high + last.low + last.close) / 3,
    }
    expected = {name: float(column.mean()) for name, column in by_hand.items()}
    assert data["candles"]["bars"] == [pytest.approx(expected)]
    assert len(set(expected.values())) == len(PriceField)
