"""Insights by rules as queries see them: checked against the candles themselves, and by how few statements."""

import math
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gateway.config import ServerUrls
from resolvers.compute.insights.facts import LEAST_BARS
from resolvers.model.instrument import Instrument, InstrumentSpec, Source
from resolvers.model.interval import Interval
from resolvers.model.signal import ConfidenceBasis, Direction
from resolvers.storage.bars import SeriesWrite, store_bars
from resolvers.storage.instrument_changes import create_instruments
from resolvers.storage.pool import Pool
from schema.node import global_id
from tests.bars import LATER, instrument, spaced
from tests.bars import store as store_days
from tests.schema.conftest import Market
from tests.servers import COLD, RunningGateway, Servers
from tests.signals import draft, store
from tests.statements import StatementLog

_SAID = """ __typename id summary regime source similarity ageSeconds basis disclaimer
    points { text value currentValue field numbers { text value field } } """
_COUNTS = " signalCounts { total buy sell hold averageConfidence averageBaseRate since } "
_INSIGHT = """query ($symbol: String!, $interval: Interval! = D1) {
    instrument(symbol: $symbol) { insight(interval: $interval) {"""
_ONE = f"{_INSIGHT} {_SAID} }} }} }}"
_OF_LATEST = f'{{ instrument(symbol: "ACME") {{ latestSignal {{ insight {{ {_SAID} {_COUNTS} }} }} }} }}'

_FIRST_CLOSED = """query ($symbol: String!, $interval: Interval!, $to: DateTime) { candles(
    symbol: $symbol, interval: $interval, last: 21, to: $to) { columns { time isClosed close volume
    rsi(period: 14) ema(period: 50) adx(period: 14) { adx } atr(period: 14) roc(period: 20)
    bollinger(period: 20, deviations: 2) { percentB } donchian(period: 252) { upper lower } } } }"""


async def _acme(pool: Pool, count: int = 400) -> Instrument:
    acme = await instrument(pool)
    await store_days(pool, acme, Interval.D1, spaced(count, Interval.D1))
    return acme


def _value(columns: dict[str, Any], field: str) -> float:
    """What a reader finds under the field that a point names, at the newest bar."""
    path = field.removeprefix("candles.columns.")
    name, _, rest = path.partition("(")
    found = columns[name]
    output = rest.rpartition(".")[2] if ")." in rest else None
    column = found if output is None else found[output]
    return math.nan if column is None else column[-1]


async def test_each_point_is_what_the_candles_say(gateway: RunningGateway, pool: Pool) -> None:
    """A reader who asks for the field that a point names finds its value, or what it is made of."""
    await _acme(pool)
    found = (await gateway.data(_ONE, symbol="acme"))["instrument"]["insight"]
    columns = (await gateway.data(_FIRST_CLOSED, symbol="ACME", interval="D1"))["candles"]["columns"]
    values = {one["field"]: one["value"] for one in found["points"]}
    for field in ("rsi(period: 14)", "adx(period: 14).adx", "bollinger(period: 20, deviations: 2).percentB"):
        assert values[f"candles.columns.{field}"] == _value(columns, field)
    close = columns["close"][-1]
    assert values["candles.columns.roc(period: 20)"] == columns["roc"][-1]
    assert values["candles.columns.ema(period: 50)"] == pytest.approx((close / columns["ema"][-1] - 1) * 100)
    assert values["candles.columns.atr(period: 14)"] == pytest.approx(columns["atr"][-1] / close * 100)
    assert values["candles.columns.volume"] == pytest.approx(columns["volume"][-1] / np.mean(columns["volume"][-20:]))
    upper, lower = columns["donchian"]["upper"][-1], columns["donchian"]["lower"][-1]
    assert values["candles.columns.donchian(period: 252) { upper lower }"] == pytest.approx(
        (close - lower) / (upper - lower) * 100
    )
    assert (found["source"], found["similarity"], found["ageSeconds"]) == ("RULES", None, 0)
    assert all(one["currentValue"] == one["value"] and one["numbers"] for one in found["points"])
    assert all(each["text"] in one["text"] for one in found["points"] for each in one["numbers"])
    assert columns["time"][-1][:10] in found["basis"]
    assert "no forecast" in found["disclaimer"]


async def test_the_forming_bar_is_not_looked_at(gateway: RunningGateway, pool: Pool) -> None:
    """The hour that runs now is there for candles, and not for what is said."""
    acme = await instrument(pool)
    running = int(time.time()) // 3600 * 3600
    hours = spaced(300, Interval.H1, start=running - 299 * 3600)
    await store_days(pool, acme, Interval.H1, hours, now=int(time.time()))
    found = (await gateway.data(_ONE, symbol="ACME", interval="H1"))["instrument"]["insight"]
    columns = (await gateway.data(_FIRST_CLOSED, symbol="ACME", interval="H1"))["candles"]["columns"]
    assert columns["isClosed"][-2:] == [True, False]
    points = {one["field"]: one["value"] for one in found["points"]}
    assert points["candles.columns.rsi(period: 14)"] == columns["rsi"][-2] != columns["rsi"][-1]
    assert columns["time"][-2] in found["basis"]


async def test_a_signal_is_told_at_its_bar(gateway: RunningGateway, pool: Pool) -> None:
    """What came later is not in it; its own numbers are, and unknown confidence is said to be unknown."""
    bars = spaced(400, Interval.D1)
    acme = await _acme(pool)
    at = int(bars.time[350])
    await store(pool, draft(acme, interval=Interval.D1, time=at, direction=Direction.SELL, score=-0.4, agreement=0.7))
    told = (await gateway.data(_OF_LATEST))["instrument"]["latestSignal"]["insight"]
    then = await gateway.data(_FIRST_CLOSED, symbol="ACME", interval="D1", to=_day(at + 86_400))
    columns = then["candles"]["columns"]
    values = {one["field"]: one["value"] for one in told["points"]}
    assert values["candles.columns.rsi(period: 14)"] == columns["rsi"][-1]
    assert values["score"] == -0.4
    assert told["points"][-1]["text"].endswith("-0.40 and an agreement of 0.70; its confidence is not known.")
    assert "The signal is SELL." in told["summary"]
    assert told["signalCounts"] == {
        "total": 1, "buy": 0, "sell": 1, "hold": 0, "since": _day(at),
        "averageConfidence": None, "averageBaseRate": None,
    }  # fmt: skip


def _day(seconds: int) -> str:
    return str(np.datetime64(seconds, "s")) + "Z"


async def test_signals_are_counted_by_series(gateway: RunningGateway, pool: Pool) -> None:
    """Of the interval alone, without what was cancelled; the mean is of those that say."""
    acme = await _acme(pool)
    days = [int(one) for one in spaced(400, Interval.D1).time[-5:]]
    rests = ConfidenceBasis(fit="2024-01-5-0", base_rate=0.52, cases=400)
    given = [
        (Direction.BUY, 0.5, rests),
        (Direction.BUY, None, None),
        (Direction.SELL, 0.6, replace(rests, base_rate=0.48)),
        (Direction.HOLD, None, None),
    ]
    drafts = [
        draft(acme, interval=Interval.D1, time=day, direction=direction, confidence=confidence, basis=basis)
        for day, (direction, confidence, basis) in zip(days, given, strict=False)
    ]
    cancelled = draft(acme, interval=Interval.D1, time=days[4], is_cancelled=True)
    await store(pool, *drafts, cancelled, draft(acme, interval=Interval.H1))
    query = f"{_INSIGHT} summary {_COUNTS} }} }} }}"
    found = (await gateway.data(query, symbol="ACME"))["instrument"]["insight"]
    counts = found["signalCounts"]
    assert counts.pop("averageConfidence") == pytest.approx(0.55)
    assert counts.pop("averageBaseRate") == pytest.approx(0.5)
    assert counts == {"total": 4, "buy": 2, "sell": 1, "hold": 1, "since": _day(days[0])}
    # The latest was cancelled, and is not spoken of.
    assert "signal" not in found["summary"]


async def test_too_little_is_null_and_another_interval_an_error(gateway: RunningGateway, pool: Pool) -> None:
    """An error where the client can ask for something else, else null; for a signal always null."""
    await _acme(pool, LEAST_BARS - 1)
    none = await instrument(pool, "NONE")
    await store(pool, draft(none))
    assert (await gateway.data(_ONE, symbol="ACME"))["instrument"]["insight"] is None
    assert (await gateway.data(_ONE, symbol="NONE"))["instrument"]["insight"] is None
    assert (await gateway.data("{ signals { nodes { insight { id } } } }"))["signals"]["nodes"] == [{"insight": None}]
    assert await gateway.error(_ONE, symbol="ACME", interval="H1") == (
        "NOT_FOUND",
        ["instrument", "insight"],
        "no H1 bars of ACME are stored; stored intervals: D1, W1",
    )
    gone = global_id("Insight", "ACME", "D1")
    code, _, message = await gateway.error("query ($id: ID!) { node(id: $id) { id } }", id=gone)
    assert (code, message) == ("NOT_FOUND", "an insight needs 50 closed bars, fewer are stored")


async def test_it_is_found_by_its_id(gateway: RunningGateway, pool: Pool) -> None:
    """Those of instruments and of signals; an id that was never given out is refused."""
    acme = await _acme(pool)
    day = int(spaced(400, Interval.D1).time[-1])
    await store(pool, draft(acme, interval=Interval.D1, time=day))
    of_instrument = (await gateway.data(_ONE, symbol="ACME"))["instrument"]["insight"]
    of_signal = (await gateway.data(_OF_LATEST))["instrument"]["latestSignal"]["insight"]
    query = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Insight {{ {_SAID} }} }} }}"
    ids = [of_instrument["id"], of_signal["id"]]
    found = (await gateway.data(query, ids=ids))["nodes"]
    assert [one["summary"] for one in found] == [of_instrument["summary"], of_signal["summary"]]
    for wrong in (global_id("Insight", "acme", "D1"), global_id("Insight", "ACME", "D2"), global_id("Insight", 1)):
        code, _, _ = await gateway.error("query ($id: ID!) { node(id: $id) { id } }", id=wrong)
        assert code == "BAD_INPUT"


async def test_what_is_said_of_a_market_holds_while_it_stands(market: Market) -> None:
    """Asked twice, word for word; currencies, whose day rolls in New York, and a coin whose volumes have gaps too."""
    for symbol, interval in (("ACME", "D1"), ("EURUSD", "H1"), ("EURUSD", "D1"), ("BTCUSDT", "M1"), ("BTCUSDT", "M5")):
        first, second = [
            (await market.gateway.data(_ONE, symbol=symbol, interval=interval))["instrument"]["insight"]
            for _ in range(2)
        ]
        assert first == second, symbol
        assert first is None or len(first["points"]) >= 6


_LIST = f"""query ($first: Int!) {{ instruments(first: $first) {{ nodes {{ symbol insight {{ {_SAID} {_COUNTS} }}
    latestSignal {{ insight {{ {_SAID} {_COUNTS} }} }} }} }} }}"""


async def test_statements_do_not_grow_with_the_list(servers: Servers, urls: ServerUrls, pool: Pool) -> None:
    """100 instruments with their insight and that of their signal, and what is counted, need as many as 10 and as 1."""
    symbols = [f"S{number:03d}" for number in range(100)]
    instruments = await create_instruments(pool, [InstrumentSpec(symbol=symbol) for symbol in symbols])
    days = spaced(90, Interval.D1)
    await store_bars(
        pool,
        [
            SeriesWrite(instrument=one, interval=Interval.D1, source=Source.FILE, bars=spaced(90, Interval.D1, seed=at))
            for at, one in enumerate(instruments.values())
        ],
        now=LATER,
    )
    await store(
        pool,
        *(
            draft(one, interval=Interval.D1, time=int(days.time[60 + at % 30]))
            for at, one in enumerate(instruments.values())
        ),
    )
    log = StatementLog(servers.log, urls.database)
    await log.start()
    counts = []
    for count in (1, 10, 100):
        async with RunningGateway(COLD, urls) as gateway:
            log.forget()
            nodes = (await gateway.data(_LIST, first=count))["instruments"]["nodes"]
            statements = log.statements()
        assert len(nodes) == count
        assert all(one["insight"]["points"] and one["latestSignal"]["insight"]["points"] for one in nodes)
        assert all(one["insight"]["signalCounts"]["total"] == 1 for one in nodes)
        counts.append(Counter(one.split()[0] for one in statements))
    assert counts[0] == counts[1] == counts[2], counts
    assert counts[0].total() <= 12
