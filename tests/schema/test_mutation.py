"""Publishing over HTTP: what is good is stored, what is not is named by index, and repeating changes nothing."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from gateway.config import ServerUrls
from resolvers.events.position import parsed_position
from resolvers.model.event import EventKind
from resolvers.model.instrument import Instrument, Source
from resolvers.model.interval import Interval
from resolvers.storage.outbox import stored_position
from resolvers.storage.pool import Pool
from resolvers.storage.revisions import origin_of
from tests.bars import instrument, spaced, store
from tests.servers import PATIENT, RunningGateway

_ANSWER = "accepted stored unchanged errors { index code message path } position"
_CANDLES = f"mutation ($input: PublishCandlesInput!) {{ publishCandles(input: $input) {{ {_ANSWER} }} }}"
_QUOTES = f"mutation ($input: PublishQuotesInput!) {{ publishQuotes(input: $input) {{ {_ANSWER} }} }}"


@pytest.fixture
async def acme(pool: Pool) -> Instrument:
    """A real instrument with an alias."""
    return await instrument(pool, "ACME", aliases=("ACM-E",))


@pytest.fixture
async def nadir(pool: Pool) -> Instrument:
    """Another one."""
    return await instrument(pool, "NADIR")


@pytest.fixture
async def gateway(urls: ServerUrls, acme: Instrument, nadir: Instrument) -> AsyncIterator[RunningGateway]:
    """A running gateway on a database with two instruments."""
    async with RunningGateway(PATIENT, urls) as running:
        yield running


def _bar(time: str = "2024-01-08T12:00:00Z", **changes: Any) -> dict[str, Any]:
    return {"time": time, "open": 5, "high": 7, "low": 4, "close": 6, "volume": 10} | changes


def _item(*bars: dict[str, Any], symbol: str = "ACME", interval: str = "H1") -> dict[str, Any]:
    return {"symbol": symbol, "interval": interval, "bars": list(bars)}


def _quote(**changes: Any) -> dict[str, Any]:
    return {"symbol": "ACME", "price": 5.5, "asOf": "2024-01-08T12:00:00Z"} | changes


async def _candles(gateway: RunningGateway, *items: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = (await gateway.data(_CANDLES, input={"items": list(items)}))["publishCandles"]
    return answer


async def _quotes(gateway: RunningGateway, *items: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = (await gateway.data(_QUOTES, input={"items": list(items)}))["publishQuotes"]
    return answer


def _counts(answer: dict[str, Any]) -> tuple[int, int, int]:
    return answer["accepted"], answer["stored"], answer["unchanged"]


async def test_bars_are_stored_with_what_follows_from_them(gateway: RunningGateway) -> None:
    """Many of one series, in any order, and one of another; by symbol or alias, in any case."""
    answer = await _candles(
        gateway,
        _item(_bar("2024-01-08T13:00:00Z", close=6.5), _bar(), symbol=" acm-e "),
        _item(_bar("2024-01-08T14:00:00+02:00", volume=None), symbol="NADIR"),
    )
    assert _counts(answer) == (3, 3, 0)
    assert answer["errors"] == []
    found = await gateway.data(
        '{ h: candles(symbol: "ACME", interval: H1) { source columns { time close volume } }'
        ' d: candles(symbol: "ACME", interval: D1) { columns { time close volume } }'
        ' n: candles(symbol: "NADIR", interval: H1) { columns { time volume } }'
        ' quotes(symbols: ["ACME"]) { price source } }'
    )
    assert found["h"] == {
        "source": "PUBLISHED",
        "columns": {
            "time": ["2024-01-08T12:00:00Z", "2024-01-08T13:00:00Z"],
            "close": [6.0, 6.5],
            "volume": [10.0, 10.0],
        },
    }
    assert found["d"]["columns"] == {"time": ["2024-01-08T00:00:00Z"], "close": [6.5], "volume": [20.0]}
    assert found["n"]["columns"] == {"time": ["2024-01-08T12:00:00Z"], "volume": [None]}
    assert found["quotes"] == [{"price": 6.5, "source": "PUBLISHED"}]


async def test_repeating_changes_nothing_and_says_so(gateway: RunningGateway, pool: Pool) -> None:
    """Bars and quotes; a part that is new is stored."""
    await _candles(gateway, _item(_bar()))
    before = await stored_position(pool)
    assert _counts(await _candles(gateway, _item(_bar()))) == (1, 0, 1)
    assert _counts(await _candles(gateway, _item(_bar(), _bar()), _item(_bar()))) == (3, 0, 3)
    assert await stored_position(pool) == before
    assert _counts(await _candles(gateway, _item(_bar(), _bar("2024-01-08T13:00:00Z")))) == (2, 1, 1)
    later = _quote(asOf="2024-01-08T18:00:00Z", bid=5.25)
    assert _counts(await _quotes(gateway, later)) == (1, 1, 0)
    assert _counts(await _quotes(gateway, later)) == (1, 0, 1)


async def test_bad_bars_are_named_and_the_good_ones_stored(gateway: RunningGateway, pool: Pool) -> None:
    """Each with its item's index, a code, and the path to what is wrong."""
    nova = await instrument(pool, "NOVA", is_simulated=True)
    assert nova.spec.is_simulated
    await store(pool, await instrument(pool, "FILED"), Interval.H1, spaced(1, Interval.H1), source=Source.FILE)
    answer = await _candles(
        gateway,
        _item(_bar(), _bar("2024-01-08T13:00:00Z", high=3), _bar("2024-01-08T14:00:00Z", volume=-1)),
        _item(_bar(), symbol="ZZZZ"),
        _item(_bar(), symbol="NOVA"),
        _item(_bar(), symbol="FILED"),
        _item(symbol="NADIR"),
        _item(_bar("2024-01-08T12:00:30Z"), _bar("2024-01-08T12:00:00.5Z"), _bar("9999-01-08T12:00:00Z")),
        _item(_bar("2024-01-08T12:00:00Z"), interval="D1"),
        _item(_bar("2024-01-09T00:00:00Z"), interval="W1", symbol="NADIR"),
        _item(_bar(close=5.5)),
        _item(_bar("2024-01-08T00:00:00Z", open=0, low=0), interval="W1", symbol="NADIR"),
    )
    assert _counts(answer) == (1, 1, 0)
    told = [(one["index"], one["code"], one["path"][2:], one["message"]) for one in answer["errors"]]
    assert all(one["path"][:2] == ["input", "items"] for one in answer["errors"])
    since = "from the year 1800 to the present, was "
    whole_minute = f"time must be a whole minute, {since}"
    assert told == [
        (0, "BAD_INPUT", ["0", "bars", "1", "high"], "high must be at least the low 4, was 3"),
        (0, "BAD_INPUT", ["0", "bars", "2", "volume"], "volume must not be negative, was -1"),
        (1, "NOT_FOUND", ["1", "symbol"], "no instrument ZZZZ"),
        (2, "CONFLICT", ["2", "symbol"], "NOVA is a simulated instrument, and real prices cannot be mixed in"),
        (3, "CONFLICT", ["3"], "FILED H1 holds bars from FILE, and bars from PUBLISHED cannot be mixed in"),
        (4, "BAD_INPUT", ["4", "bars"], "bars must hold at least one"),
        (5, "BAD_INPUT", ["5", "bars", "0", "time"], whole_minute + "2024-01-08T12:00:30+00:00"),
        (5, "BAD_INPUT", ["5", "bars", "1", "time"], whole_minute + "2024-01-08T12:00:00.500000+00:00"),
        (5, "BAD_INPUT", ["5", "bars", "2", "time"], whole_minute + "9999-01-08T12:00:00+00:00"),
        (
            6,
            "BAD_INPUT",
            ["6", "bars", "0", "time"],
            f"time must be 00:00 UTC of the session's date, {since}2024-01-08T12:00:00+00:00",
        ),
        (
            7,
            "BAD_INPUT",
            ["7", "bars", "0", "time"],
            f"time must be 00:00 UTC of a Monday's date, {since}2024-01-09T00:00:00+00:00",
        ),
        (
            8,
            "BAD_INPUT",
            ["8", "bars", "0"],
            "a bar must be given once, differs from items[0].bars[0] of the same time",
        ),
        (9, "BAD_INPUT", ["9", "bars", "0", "open"], "open must be positive, was 0"),
    ]
    assert await pool.fetchval("SELECT count(*) FROM candles WHERE NOT is_derived") == 2


async def test_bad_quotes_are_named_and_the_good_ones_stored(gateway: RunningGateway, pool: Pool) -> None:
    """Of several of one instrument the newest is stored."""
    await instrument(pool, "NOVA", is_simulated=True)
    answer = await _quotes(
        gateway,
        _quote(price=-1),
        _quote(symbol="ZZZZ"),
        _quote(symbol="NOVA"),
        _quote(previousClose=0),
        _quote(bid=6, ask=5),
        _quote(volume=-1),
        _quote(asOf="2999-01-01T00:00:00Z"),
        _quote(price=7, asOf="2024-01-08T12:00:01Z", bid=6, ask=8, previousClose=5, volume=0),
        _quote(price=6),
    )
    assert _counts(answer) == (2, 1, 1)
    assert [(one["index"], one["code"], *one["path"][2:]) for one in answer["errors"]] == [
        (0, "BAD_INPUT", "0", "price"),
        (1, "NOT_FOUND", "1", "symbol"),
        (2, "CONFLICT", "2", "symbol"),
        (3, "BAD_INPUT", "3", "previousClose"),
        (4, "BAD_INPUT", "4", "bid"),
        (5, "BAD_INPUT", "5", "volume"),
        (6, "BAD_INPUT", "6", "asOf"),
    ]
    assert answer["errors"][0]["message"] == "price must be positive and below 1e+18, was -1"
    found = await gateway.data('{ quotes(symbols: ["ACME"]) { price bid ask previousClose volume source } }')
    assert found["quotes"] == [{"price": 7, "bid": 6, "ask": 8, "previousClose": 5, "volume": 0, "source": "PUBLISHED"}]


async def test_an_older_quote_is_unchanged(gateway: RunningGateway) -> None:
    """It is no error: quotes may overtake each other on their way."""
    await _quotes(gateway, _quote(price=7))
    assert _counts(await _quotes(gateway, _quote(price=6, asOf="2024-01-08T11:59:59Z"))) == (1, 0, 1)


async def test_the_position_is_of_what_was_accepted(gateway: RunningGateway, pool: Pool) -> None:
    """Also of what was stored before, and where nothing was accepted it is that of the database."""
    origin = await origin_of(pool)
    first = parsed_position((await _candles(gateway, _item(_bar())))["position"], origin)
    assert first == {kind: n for kind, n in (await stored_position(pool)).items() if n}
    second = parsed_position((await _quotes(gateway, _quote(asOf="2024-01-08T20:00:00Z")))["position"], origin)
    assert second == {EventKind.QUOTES: first[EventKind.QUOTES] + 1}
    again = parsed_position((await _candles(gateway, _item(_bar())))["position"], origin)
    assert again == first | second | {EventKind.SIGNALS: 0}


async def test_an_answer_means_that_it_is_committed(gateway: RunningGateway, pool: Pool) -> None:
    """Its number is in the outbox when the client has the answer."""
    for step in range(5):
        await _candles(gateway, _item(_bar(close=5 + step / 10), interval="H4"))
        assert await pool.fetchval("SELECT close FROM candles WHERE bar_minutes = 240") == 5 + step / 10


async def test_too_many_are_refused_as_a_whole(gateway: RunningGateway, pool: Pool) -> None:
    """With a code, at the field's path."""
    bars = [_bar(f"2024-01-{1 + at // 1440:02d}T{at // 60 % 24:02d}:{at % 60:02d}:00Z") for at in range(5_001)]
    code, path, message = await gateway.error(_CANDLES, input={"items": [_item(*bars, interval="M1")]})
    assert (code, path) == ("TOO_LARGE", ["publishCandles"])
    assert message == "one call brings at most 5000 bars, 5001 were given"
    answer = await _candles(gateway, _item(*bars[:5_000], interval="M1"))
    assert _counts(answer) == (5_000, 5_000, 0)
    code, path, _ = await gateway.error(_QUOTES, input={"items": [_quote()] * 5_001})
    assert (code, path) == ("TOO_LARGE", ["publishQuotes"])


async def test_what_is_published_costs_by_its_number(urls: ServerUrls, acme: Instrument) -> None:
    """Whether it comes in one item or in many; values in the text count as those in variables."""
    async with RunningGateway(replace(PATIENT, max_cost=2_800), urls) as gateway:
        small = await _candles(gateway, _item(*[_bar(f"2024-01-08T{at:02d}:00:00Z") for at in range(10)]))
        assert small["accepted"] == 10
        for items in ([_item(*[_bar(f"2024-01-08T{at:02d}:00:00Z") for at in range(20)])], [_item(_bar())] * 20):
            code, _, message = await gateway.error(_CANDLES, input={"items": items})
            assert (code, "the limit max_cost is 2,800" in message) == ("LIMIT_EXCEEDED", True)
        one = '{time: "2024-01-08T12:00:00Z", open: 5, high: 7, low: 4, close: 6}'
        item = f'{{symbol: "ACME", interval: H1, bars: [{one * 20}]}}'
        code, _, _ = await gateway.error(f"mutation {{ publishCandles(input: {{items: [{item}]}}) {{ accepted }} }}")
        assert code == "LIMIT_EXCEEDED"


async def test_mutations_of_one_operation_follow_each_other(gateway: RunningGateway) -> None:
    """The second one sees what the first has stored."""
    text = (
        "mutation ($input: PublishCandlesInput!) {"
        " first: publishCandles(input: $input) { stored } second: publishCandles(input: $input) { stored } }"
    )
    data = await gateway.data(text, input={"items": [_item(_bar())]})
    assert data == {"first": {"stored": 1}, "second": {"stored": 0}}


async def test_a_mutation_by_get_is_refused(gateway: RunningGateway) -> None:
    """Links change nothing."""
    item = '{symbol: "ACME", price: 1, asOf: "2024-01-08T12:00:00Z"}'
    text = f"mutation {{ publishQuotes(input: {{items: [{item}]}}) {{ stored }} }}"
    answer = await gateway.client.get("/graphql", params={"query": text}, headers={"Accept": "application/json"})
    assert answer.status_code == 405


async def test_the_mutations_are_introspected(gateway: RunningGateway) -> None:
    """Each argument and field with words."""
    found = await gateway.data(
        "{ __schema { mutationType { name fields { name description args { name description } } } } }"
    )
    names = [field["name"] for field in found["__schema"]["mutationType"]["fields"]]
    assert names == ["publishCandles", "publishQuotes", "publishSignals", "analyze"]
    for field in found["__schema"]["mutationType"]["fields"]:
        assert field["description"]
        assert all(argument["description"] for argument in field["args"])


async def test_who_published_answers_with_it_at_once(gateway: RunningGateway) -> None:
    """The process that wrote needs no event for it."""
    for step in range(20):
        price = 5 + step / 100
        await _quotes(gateway, _quote(price=price, asOf=f"2024-01-08T12:00:{step:02d}Z"))
        found = await gateway.data('{ quotes(symbols: ["ACME"]) { price } }')
        assert found["quotes"] == [{"price": price}]
