"""Whatever was published, asked, expired and evicted before: an answer is that of a gateway that holds nothing."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.config import ServerUrls
from resolvers.model.instrument import Instrument, InstrumentSpec
from resolvers.storage.instrument_changes import create_instruments
from resolvers.storage.pool import Pool
from schema.node import global_id
from tests.bars import NOON
from tests.following import eventually
from tests.servers import COLD, PATIENT, RunningGateway
from tests.signals import draft

_START = datetime.fromtimestamp(NOON, UTC)
_LIFE_SECONDS = 0.05

_QUOTES = """query ($symbol: String!, $other: String!, $full: Boolean = false) {
  quotes(symbols: [$symbol, $other]) { price change asOf stale
    instrument @include(if: $full) { symbol intervals } } }"""
_BARS = """query Bars($symbol: String!, $interval: Interval!, $last: Int) {
  candles(symbol: $symbol, interval: $interval, last: $last) {
    count columns { timestamp close volume sma(period: 3) } } }"""
_ROWS = """query ($symbol: String!, $from: DateTime) { candles(symbol: $symbol, interval: H1, from: $from) {
  bars { time open high low close isClosed ema(period: 2) } } }"""
_SIGNALS = """query ($symbols: [String!], $status: SignalStatus) {
  signals(first: 3, filter: {symbols: $symbols, status: $status}) {
    totalCount nodes { id rationale status instrument { symbol } } } }"""
_LATEST = """query ($symbol: String!) { instruments(search: $symbol) { nodes {
  symbol latestSignal(interval: H1) { rationale } signals { totalCount nodes { rationale } } } } }"""
_SIGNAL = "query ($id: ID!) { node(id: $id) { ... on Signal { rationale status instrument { symbol } } } }"
_LIST = """query ($search: String) { instruments(search: $search, first: 5) { totalCount nodes { ...Row } } }
  fragment Row on Instrument {
    symbol intervals quote { price } days: candles(interval: D1, last: 2) { bars { close } } }"""

_symbols = st.integers(0, 2)  # the last one does not exist
_which = st.integers(0, 1)
_writes = st.one_of(
    st.tuples(st.just("bars"), _which, st.integers(0, 1), st.sets(st.integers(0, 60), min_size=1, max_size=4)),
    # What happens most: the newest bar again, or the one after it.
    st.tuples(st.just("tick"), _which, st.integers(0, 1), st.booleans()),
    st.tuples(st.just("quote"), _which, st.integers(0, 1)),
    st.tuples(st.just("signal"), _which, st.integers(0, 1), st.integers(0, 2)),
    st.tuples(st.just("signal"), _which, st.integers(0, 1), st.integers(0, 2)),
)
_operations = st.one_of(
    st.tuples(st.just("quotes"), _symbols, _symbols, st.sampled_from([None, True, False])),
    st.tuples(st.just("bars"), _symbols, st.sampled_from(["H1", "H4", "D1", "W1"]), st.sampled_from([1, 5, 100])),
    st.tuples(st.just("rows"), _symbols, st.none() | st.integers(0, 50)),
    st.tuples(st.just("list"), st.booleans()),
    st.tuples(
        st.just("signals"), st.none() | st.sets(st.integers(0, 1)), st.sampled_from([None, "ACTIVE", "SUPERSEDED"])
    ),
    st.tuples(st.just("latest"), _which),
    st.tuples(st.just("signal"), _which, st.integers(0, 2)),
)
_reads = st.one_of(
    st.tuples(st.just("ask"), _which, st.sampled_from(["POST", "GET"]), _operations, st.integers(1, 3)),
    st.tuples(st.just("batch"), _which, st.lists(_operations, min_size=1, max_size=3)),
)
_others = st.just(("expire",))
_actions = st.lists(st.one_of(_writes, _reads, _reads, _reads, _others), min_size=5, max_size=25)


class World:
    """
    Two gateways that hold what they can, and one that holds nothing.

    The first has room for a few answers and hardly any windows, so that it drops what it holds all the time; in the
    second all lives end within moments.
    """

    def __init__(self, pool: Pool, gateways: list[RunningGateway], cold: RunningGateway) -> None:
        self._pool = pool
        self._gateways = gateways
        self._cold = cold
        self._numbers = itertools.count(1)
        self._examples = itertools.count(1)
        self._names: list[str] = []
        self._instruments: dict[str, Instrument] = {}
        self._newest: dict[str, int] = {}
        self._position: str | None = None
        self._writers: set[int] = set()

    async def begin(self) -> None:
        """Two instruments that nobody has asked for yet."""
        example = next(self._examples)
        self._names = [f"EX{example}A", f"EX{example}B", f"EX{example}NONE"]
        self._newest, self._position, self._writers = {}, None, set()
        self._instruments = await create_instruments(
            self._pool, [InstrumentSpec(symbol=one) for one in self._names[:2]]
        )

        async def have_heard() -> bool:
            asked = {"query": f'{{ instruments(search: "EX{example}") {{ totalCount }} }}'}
            answers = [(await one.client.post("/graphql", json=asked)).json() for one in self._gateways]
            return all(one["data"]["instruments"]["totalCount"] == 2 for one in answers)

        await eventually(have_heard)

    async def bars(self, which: int, symbol: int, hours: set[int]) -> None:
        """New bars and corrected ones."""
        price = float(next(self._numbers))
        bars = [
            dict.fromkeys(("open", "high", "low", "close"), price + hour / 100)
            | {"time": (_START + timedelta(hours=hour)).isoformat(), "volume": price}
            for hour in sorted(hours)
        ]
        item = {"symbol": self._names[symbol], "interval": "H1", "bars": bars}
        self._newest[item["symbol"]] = max(self._newest.get(item["symbol"], 0), *hours)  # type: ignore[index,call-overload]
        await self._publish(which, "publishCandles", "PublishedCandles", item)

    async def tick(self, which: int, symbol: int, is_new: bool) -> None:
        """The newest bar again, or the one after it."""
        await self.bars(which, symbol, {self._newest.get(self._names[symbol], 0) + is_new})

    async def quote(self, which: int, symbol: int) -> None:
        """A quote that is newer than all before."""
        number = next(self._numbers)
        moment = _START + timedelta(days=10, seconds=number)
        item = {"symbol": self._names[symbol], "price": number, "asOf": moment.isoformat()}
        await self._publish(which, "publishQuotes", "PublishedQuote", item)

    async def signal(self, which: int, symbol: int, hour: int) -> None:
        """A signal of a bar, new or said anew."""
        item = {
            "symbol": self._names[symbol],
            "interval": "H1",
            "barTime": (_START + timedelta(hours=hour)).isoformat(),
            "direction": "BUY",
            "strength": "WEAK",
            "score": 0.5,
            "agreement": 1,
            "price": 1,
            "rationale": f"{next(self._numbers)}",
        }
        await self._publish(which, "publishSignals", "PublishedSignal", item)

    async def _publish(self, which: int, field: str, kind: str, item: dict[str, Any]) -> None:
        by = 'producer: "desk", ' if kind == "PublishedSignal" else ""
        query = f"mutation ($item: {kind}!) {{ done: {field}(input: {{{by}items: [$item]}}) {{ stored }} }}"
        answer = await self._gateways[which].client.post("/graphql", json={"query": query, "variables": {"item": item}})
        assert answer.json()["data"]["done"]["stored"] > 0
        self._writers.add(which)
        self._position = await self._cold.position()

    async def expire(self) -> None:
        """Time passes, and the lives of the second gateway's values end."""
        await asyncio.sleep(_LIFE_SECONDS)

    def _asked(self, which: int, operation: tuple[Any, ...]) -> dict[str, Any]:
        kind, *given = operation
        if kind == "quotes":
            first, second, full = given
            query, variables = _QUOTES, {"symbol": self._names[first], "other": self._names[second].lower()}
            variables |= {} if full is None else {"full": full}
        elif kind == "bars":
            symbol, interval, last = given
            query, variables = _BARS, {"symbol": self._names[symbol], "interval": interval, "last": last}
        elif kind == "rows":
            symbol, hour = given
            begin = None if hour is None else (_START + timedelta(hours=hour)).isoformat()
            query, variables = _ROWS, {"symbol": self._names[symbol], "from": begin}
        elif kind == "signals":
            symbols, status = given
            named = None if symbols is None else [self._names[one] for one in sorted(symbols)]
            query, variables = _SIGNALS, {"symbols": named, "status": status}
        elif kind == "latest":
            query, variables = _LATEST, {"symbol": self._names[given[0]]}
        elif kind == "signal":
            symbol, hour = given
            query, variables = _SIGNAL, {"id": self._signal_id(symbol, hour)}
        else:
            query, variables = _LIST, {"search": self._names[0][:-1] if given[0] else self._names[1]}
        asked: dict[str, Any] = {"query": query, "variables": variables}
        # What the other one has taken a gateway may hear of later, unless it is told.
        if self._writers - {which}:
            asked["extensions"] = {"after": self._position}
        return asked

    def _signal_id(self, symbol: int, hour: int) -> str:
        """Of the signal of a bar, which need not be there."""
        one = draft(self._instruments[self._names[symbol]], time=NOON + hour * 3600)
        return str(global_id("Signal", one.time, one.digest))

    async def ask(self, which: int, method: str, operation: tuple[Any, ...], times: int) -> None:
        """One operation, several times; each answer is that of the gateway which holds nothing."""
        asked = self._asked(which, operation)
        expected = await self._expected(asked)
        client = self._gateways[which].client
        for _ in range(times):
            if method == "GET":
                given = {name: one if name == "query" else orjson.dumps(one).decode() for name, one in asked.items()}
                answer = await client.get("/graphql", params=given)
            else:
                answer = await client.post("/graphql", json=asked)
            assert answer.json() == expected, asked

    async def batch(self, which: int, operations: list[tuple[Any, ...]]) -> None:
        """Several operations in one request."""
        asked = [self._asked(which, one) for one in operations]
        answer = await self._gateways[which].client.post("/graphql", json=asked)
        assert answer.json() == [await self._expected(one) for one in asked]

    async def _expected(self, asked: dict[str, Any]) -> Any:
        plain = {name: one for name, one in asked.items() if name != "extensions"}
        return (await self._cold.client.post("/graphql", json=plain)).json()


@pytest.fixture
async def world(pool: Pool, urls: ServerUrls) -> AsyncIterator[World]:
    """Three gateways on one database and one Redis."""
    small = replace(PATIENT, response_cache_bytes=6000, window_cache_bytes=20_000)
    brief = replace(
        PATIENT,
        quote_cache_seconds=_LIFE_SECONDS,
        candle_cache_seconds=_LIFE_SECONDS,
        signal_cache_seconds=_LIFE_SECONDS,
        instrument_cache_seconds=_LIFE_SECONDS,
        absent_cache_seconds=_LIFE_SECONDS,
    )
    async with AsyncExitStack() as stack:
        gateways = [await stack.enter_async_context(RunningGateway(one, urls)) for one in (small, brief)]
        yield World(pool, gateways, await stack.enter_async_context(RunningGateway(COLD, urls)))


@pytest.mark.slow
@given(actions=_actions)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
async def test_an_answer_is_that_of_a_gateway_that_holds_nothing(world: World, actions: list[tuple[Any, ...]]) -> None:
    """Any order of writes through either gateway, queries by GET, POST and batch, ends of lives, and evictions."""
    await world.begin()
    for name, *arguments in actions:
        await getattr(world, name)(*arguments)
    for which in (0, 1):
        await world.batch(which, [("quotes", 0, 1, True), ("bars", 0, "H1", 100), ("list", True)])
