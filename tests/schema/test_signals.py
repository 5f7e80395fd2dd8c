"""Signals as queries see them: by id, by page, by instrument, and as the clock has them."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.config import ServerUrls
from resolvers.ingest import Ingest
from resolvers.model.instrument import InstrumentSpec, Source
from resolvers.model.interval import Interval
from resolvers.model.revisions import Revisions
from resolvers.services import Services
from resolvers.storage.bars import SeriesWrite, store_bars
from resolvers.storage.instrument_changes import create_instruments
from resolvers.storage.pool import Pool
from schema.build import build_schema
from schema.context import Context
from schema.node import global_id
from tests.bars import LATER, NOON, instrument, spaced
from tests.servers import COLD, PATIENT, RunningGateway, Servers
from tests.signals import draft, moment, store
from tests.statements import StatementLog

_HOUR = 3600
_EVERYTHING = """{ signals { totalCount nodes { __typename id instrument { symbol } interval barTime direction strength
    score agreement confidence price entry stop target riskReward horizonBars validUntil status rationale createdAt
    producer disclaimer } } }"""
_PAGE = """query ($first: Int! = 2, $after: String, $filter: SignalFilter, $orderBy: SignalOrder) {
    signals(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
        totalCount nodes { rationale } edges { cursor node { rationale } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


@pytest.fixture
async def gateway(urls: ServerUrls, pool: Pool) -> AsyncIterator[RunningGateway]:
    """A gateway that holds what it may."""
    async with RunningGateway(PATIENT, urls) as running:
        yield running


async def test_a_signal_says_what_is_known_and_nothing_else(gateway: RunningGateway, pool: Pool) -> None:
    """Null where its producer has said nothing; what it rests on is its own."""
    acme = await instrument(pool)
    whole = draft(
        acme, confidence=0.5, entry=100.0, stop=95.0, target=110.0, horizon_bars=5, valid_until=moment(LATER), key="a"
    )
    await store(pool, whole, draft(acme, time=NOON - _HOUR))
    full, bare = (await gateway.data(_EVERYTHING))["signals"]["nodes"]
    assert full.pop("createdAt") == bare.pop("createdAt")
    assert full == {
        "__typename": "Signal",
        "id": global_id("Signal", NOON, whole.digest),
        "instrument": {"symbol": "ACME"},
        "interval": "H1",
        "barTime": "2024-02-01T12:00:00Z",
        "direction": "BUY",
        "strength": "WEAK",
        "score": 0.25,
        "agreement": 0.5,
        "confidence": 0.5,
        "price": 100.0,
        "entry": 100.0,
        "stop": 95.0,
        "target": 110.0,
        "riskReward": 2.0,
        "horizonBars": 5,
        "validUntil": "2033-05-18T03:33:20Z",
        "status": "ACTIVE",
        "rationale": "Two of three averages rise.",
        "producer": "desk",
        "disclaimer": bare["disclaimer"],
    }
    unknown = {"confidence", "entry", "stop", "target", "riskReward", "horizonBars", "validUntil"}
    assert {name for name, value in bare.items() if value is None} == unknown
    assert bare["status"] == "SUPERSEDED"
    assert "no advice" in bare["disclaimer"]


async def test_a_signal_is_found_by_its_id(gateway: RunningGateway, pool: Pool) -> None:
    """By `signal`, `node` and `nodes`; an id that no signal has is refused, one that is gone is not found."""
    one = draft(await instrument(pool))
    await store(pool, one)
    id_, gone = global_id("Signal", one.time, one.digest), global_id("Signal", one.time, "0" * 32)
    query = """query ($id: ID!) { signal(id: $id) { id rationale } node(id: $id) { ... on Signal { rationale } }
        nodes(ids: [$id]) { id } }"""
    found = await gateway.data(query, id=id_)
    assert found["signal"] == {"id": id_, "rationale": one.rationale}
    assert (found["node"], found["nodes"]) == ({"rationale": one.rationale}, [{"id": id_}])
    ask = "query ($id: ID!) { signal(id: $id) { id } }"
    assert await gateway.error(ask, id=gone) == ("NOT_FOUND", ["signal"], "no signal with this id is stored")
    for odd in (
        global_id("Instrument", "ACME"),
        global_id("Signal", one.time, one.digest.upper()),
        global_id("Signal", 10**15, one.digest),
        global_id("Signal", one.digest),
        "garbage",
    ):
        assert (await gateway.error(ask, id=odd))[:2] == ("BAD_INPUT", ["signal"])


async def test_pages_stay_what_they_are_while_signals_come(gateway: RunningGateway, pool: Pool) -> None:
    """In both orders: what comes before the cursor moves nothing, what comes behind it is met."""
    acme = await instrument(pool)
    await store(pool, *(draft(acme, time=NOON + step * _HOUR, rationale=f"{step}") for step in range(0, 10, 2)))
    for order, first, second, rest in (
        ("NEWEST", ["8", "6"], ["5", "4"], ["2", "0"]),
        ("OLDEST", ["0", "2"], ["3", "4"], ["5", "6"]),
    ):
        page = (await gateway.data(_PAGE, orderBy=order))["signals"]
        assert [one["rationale"] for one in page["nodes"]] == first
        assert page["pageInfo"]["hasNextPage"] is True
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        await store(
            pool,
            *(
                draft(acme, time=NOON + step * _HOUR, rationale=f"{step}")
                for step in (9, 5, 3)[: 2 + (order == "OLDEST")]
            ),
        )
        page = (await gateway.data(_PAGE, orderBy=order, after=page["pageInfo"]["endCursor"]))["signals"]
        assert [one["rationale"] for one in page["nodes"]] == second
        assert page["pageInfo"]["hasPreviousPage"] is True
        page = (await gateway.data(_PAGE, orderBy=order, after=page["pageInfo"]["endCursor"]))["signals"]
        assert [one["rationale"] for one in page["nodes"]] == rest


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        ({"first": -1}, "BAD_INPUT", "first must be at least 0, was -1"),
        ({"first": 501}, "TOO_LARGE", "a page holds at most 500 items, first was 501"),
        ({"after": "eA"}, "BAD_INPUT", "after must be a cursor of this connection, was 'eA'"),
        ({"after": "c2lnbmFsOjE6Mg"}, "BAD_INPUT", "after must be a cursor of this connection, was 'c2lnbmFsOjE6Mg'"),
        ({"filter": {"symbols": ["ZZZZ"]}}, "NOT_FOUND", "no instrument ZZZZ"),
        ({"filter": {"minScore": 1.5}}, "BAD_INPUT", "minScore must be from 0 to 1, was 1.5"),
    ],
)
async def test_what_cannot_be_listed_is_one_error(
    asked: dict[str, Any], code: str, message: str, gateway: RunningGateway
) -> None:
    """Whatever is stored."""
    assert await gateway.error(_PAGE, **asked) == (code, ["signals"], message)


async def test_an_instrument_leads_to_its_signals(gateway: RunningGateway, pool: Pool) -> None:
    """All, those of a condition, and the latest of an interval."""
    acme, other = await instrument(pool), await instrument(pool, "OTHER")
    await store(
        pool,
        draft(acme, rationale="a"),
        draft(acme, time=NOON + _HOUR, rationale="b"),
        draft(acme, interval=Interval.D1, rationale="day"),
        draft(other, rationale="other"),
    )
    found = await gateway.data(
        """{ instruments { nodes { symbol
            signals(first: 1, filter: {interval: H1}) { totalCount nodes { rationale } pageInfo { hasNextPage } }
            none: signals(filter: {symbols: ["OTHER"], status: CANCELLED}) { nodes { rationale } }
            of: signals(filter: {symbols: ["OTHER"]}) { nodes { rationale } }
            latestSignal { rationale } hour: latestSignal(interval: H1) { rationale status } } } }"""
    )
    first, second = found["instruments"]["nodes"]
    assert first == {
        "symbol": "ACME",
        "signals": {"totalCount": 2, "nodes": [{"rationale": "b"}], "pageInfo": {"hasNextPage": True}},
        "none": {"nodes": []},
        "of": {"nodes": []},
        "latestSignal": {"rationale": "day"},
        "hour": {"rationale": "b", "status": "ACTIVE"},
    }
    assert second["of"] == {"nodes": [{"rationale": "other"}]}
    assert (second["latestSignal"], second["signals"]["totalCount"]) == (None, 1)


@dataclass(kw_only=True)
class _Desk:
    """Executes at a moment that a test sets."""

    pool: Pool
    now: float = NOON
    revisions: Revisions = field(default_factory=Revisions)

    def __post_init__(self) -> None:
        self.services = Services(
            pool=self.pool,
            ingest=Ingest(self.pool),
            clock=lambda: self.now,
            max_bars=100,
            bar_grace_seconds=0,
            quote_stale_seconds=60,
            revisions=self.revisions,
        )

    async def ask(self, query: str) -> tuple[list[str], float, dict[str, int]]:
        """The statuses in the answer, until when that holds, and what it rests on."""
        context = Context.of(self.services)
        answer = await build_schema().execute(query, context_value=context)
        assert answer.errors is None
        assert answer.data is not None
        found = [one.get("status", one.get("rationale")) for one in answer.data["signals"]["nodes"]]
        return found, context.loaders.trace.until, context.loaders.trace.revisions


async def test_the_status_follows_the_clock_and_bounds_the_answer(pool: Pool) -> None:
    """An active one is so until its end; what is said of it otherwise lasts."""
    acme = await instrument(pool)
    desk = _Desk(pool=pool)
    await store(pool, draft(acme, valid_until=moment(NOON + 60)))
    query = "{ signals { nodes { status } } }"
    assert (await desk.ask(query))[:2] == (["ACTIVE"], NOON + 60)
    desk.now = NOON + 59.999
    assert (await desk.ask(query))[:2] == (["ACTIVE"], NOON + 60)
    desk.now = NOON + 60
    found, until, _ = await desk.ask(query)
    assert (found, until) == (["EXPIRED"], float("inf"))
    desk.now = NOON
    await store(pool, draft(acme, time=NOON + _HOUR))
    assert (await desk.ask(query))[:2] == (["ACTIVE", "SUPERSEDED"], float("inf"))


@pytest.mark.parametrize("status", ["ACTIVE", "EXPIRED"])
async def test_a_list_by_status_follows_the_clock(status: str, pool: Pool) -> None:
    """It holds until the next one expires, and rests on all signals."""
    acme = await instrument(pool)
    desk = _Desk(pool=pool)
    await store(pool, draft(acme, valid_until=moment(NOON + 60)), draft(acme, producer="b", rationale="b"))
    query = f"{{ signals(filter: {{status: {status}}}) {{ totalCount nodes {{ rationale }} }} }}"
    found, until, revisions = await desk.ask(query)
    assert (len(found), until, revisions) == ({"ACTIVE": 2, "EXPIRED": 0}[status], NOON + 60, {"signals": 2})
    desk.now = NOON + 60
    found, until, _ = await desk.ask(query)
    assert (len(found), until) == (1, float("inf"))


async def test_a_held_list_by_status_is_not_of_another_moment(pool: Pool) -> None:
    """A process whose revisions stand still answers of now, whatever it has answered before."""
    desk = _Desk(pool=pool)
    await store(pool, draft(await instrument(pool), valid_until=moment(NOON + 60)))
    desk.revisions.is_followed = True
    desk.revisions.move("signals", 2)
    desk.revisions.move("instruments", 2)
    for query in ("{ signals(filter: {status: ACTIVE}) { nodes { status } } }", "{ signals { nodes { status } } }"):
        desk.now = NOON
        assert (await desk.ask(query))[0] == ["ACTIVE"]
        desk.now = NOON + 60
        assert (await desk.ask(query))[0] == ([] if "filter" in query else ["EXPIRED"])


async def test_what_is_published_is_in_the_next_answer(gateway: RunningGateway, pool: Pool) -> None:
    """Within a process at once, although answers, pages and signals are held."""
    await instrument(pool)
    publish = """mutation ($items: [PublishedSignal!]!) { publishSignals(input: {producer: "desk", items: $items}) {
        stored } }"""
    signal = {
        "symbol": "ACME",
        "interval": "H1",
        "barTime": "2024-01-08T12:00:00Z",
        "direction": "HOLD",
        "strength": "WEAK",
        "score": 0,
        "agreement": 1,
        "price": 1,
    }
    query = "{ signals { totalCount nodes { id rationale } } }"
    for number in range(20):
        items = [signal | {"key": f"{number // 2}", "rationale": f"{number}"}]
        for body in ({"query": publish, "variables": {"items": items}}, {"query": query}, {"query": query}):
            answer = (await gateway.client.post("/graphql", json=body)).json()
        assert answer["data"]["signals"]["totalCount"] == number // 2 + 1
        assert f"{number}" in {one["rationale"] for one in answer["data"]["signals"]["nodes"]}


_LIST = """query ($first: Int!) { signals(first: $first) { nodes { id status instrument { symbol quote { price }
    latestSignal(interval: H1) { score } signals(first: 2) { totalCount nodes { id } }
    candles(interval: D1, last: 20) { columns { close rsi(period: 14) } } } } } }"""
_BY_ID = _LIST.replace("$first: Int!", "$ids: [ID!]!").replace(
    "signals(first: $first) { nodes {", "nodes(ids: $ids) { ... on Signal {", 1
)


async def test_statements_do_not_grow_with_the_list(servers: Servers, urls: ServerUrls, pool: Pool) -> None:
    """
    100 signals, each of another instrument, with its quote, its signals and 20 candles, need as many statements as
    one does.
    """
    specs = [InstrumentSpec(symbol=f"S{number:03d}") for number in range(100)]
    many = await create_instruments(pool, specs)
    bars = spaced(60, Interval.D1)
    writes = [SeriesWrite(instrument=one, interval=Interval.D1, source=Source.FILE, bars=bars) for one in many.values()]
    await store_bars(pool, writes, now=LATER)
    await store(pool, *(draft(one) for one in many.values()))
    log = StatementLog(servers.log, urls.database)
    await log.start()
    ids: list[str] = []
    for query, name in ((_LIST, "signals"), (_BY_ID, "nodes")):
        counts = []
        for count in (1, 10, 100):
            async with RunningGateway(COLD, urls) as gateway:
                log.forget()
                answer = await gateway.data(query, **({"first": count} if name == "signals" else {"ids": ids[:count]}))
            found = answer["signals"]["nodes"] if name == "signals" else answer["nodes"]
            assert len(found) == count
            assert all(one["instrument"]["candles"]["columns"]["rsi"][-1] for one in found)
            assert all(one["instrument"]["signals"] == {"totalCount": 1, "nodes": [{"id": one["id"]}]} for one in found)
            ids = ids if name == "nodes" else [one["id"] for one in found]
            counts.append(Counter(one.partition(" ")[0] for one in log.statements()))
        assert counts[0] == counts[1] == counts[2], (query, counts)
        assert counts[0].total() <= 10
