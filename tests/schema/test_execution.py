"""Whatever is asked, by column and by row say the same."""

import math
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import orjson
import pytest
from graphql.execution import Executor
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvers.compute.catalog import CATALOG
from resolvers.ingest import Ingest
from resolvers.services import Services
from resolvers.storage.pool import open_pool
from schema.build import build_schema
from schema.columns import IntegerColumn, MomentColumn
from schema.context import Context
from schema.execution import ColumnExecutor
from schema.scalars import FIRST_SECOND, LAST_SECOND
from tests.schema.conftest import Market
from tests.schema.odd_schema import SCHEMA, WRONG, Act, Color, Later, LongerRow, Other, Row, Series
from tests.schema.stock import assert_no_difference, assert_no_difference_again, assert_same_answers, executed
from tests.servers import Servers, database_url

_MANY = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
_SOME = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# --- values

_wrong = st.sampled_from(list(WRONG))
_acts = st.builds(Act, st.sampled_from(["return", "raise", "await"]), st.sampled_from([1, 2, None, "text", "raise"]))
_attributes = st.fixed_dictionaries(
    {},
    optional={
        "count": _wrong | st.integers(),
        "whole": _wrong,
        "price": _wrong | st.floats(),
        "must": _wrong | st.floats(),
        "flag": _wrong,
        "color": _wrong | st.sampled_from([Color.RED, "red", "RED"]),
        "when": _wrong,
        "odd": _wrong,
        "hidden": _acts,
        "needed": _acts,
    },
)


@st.composite
def _rows(draw: st.DrawFn, depth: int = 1, kinds: tuple[type[Row], ...] = (Row, LongerRow)) -> list[Any]:
    """Rows, most of them right, sometimes something else among them."""
    rows: list[Any] = []
    for number in range(draw(st.integers(0, 4))):
        attributes = draw(_attributes) if draw(st.booleans()) else {}
        below = draw(_rows(depth=depth - 1, kinds=kinds)) if depth else []
        beside = draw(st.sampled_from([None, "row", "odd"])) if depth else None
        kind = draw(st.sampled_from(kinds)) if draw(st.integers(0, 4)) == 0 else kinds[0]
        rows.append(
            kind(
                name=f"row {depth}.{number}",
                below=below,
                beside=Row(name="beside") if beside == "row" else beside,
                **attributes,
            )
        )
    if draw(st.integers(0, 5)) == 0:
        odd = st.sampled_from([None, ValueError("an item that failed"), Later(None), Other(name="other"), 5])
        rows.insert(draw(st.integers(0, len(rows))), draw(odd))
    return rows


# --- queries

_LEAVES = (
    "__typename", "name", "count", "whole", "price", "must", "flag", "color", "when", "odd", "old", "forbidden",
    "doubled", "negated", "grid", "keywordOnly", "method", "mustMethod", "oddMethod", "informed", "later", "mustLater",
    "a: count", "a: count", "b: must", "c: later", "scaled", "s: scaled(by: 3)", "t: scaled(by: null)",
    "u: scaled(by: 0)", "v: scaled(by: $by, offset: 2)", "w: scaled(by: $none)",
)  # fmt: skip
_DIRECTIVES = ("", "", "", " @include(if: true)", " @include(if: $no)", " @skip(if: $yes)", " @skip(if: $no)")
_VARIABLES = {"yes": True, "no": False, "by": 4}
_HEAD = "query ($yes: Boolean!, $no: Boolean = false, $by: Int, $none: Int)"
_NAMED = "fragment Common on Row { name must ...Deep @skip(if: $no) } fragment Deep on Row { later x: whole }"


def _with_directive(field: str, directive: str) -> str:
    name, brace, selected = field.partition(" {")
    return name + directive + brace + selected


@st.composite
def _selection(draw: st.DrawFn, leaves: tuple[str, ...] = _LEAVES, depth: int = 2) -> str:
    """What is selected of a row."""
    chosen = draw(st.lists(st.sampled_from(leaves), max_size=6))
    parts = [_with_directive(leaf, draw(st.sampled_from(_DIRECTIVES))) for leaf in chosen]
    if depth:
        nested = st.sampled_from(
            ["others {}", "besideOrNone {}", "besideForSure {}", "... on Row {}", "... @include(if: $yes) {}"]
        )
        parts += [
            one.replace("{}", f"{{ {draw(_selection(leaves, depth - 1))} }}")
            for one in draw(st.lists(nested, max_size=2))
        ]
        if draw(st.booleans()):
            parts.append("...Common")
    order = draw(st.permutations(parts))
    return " ".join([*order, "z: name"])


def _row_query(field: str, selection: str) -> str:
    used = "o: __typename @skip(if: $no) v: allRows @skip(if: $yes) { a: scaled(by: $by) }"
    used += " w: allRows @skip(if: $yes) { a: scaled(by: $none) ...Common }"
    return f"{_HEAD} {{ {used} {field} {{ {selection} }} }} {_NAMED}"


def _context(rows: list[Any], series: Series | None = None) -> dict[str, Any]:
    return {"rows": rows, "series": series}


@_MANY
@given(
    rows=_rows(),
    field=st.sampled_from(["rows", "allRows", "someRows", "lateRows", "tupleOfRows", "generated", "matrix"]),
    selection=_selection(),
)
async def test_rows_are_completed_as_graphql_core_does(rows: list[Any], field: str, selection: str) -> None:
    """Whatever their attributes and methods return, raise or promise."""
    await assert_no_difference(SCHEMA, _row_query(field, selection), _context(rows), **_VARIABLES)


@_SOME
@given(rows=_rows(), field=st.sampled_from(["named", "either"]), inner=_selection(depth=0), name=st.booleans())
async def test_abstract_types_are_completed_as_graphql_core_does(
    rows: list[Any], field: str, inner: str, name: bool
) -> None:
    """Interfaces and unions, whose items are of several types."""
    own = "name" if name and field == "named" else "__typename"
    selection = f"{own} ... on Row {{ {inner} }} ... on Other {{ size z: name }} ... on Named {{ n: name }}"
    await assert_no_difference(SCHEMA, _row_query(field, selection), _context(rows), **_VARIABLES)


@_SOME
@given(rows=_rows(), selection=_selection())
async def test_nothing_is_executed_twice(rows: list[Any], selection: str) -> None:
    """A resolver is called once for each place where the query names it, also for rows that fail."""

    def every(these: list[Any]) -> list[Row]:
        found = [one for one in these if isinstance(one, Row)]
        return found + [inner for one in found for inner in every(list(one.below))]

    text = _row_query("rows", selection)
    await executed(ColumnExecutor, SCHEMA, text, _VARIABLES, _context(rows))
    for row in every(rows):
        for name, count in row.calls.items():
            assert count <= text.replace(":", " ").replace("(", " ").split().count(name), (name, text)


_LINE_FIELDS = (
    "__typename", "time", "whole", "isLarge", "price", "must", "pair { left }", "pair { __typename left right }",
    "p: pair { r: right ... on Pair { left } }", "q: pair { __typename }", "scaled", "a: scaled(by: 3)",
    "b: scaled(by: $by)", "c: price", "time @skip(if: $yes)",
)  # fmt: skip
_prices = st.sampled_from([1.0, 0.1, -2.5, 1e300, 1e-300, math.nan, 1.0, 7.25, math.inf, 0.0, -0.0])
_seconds = st.sampled_from([0, 1, -1, 86_400, 2**31 - 1, 2**31, -(2**31) - 1, LAST_SECOND, LAST_SECOND + 1])
_some_seconds = _seconds | st.sampled_from([FIRST_SECOND, FIRST_SECOND - 1])


@st.composite
def _series(draw: st.DrawFn) -> Series:
    values = draw(st.lists(_prices if draw(st.booleans()) else st.sampled_from([1.0, 0.5]), max_size=4))
    good = st.integers(0, 2_000_000_000)
    seconds = [draw(_some_seconds if draw(st.integers(0, 3)) == 0 else good) for _ in values]
    return Series(
        values=values,
        seconds=seconds,
        refused=frozenset(draw(st.lists(st.sampled_from(["price", "must", "pair", "scaled", "time"]), max_size=1))),
    )


@_MANY
@given(
    series=_series(),
    field=st.sampled_from(["lines", "someLines", "lists"]),
    fields=st.lists(st.sampled_from(_LINE_FIELDS), min_size=1, max_size=6),
)
async def test_columns_are_completed_as_graphql_core_does(series: Series, field: str, fields: list[str]) -> None:
    """NaN where null may be and where not, infinities, times and numbers out of range, columns that fail."""
    selection = " ".join(fields).replace("on Pair", "on PairLists" if field == "lists" else "on Pair")
    text = (
        f"query ($yes: Boolean = true, $by: Int! = 5) {{ {field} {{ {selection} }} prices times wholes"
        " again: prices(by: 2) more: prices(by: $by) allPrices @skip(if: $yes) o: __typename @skip(if: $yes) }"
    )
    await assert_no_difference(SCHEMA, text, _context([], series))


_given = st.fixed_dictionaries({}, optional={"yes": st.booleans(), "by": st.sampled_from([0, 1, 2, 7])})


@_MANY
@given(
    series=_series(),
    field=st.sampled_from(["lines", "someLines", "lists"]),
    fields=st.lists(st.sampled_from(_LINE_FIELDS), min_size=1, max_size=6),
    given_=st.lists(_given, min_size=2, max_size=5),
)
async def test_a_document_that_is_executed_again_is_planned_by_its_variables(
    series: Series, field: str, fields: list[str], given_: list[dict[str, Any]]
) -> None:
    """What was worked out for some values is not taken for others."""
    selection = " ".join(fields).replace("on Pair", "on PairLists" if field == "lists" else "on Pair")
    text = (
        f"query ($yes: Boolean = true, $by: Int! = 5) {{ {field} {{ {selection} ...More }} o: prices(by: $by)"
        f" p: __typename @skip(if: $yes) }} fragment More on {'Lists' if field == 'lists' else 'Line'}"
        " { d: scaled(by: $by) @include(if: $yes) e: time @skip(if: $yes) }"
    )
    await assert_no_difference_again(SCHEMA, text, _context([], series), given_)


@pytest.mark.parametrize("values", [[], [1.5], [math.nan], [math.inf], [1.5, math.nan]])
async def test_a_list_of_one_column_is_completed_as_graphql_core_does(values: list[float]) -> None:
    """As nullable and as required values."""
    series = Series(values=values, seconds=[0] * len(values))
    await assert_no_difference(SCHEMA, "{ prices allPrices times wholes }", _context([], series))


@pytest.mark.parametrize(("seconds", "is_regular"), [(253_370_764_799, True), (253_370_764_800, False)])
def test_times_that_have_no_text_are_irregular(seconds: int, is_regular: bool) -> None:
    """From the year 9999 on they are left to the scalar, which refuses those after it."""
    array = replace(Series(values=[]), seconds=[seconds]).column("time", {})
    assert isinstance(array, MomentColumn)
    assert array.is_regular is is_regular


def test_whole_numbers_of_32_bits_alone_are_regular_as_int() -> None:
    """Other scalars have no such bound."""
    many = replace(Series(values=[]), seconds=[2**31]).column("whole", {})
    assert isinstance(many, IntegerColumn)
    assert not many.is_regular


@pytest.mark.parametrize("name", ["doubled", "negated", "forbidden", "keywordOnly", "old", "informed"])
async def test_a_field_with_a_way_of_its_own_keeps_it(name: str) -> None:
    """Permissions, extensions, subclasses, keyword-only parameters, deprecation, info."""
    rows = [Row(name="a"), Row(name="b", doubled=None)]
    await assert_no_difference(SCHEMA, f"{{ someRows {{ name {name} }} }}", _context(rows))


async def test_a_type_without_interfaces_takes_any_object() -> None:
    """And reads its attributes, of which some are missing."""
    rows = [Other(name="a"), Other(name="b", size=8)]
    await assert_no_difference(SCHEMA, "{ alone { size } }", _context(rows))
    await assert_no_difference(SCHEMA, "{ alone { size } }", _context([Act("return"), Act("raise")]))


async def test_a_wide_list_takes_the_short_way() -> None:
    """A thousand rows whose leaves are regular, beside one that is not."""
    rows = [Row(name=str(number), count=number) for number in range(1000)]
    assert len(await assert_no_difference(SCHEMA, "{ rows { name count when color } }", _context(rows))) > 50_000
    rows[500].count = 2**40
    await assert_no_difference(SCHEMA, "{ someRows { name count when color later } }", _context(rows))


# --- the market


@pytest.fixture(scope="session")
async def services(market: Market, servers: Servers) -> AsyncIterator[Services]:
    """The services behind the stored market, for executors without a gateway; its clock stands."""
    pool = await open_pool(database_url(servers.urls.database, "market"), size=4)
    yield Services(
        pool=pool, ingest=Ingest(pool), clock=lambda: 2e9, max_bars=50_000, bar_grace_seconds=2, quote_stale_seconds=60
    )
    await pool.close()


_BAR_FIELDS = (
    "__typename", "time", "timestamp", "open", "c: close", "close", "volume", "isClosed", "rsi", "m: sma(period: 3)",
    "sma(period: $period)", "bad: sma(period: 0)", "fast: ema(of: null)", "slow: ema(period: $none, of: $none_price)",
    "price: ema(of: HIGH)", "bollinger { upper }",
    "b: bollinger(period: 5, deviations: $deviations) { u: upper __typename ...on BB { lower } }",
    "macd { macd signal }", "x: bollinger(period: 99999) { middle }",
)  # fmt: skip


@st.composite
def _bars(draw: st.DrawFn, kind: str) -> str:
    fields = [
        _with_directive(
            field.replace("on BB", f"on Bollinger{'' if kind == 'Candle' else 'Columns'}"),
            draw(st.sampled_from(["", "", " @include(if: $yes)", " @skip(if: $yes)"])),
        )
        for field in draw(st.lists(st.sampled_from(_BAR_FIELDS), min_size=1, max_size=6))
    ]
    if draw(st.booleans()):
        fields.append(f"... on {kind} {{ timestamp ...Low{kind} }}")
    return f"{'bars' if kind == 'Candle' else 'columns'} {{ {' '.join(fields)} ...Low{kind} }}"


@st.composite
def _candles(draw: st.DrawFn) -> str:
    parts = [
        draw(_bars(kind)) for kind in draw(st.permutations(["Candle", "CandleColumns"]))[: draw(st.integers(1, 2))]
    ]
    parts += draw(st.lists(st.sampled_from(["id", "count", "asOf", "stale", "source", "interval"]), max_size=3))
    parts += draw(st.lists(st.sampled_from(["... on Node { id }", "instrument { symbol id }"]), max_size=1))
    return f"{{ {' '.join(parts)} statistics {{ open maxDrawdownPercent }} }}"


_window = st.sampled_from(
    ["", "(last: 3)", "(last: $last)", "(last: 0)", "(last: null)", '(to: "1990-01-01T00:00:00Z")']
)


@st.composite
def _market_query(draw: st.DrawFn) -> str:
    symbol = draw(st.sampled_from(["ACME", "EURUSD", "BTCUSDT", "ZZZZ"]))
    interval = draw(st.sampled_from(["D1", "H1", "M1", "W1"]))
    window = draw(_window)[1:-1]
    roots = [f'candles(symbol: "{symbol}", interval: {interval} {window}) {draw(_candles())}']
    if draw(st.booleans()):
        inner = draw(_selection(_INSTRUMENT, 0))
        roots.append(f"instruments(first: 3) {{ totalCount nodes {{ {inner.replace('z: name', 'z: symbol')} }} }}")
    if draw(st.booleans()):
        roots.append(
            f"quotes(symbols: $symbols) {{ __typename price changePercent asOf stale source"
            f" instrument {{ symbol quote {{ price }} i: candles{draw(_window)} {draw(_candles())} }} }}"
        )
    if draw(st.booleans()):
        roots.append(
            f"nodes(ids: $ids) {{ __typename ... on Quote {{ price ask }} ... on Instrument {{ symbol aliases }}"
            f" ... on CandleSeries {draw(_candles())} ... on Node {{ i: id }} }}"
        )
    in_any_order = " ".join(draw(st.permutations(roots)))
    return (
        "query ($yes: Boolean = true, $no: Boolean = false, $period: Int! = 4, $none: Int, $none_price: PriceField,"
        f" $deviations: Float! = 2, $last: Int = 5, $symbols: [String!]!, $ids: [ID!]!) {{ {in_any_order}"
        f" {_UNUSED} }} fragment LowCandle on Candle {{ low ema(period: 7) @skip(if: $no) }}"
        f" fragment LowCandleColumns on CandleColumns {{ low __typename ema(period: 7) @skip(if: $no) }}"
    )


_INSTRUMENT = (
    "__typename", "id", "symbol", "n: name", "name", "aliases", "assetClass", "currency", "isActive", "tickSize",
    "intervals", "quote { price asOf }", "quote { id bid }", "r: candles(last: 2) { bars { close time } }",
    "k: candles(last: 2) { count columns { c: close } }", "h: candles(interval: H1, last: $last) { count }",
)  # fmt: skip
_UNUSED = (
    "o: __typename @skip(if: $yes) v: quotes(symbols: $symbols) @skip(if: $yes) { id } w: nodes(ids: $ids)"
    ' @skip(if: $yes) { id } y: candles(symbol: "A", last: $last) @skip(if: $yes) { bars { ...LowCandle'
    " a: sma(period: $period) b: ema(period: $none, of: $none_price) c: bollinger(deviations: $deviations) { upper } }"
    " columns { ...LowCandleColumns } }"
)


@_SOME
@given(text=_market_query(), none=st.sampled_from([..., ..., None, 9, 0]))
async def test_the_market_is_answered_as_graphql_core_does(text: str, none: Any, services: Services) -> None:
    """Rows and columns, indicators, fragments, directives, arguments out of bounds, lists of instruments with all."""
    ids = market_ids(await executed(Executor, build_schema()._schema, _IDS, {}, Context.of(services)))
    await assert_same_answers(
        build_schema()._schema,
        text,
        lambda: Context.of(services),
        none_price=None,
        **({} if none is ... else {"none": none}),
        symbols=["ACME", "ZZZZ", "BTCUSDT", "NONE", "EURUSD", "acm-e"],
        ids=[*ids, "nothing", ids[0]],
    )


_IDS = (
    '{ instruments { nodes { id quote { id } candles(last: 2, interval: H1) { id } } } candles(symbol: "ACME") { id } }'
)


def market_ids(answer: tuple[bytes, Any]) -> list[str]:
    """The ids of all objects that are found by one."""
    data = orjson.loads(answer[0])
    nodes = data["instruments"]["nodes"]
    return [
        data["candles"]["id"],
        *(node["id"] for node in nodes),
        *(node["quote"]["id"] for node in nodes if node["quote"]),
        *(node["candles"]["id"] for node in nodes if node["candles"]),
    ]


async def test_every_field_of_bars_is_the_same(services: Services) -> None:
    """All indicators of the catalog, as rows and as columns, over a window that begins with the series."""
    lines = {
        name: f" {{ {' '.join(output.name for output in one.outputs)} }}" if len(one.outputs) > 1 else ""
        for name, one in CATALOG.items()
    }
    fields = " ".join(["time timestamp open high low close volume isClosed", *(name + lines[name] for name in lines)])
    for symbol, interval in (("ACME", "D1"), ("BTCUSDT", "M1"), ("EURUSD", "H1")):
        window = f'symbol: "{symbol}", interval: {interval}, last: 900'
        text = f"{{ candles({window}) {{ bars {{ {fields} }} columns {{ {fields} }} }} }}"
        await assert_same_answers(build_schema()._schema, text, lambda: Context.of(services))


def test_calls_are_counted() -> None:
    """What the count of calls rests on."""
    row = Row(name="a", calls=Counter())
    row._act("method", Act("return", 1))
    assert row.calls == {"method": 1}
