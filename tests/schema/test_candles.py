"""Candle series: which bars, closed or forming, how old, from where, and what they amount to."""

import math
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from gateway.config import ServerUrls
from resolvers.model.bars import Bars
from resolvers.model.instrument import Source
from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool
from schema.scalars import parse_rfc3339
from tests.bars import instrument, spaced, store, walk
from tests.schema.conftest import FX_DAY, Market
from tests.servers import PATIENT, RunningGateway

_STATE = """query ($s: String!, $i: Interval!) { candles(symbol: $s, interval: $i, last: 3) {
    count asOf stale source interval instrument { symbol } columns { timestamp isClosed } } }"""


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


async def _window(market: Market, arguments: str, **variables: Any) -> list[int]:
    used = [f"${name}: {kind}" for name, kind in {"from": "DateTime", "to": "DateTime", "last": "Int"}.items()]
    used = [one for one in used if one.partition(":")[0] in arguments]
    head = f"query ({', '.join(used)})" if used else ""
    data = await market.gateway.data(
        f'{head} {{ candles(symbol: "ACME"{arguments}) {{ count columns {{ timestamp }} }} }}', **variables
    )
    found: list[int] = data["candles"]["columns"]["timestamp"]
    assert data["candles"]["count"] == len(found)
    return found


async def test_a_window_is_cut_like_a_slice(market: Market) -> None:
    """Default, last, [from, to), and the newest of a range; an explicit null is as good as nothing."""
    days = market.days.time.tolist()
    bounds = {"from": _iso(days[100]), "to": _iso(days[140])}
    assert await _window(market, "") == days[-200:]
    assert await _window(market, ", last: null, from: null, to: null") == days[-200:]
    assert await _window(market, ", last: 1") == days[-1:]
    assert await _window(market, ", last: 50000") == days
    assert await _window(market, ", from: $from", **bounds) == days[100:]
    assert await _window(market, ", to: $to", **bounds) == days[:140][-200:]
    assert await _window(market, ", from: $from, to: $to", **bounds) == days[100:140]
    assert await _window(market, ", from: $from, to: $to, last: $last", last=7, **bounds) == days[133:140]
    assert await _window(market, ", from: $from, to: $to, last: $last", last=70, **bounds) == days[100:140]
    assert await _window(market, ", from: $from", **{"from": _iso(days[100] + 0.5)}) == days[101:]
    assert await _window(market, ", to: $to, last: 1", to=_iso(days[100] + 0.5)) == [days[100]]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ('symbol: "ZZZZ"', "NOT_FOUND", "no instrument ZZZZ"),
        ('symbol: ""', "NOT_FOUND", "no instrument ''"),
        ('symbol: "A\\u0000"', "NOT_FOUND", "no instrument 'A\\x00'"),
        ('symbol: "ACME", interval: M1', "NOT_FOUND", "no M1 bars of ACME are stored; stored intervals: D1, W1"),
        ('symbol: "NONE"', "NOT_FOUND", "no D1 bars of NONE are stored; stored intervals: none"),
        ('symbol: "ACME", last: 0', "BAD_INPUT", "last must be at least 1, was 0"),
        ('symbol: "ACME", last: -7', "BAD_INPUT", "last must be at least 1, was -7"),
        ('symbol: "ACME", last: 1000000', "TOO_LARGE", "a window holds at most 50000 bars, last was 1000000"),
        (
            'symbol: "ACME", from: "2024-02-02T00:00:00Z", to: "2024-02-01T00:00:00Z"',
            "BAD_INPUT",
            "from must be before to, were 2024-02-02T00:00:00Z and 2024-02-01T00:00:00Z",
        ),
        (
            'symbol: "ACME", from: "2024-02-01T00:00:00Z", to: "2024-02-01T00:00:00Z"',
            "BAD_INPUT",
            "from must be before to, were 2024-02-01T00:00:00Z and 2024-02-01T00:00:00Z",
        ),
    ],
)
async def test_a_window_that_cannot_be_is_one_error_beside_the_rest(
    arguments: str, code: str, message: str, market: Market
) -> None:
    """At its own path, on the root and on the hub; the other windows are answered, also those of the same batch."""
    answer = await market.gateway.answer(
        f'{{ a: candles(symbol: "ACME", last: 1) {{ count }} wrong: candles({arguments}) {{ count columns {{ rsi }} }}'
        ' b: instrument(symbol: "ACME") { candles(last: 2) { count } } }'
    )
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"], error["message"]) == (["wrong"], {"code": code}, message)
    assert answer["data"] == {"a": {"count": 1}, "wrong": None, "b": {"candles": {"count": 2}}}


async def test_a_range_with_too_many_bars_is_too_large(gateway: RunningGateway, pool: Pool) -> None:
    """Counted in the database and named; one bar fewer is answered."""
    bars = spaced(50_001, Interval.M1)
    await store(pool, await instrument(pool), Interval.M1, bars)
    query = 'query ($from: DateTime!) { candles(symbol: "ACME", interval: M1, from: $from) { count columns { rsi } } }'
    code, path, message = await gateway.error(query, **{"from": _iso(int(bars.time[0]))})
    assert (code, path) == ("TOO_LARGE", ["candles"])
    assert message == "a window holds at most 50000 bars, the range from 2024-02-01T12:00:00Z holds more"
    data = await gateway.data(query, **{"from": _iso(int(bars.time[1]))})
    assert data["candles"]["count"] == 50_000


async def test_the_bar_of_this_hour_is_forming(gateway: RunningGateway, pool: Pool) -> None:
    """Not closed, as of now, not stale; the ones before are closed."""
    hour = int(time.time()) // 3600 * 3600
    bars = walk(hour + np.arange(-5, 1) * 3600)
    await store(pool, await instrument(pool), Interval.H1, bars, now=int(time.time()))
    before = time.time()
    series = (await gateway.data(_STATE, s="ACME", i="H1"))["candles"]
    # The hour may end, or its two seconds of grace, while the question is asked.
    assert series["columns"]["isClosed"] in [
        [one + 3600 <= now - 2 for one in bars.time[-3:].tolist()] for now in (before, time.time())
    ]
    assert series["columns"]["isClosed"][0]
    assert abs(parse_rfc3339(series["asOf"]).timestamp() - before) < 10
    assert (series["stale"], series["source"], series["interval"]) == (False, "FILE", "H1")
    assert series["instrument"] == {"symbol": "ACME"}


@pytest.mark.parametrize(("ago", "is_stale"), [(2, False), (5, True)])
async def test_a_series_is_stale_after_three_intervals(
    ago: int, is_stale: bool, gateway: RunningGateway, pool: Pool
) -> None:
    """Measured from the end of its newest bar, also for a window that lies further back."""
    hour = int(time.time()) // 3600 * 3600
    bars = walk(hour - ago * 3600 + np.arange(-9, 1) * 3600)
    await store(pool, await instrument(pool), Interval.H1, bars)
    series = (await gateway.data(_STATE, s="ACME", i="H1"))["candles"]
    assert series["stale"] is is_stale
    assert series["asOf"] == _iso(int(bars.time[-1]) + 3600).replace("+00:00", "Z")
    back = await gateway.data(
        'query ($to: DateTime!) { candles(symbol: "ACME", interval: H1, to: $to, last: 2) { stale asOf } }',
        to=_iso(int(bars.time[5])),
    )
    assert back["candles"] == {"stale": is_stale, "asOf": _iso(int(bars.time[5])).replace("+00:00", "Z")}


async def test_days_close_when_their_session_ends(gateway: RunningGateway, pool: Pool) -> None:
    """The session of FX runs from 17:00 to 17:00 in New York; its day and week are open until then."""
    new_york = ZoneInfo("America/New_York")
    today = (datetime.now(new_york) + timedelta(hours=7)).date()
    midnight = int(datetime(today.year, today.month, today.day, tzinfo=UTC).timestamp())
    pair = await instrument(pool, "EURUSD", sessions=FX_DAY)
    await store(pool, pair, Interval.D1, walk(midnight + np.arange(-20, 1) * 86_400), now=int(time.time()))
    series = (await gateway.data(_STATE, s="EURUSD", i="D1"))["candles"]
    assert series["columns"]["isClosed"] == [True, True, False]
    assert abs(parse_rfc3339(series["asOf"]).timestamp() - time.time()) < 10
    weeks = (await gateway.data(_STATE, s="EURUSD", i="W1"))["candles"]
    assert weeks["columns"]["isClosed"] == [True, True, False]
    yesterday = today - timedelta(days=1)
    end = datetime(yesterday.year, yesterday.month, yesterday.day, 17, tzinfo=new_york).astimezone(UTC)
    closed = await gateway.data(
        'query ($to: DateTime!) { candles(symbol: "EURUSD", to: $to) { asOf } }', to=_iso(midnight)
    )
    assert parse_rfc3339(closed["candles"]["asOf"]) == end


async def test_sessions_of_fx_roll_at_five_in_new_york(market: Market) -> None:
    """Days made of hours: dated by the evening they end, first open, highest high, lowest low, last close, volume."""
    new_york = ZoneInfo("America/New_York")
    hours = market.hours
    dates = [
        (datetime.fromtimestamp(one, UTC).astimezone(new_york).replace(tzinfo=None) + timedelta(hours=7)).date()
        for one in hours.time.tolist()
    ]
    data = await market.gateway.data(
        '{ candles(symbol: "EURUSD", interval: D1, last: 1000) { columns { time open high low close volume } } }'
    )
    columns = data["candles"]["columns"]
    assert columns["time"] == [f"{date}T00:00:00Z" for date in sorted(set(dates))]
    for number, date in enumerate(sorted(set(dates))):
        part = [index for index, one in enumerate(dates) if one == date]
        assert columns["open"][number] == hours.open[part[0]]
        assert columns["high"][number] == hours.high[part].max()
        assert columns["low"][number] == hours.low[part].min()
        assert columns["close"][number] == hours.close[part[-1]]
        assert columns["volume"][number] == pytest.approx(hours.volume[part].sum())


async def test_statistics_are_those_of_the_window(market: Market) -> None:
    """Each figure by hand from the bars of the window alone."""
    data = await market.gateway.data(
        """{ candles(symbol: "ACME", last: 90) { statistics { open high low close change changePercent meanClose
            totalVolume meanVolume volatilityPercent maxDrawdownPercent } } }"""
    )
    bars = market.days[-90:]
    close = bars.close.tolist()
    returns = [math.log(after / before) for before, after in pairwise(close)]
    mean = math.fsum(returns) / 89
    deviation = math.sqrt(math.fsum((one - mean) ** 2 for one in returns) / 88)
    drawdown = max(1 - after / before for index, before in enumerate(close) for after in close[index:])
    first = float(bars.open[0])
    expected = {
        "open": first,
        "high": max(bars.high.tolist()),
        "low": min(bars.low.tolist()),
        "close": close[-1],
        "change": close[-1] - first,
        "changePercent": 100 * (close[-1] - first) / first,
        "meanClose": math.fsum(close) / 90,
        "totalVolume": math.fsum(bars.volume.tolist()),
        "meanVolume": math.fsum(bars.volume.tolist()) / 90,
        "volatilityPercent": 100 * deviation,
        "maxDrawdownPercent": 100 * drawdown,
    }
    assert data["candles"]["statistics"] == pytest.approx(expected, rel=1e-9)


async def test_statistics_are_null_where_there_is_nothing_to_say(market: Market) -> None:
    """An empty window, one bar, and bars without a volume."""
    fields = "{ open volatilityPercent totalVolume meanVolume maxDrawdownPercent }"
    data = await market.gateway.data(
        f"""{{
            empty: candles(symbol: "ACME", to: "1990-01-01T00:00:00Z") {{ count asOf statistics {fields} }}
            one: candles(symbol: "ACME", last: 1) {{ statistics {fields} }}
            bare: candles(symbol: "BTCUSDT", interval: M1, last: 9) {{ statistics {fields} }}
        }}"""
    )
    assert data["empty"]["statistics"] == dict.fromkeys(data["empty"]["statistics"])
    assert (data["empty"]["count"], data["empty"]["asOf"]) == (0, None)
    assert data["one"]["statistics"]["volatilityPercent"] is None
    assert data["one"]["statistics"]["maxDrawdownPercent"] == 0
    assert data["bare"]["statistics"]["totalVolume"] is None
    assert data["bare"]["statistics"]["meanVolume"] is None
    assert data["bare"]["statistics"]["open"] is not None


async def test_a_simulated_series_says_so(gateway: RunningGateway, pool: Pool) -> None:
    """On the series, on the quote and on the instrument."""
    nova = await instrument(pool, "NOVA", is_simulated=True)
    bars: Bars = spaced(5, Interval.D1)
    await store(pool, nova, Interval.D1, bars, source=Source.SIMULATED)
    data = await gateway.data(
        '{ instrument(symbol: "NOVA") { isSimulated quote { source } candles(last: 1) { source } } }'
    )
    assert data["instrument"] == {
        "isSimulated": True,
        "quote": {"source": "SIMULATED"},
        "candles": {"source": "SIMULATED"},
    }


async def test_an_operation_reads_within_its_budget(urls: ServerUrls, pool: Pool) -> None:
    """One bar of an indicator that looks back to the first one is read with all of them; what is over is refused."""
    for symbol in ("ACME", "BRAVO"):
        await store(pool, await instrument(pool, symbol), Interval.H1, spaced(100, Interval.H1))
    async with RunningGateway(replace(PATIENT, max_read_bars=150), urls) as gateway:
        answer = await gateway.answer(
            """{ a: candles(symbol: "ACME", interval: H1, last: 1) { columns { obv } }
                 b: candles(symbol: "BRAVO", interval: H1, last: 1) { columns { obv } }
                 c: candles(symbol: "BRAVO", interval: H1, last: 20) { count } }"""
        )
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["b"], "TOO_LARGE")
    assert "reads at most 150 bars" in error["message"]
    assert len(answer["data"]["a"]["columns"]["obv"]) == 1
    assert answer["data"]["c"]["count"] == 20
