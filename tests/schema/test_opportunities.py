"""Opportunities as queries see them: ranked, filtered, by instrument and by id, as signals and the clock have them."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from gateway.config import ServerUrls
from resolvers.ingest import Ingest
from resolvers.model.bars import Bars
from resolvers.model.instrument import AssetClass, Instrument, InstrumentSpec, Source
from resolvers.model.interval import Interval
from resolvers.model.revisions import Revisions
from resolvers.model.signal import ConfidenceBasis, Direction, SignalDraft
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
_FOREVER = moment(LATER)
_PLACES = """query ($first: Int! = 10, $filter: OpportunityFilter) {
    opportunities(first: $first, filter: $filter) { rank score instrument { symbol } signal { rationale } } }"""


@pytest.fixture
async def gateway(urls: ServerUrls, pool: Pool) -> AsyncIterator[RunningGateway]:
    """A gateway that holds what it may."""
    async with RunningGateway(PATIENT, urls) as running:
        yield running


def _day(one: Instrument, volume: float | None, days: int = 25) -> SeriesWrite:
    """Days at a price of 100."""
    bars = spaced(days, Interval.D1)
    price = np.full(days, 100.0)
    traded = np.full(days, np.nan if volume is None else volume)
    flat = Bars(time=bars.time, open=price, high=price, low=price, close=price, volume=traded)
    return SeriesWrite(instrument=one, interval=Interval.D1, source=Source.FILE, bars=flat)


async def _market(pool: Pool) -> dict[str, Instrument]:
    """Four that are traded, of which one has no volume."""
    specs = [
        InstrumentSpec(symbol="A"),
        InstrumentSpec(symbol="B", aliases=("BEE",)),
        InstrumentSpec(symbol="C", asset_class=AssetClass.ETF),
        InstrumentSpec(symbol="D"),
    ]
    found = await create_instruments(pool, specs)
    volumes = {"A": 10.0, "B": 30.0, "C": 20.0, "D": None}
    await store_bars(pool, [_day(found[symbol], volume) for symbol, volume in volumes.items()], now=LATER)
    return found


def _places(data: Any) -> list[tuple[int, str]]:
    return [(one["rank"], one["instrument"]["symbol"]) for one in data["opportunities"]]


async def test_an_opportunity_says_why(gateway: RunningGateway, pool: Pool) -> None:
    """Each part with its number; what is not known adds nothing and says so."""
    market = await _market(pool)
    basis = ConfidenceBasis(fit="f", base_rate=0.52, cases=1204)
    whole = draft(
        market["B"], direction=Direction.SELL, score=-0.5, entry=100.0, stop=102.0, target=97.0, confidence=0.58,
        basis=basis, valid_until=_FOREVER,
    )  # fmt: skip
    await store(pool, whole, draft(market["D"], score=0.25))
    found = await gateway.data(
        """{ opportunities { __typename id rank instrument { symbol } score components { name value weight text }
            direction signal { id status } expectedMovePercent riskPercent reasons disclaimer } }"""
    )
    full, bare = found["opportunities"]
    parts = full.pop("components")
    assert [one["text"] for one in parts] == full["reasons"]
    assert full.pop("reasons") == [
        "SELL, WEAK: a score of -0.50, from -1 to 1.",
        "Such a signal was right in 58.0 % of 1,204 cases, against 52.0 % after any bar.",
        "3.00 % from entry to target for 2.00 % to the stop: 1.50 to 1.",
        "3,000 USD a day, the median of 20 days: more than 100.0 % of 2 others in USD.",
        f"{parts[4]['value'] * 100:.0f} % of its life is left, which ends 2033-05-18 03:33 UTC.",
    ]
    assert [(one["name"], one["weight"]) for one in parts] == [
        ("SCORE", 0.35), ("CONFIDENCE", 0.15), ("REWARD", 0.2), ("LIQUIDITY", 0.15), ("FRESHNESS", 0.15),
    ]  # fmt: skip
    assert [one["value"] for one in parts[:4]] == [0.5, pytest.approx(0.06 / 0.48), 0.6, 1.0]
    assert full.pop("score") == pytest.approx(sum(one["value"] * one["weight"] for one in parts), abs=1e-6)
    assert full.pop("expectedMovePercent") == pytest.approx(-3)
    assert full.pop("riskPercent") == pytest.approx(2)
    assert full == {
        "__typename": "Opportunity",
        "id": global_id("Opportunity", "B", None),
        "rank": 1,
        "instrument": {"symbol": "B"},
        "direction": "SELL",
        "signal": {"id": global_id("Signal", NOON, whole.digest), "status": "ACTIVE"},
        "disclaimer": bare["disclaimer"],
    }
    assert "no advice" in bare["disclaimer"]
    assert (bare["expectedMovePercent"], bare["riskPercent"], bare["score"]) == (None, None, 0.0875)
    assert bare["reasons"][1:] == [
        "desk does not say how often such a signal was right.",
        "Entry, stop and target are not all given, so nothing is known of move and risk.",
        "No volume is stored of its last 20 days.",
        "0 % of its horizon is left; it does not say until when it is valid.",
    ]


async def test_filters_show_a_part_of_the_ranking(gateway: RunningGateway, pool: Pool) -> None:
    """With the ranks that they have in all of it; the interval alone makes another one."""
    market = await _market(pool)
    levels = {"entry": 100.0, "stop": 95.0, "target": 110.0}
    sells = {"direction": Direction.SELL, "score": -0.6}
    await store(
        pool,
        draft(market["A"], score=1.0, **levels),
        draft(market["A"], score=0.9, interval=Interval.D1, time=NOON - NOON % 86400),
        draft(market["B"], confidence=0.9, **sells),
        draft(market["C"], score=0.1),
        draft(market["D"], direction=Direction.HOLD, score=0.0),
    )

    async def ask(first: int = 10, **asked: Any) -> list[tuple[int, str]]:
        return _places(await gateway.data(_PLACES, first=first, filter=asked))

    assert await ask() == [(1, "A"), (2, "B"), (3, "C")]
    assert await ask(2) == [(1, "A"), (2, "B")]
    assert await ask(0) == []
    assert await ask(symbols=["c", "bee", "B", "D"]) == [(2, "B"), (3, "C")]
    assert await ask(symbols=[]) == []
    assert await ask(assetClasses=["ETF"]) == [(3, "C")]
    assert await ask(direction="BUY") == [(1, "A"), (3, "C")]
    assert await ask(minConfidence=0.8) == [(2, "B")]
    assert await ask(minRiskReward=2) == [(1, "A")]
    assert await ask(minRiskReward=2.1) == []
    assert await ask(minScore=0.2) == [(1, "A"), (2, "B")]
    assert await ask(interval="D1") == [(1, "A")]
    assert await ask(interval="H4") == []
    assert await ask(1, interval="H1", direction="SELL") == [(2, "B")]


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        ({"first": -1}, "BAD_INPUT", "first must be at least 0, was -1"),
        ({"first": 501}, "TOO_LARGE", "a page holds at most 500 items, first was 501"),
        ({"filter": {"symbols": ["ZZZZ"]}}, "NOT_FOUND", "no instrument ZZZZ"),
        ({"filter": {"symbols": ["A"] * 501}}, "TOO_LARGE", "symbols holds at most 500 items, 501 were given"),
        ({"filter": {"minScore": 1.5}}, "BAD_INPUT", "minScore must be from 0 to 1, was 1.5"),
        ({"filter": {"minConfidence": -0.1}}, "BAD_INPUT", "minConfidence must be from 0 to 1, was -0.1"),
        ({"filter": {"minRiskReward": -1}}, "BAD_INPUT", "minRiskReward must be at least 0, was -1.0"),
        ({"filter": {"direction": "HOLD"}}, "BAD_INPUT", "direction must be BUY or SELL, was HOLD"),
    ],
)
async def test_what_cannot_be_ranked_is_one_error(
    asked: dict[str, Any], code: str, message: str, gateway: RunningGateway
) -> None:
    """Whatever is stored."""
    assert await gateway.error(_PLACES, **asked) == (code, ["opportunities"], message)


async def test_an_instrument_and_an_id_lead_to_it(gateway: RunningGateway, pool: Pool) -> None:
    """With the place that it has among all; null, or NOT_FOUND, where nothing stands for it."""
    market = await _market(pool)
    await store(pool, draft(market["A"]), draft(market["B"]))
    found = await gateway.data(
        """{ instruments { nodes { symbol opportunity { id rank } } }
            hours: opportunities(filter: {interval: H1, symbols: ["A"]}) { id rank } }"""
    )
    of = {one["symbol"]: one["opportunity"] for one in found["instruments"]["nodes"]}
    assert of["A"] == {"id": global_id("Opportunity", "A", None), "rank": 2}
    assert (of["B"]["rank"], of["C"]) == (1, None)
    (hour,) = found["hours"]
    assert hour == {"id": global_id("Opportunity", "A", "H1"), "rank": 2}
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Opportunity { rank } } }"
    answer = await gateway.data(query, ids=[of["A"]["id"], hour["id"]])
    assert answer["nodes"] == [of["A"], hour]
    ask = "query ($id: ID!) { node(id: $id) { id } }"
    gone = global_id("Opportunity", "C", None)
    assert await gateway.error(ask, id=gone) == ("NOT_FOUND", ["node"], "no active signal of C says BUY or SELL")
    for odd in (
        global_id("Opportunity", "A"),
        global_id("Opportunity", "A", "H2"),
        global_id("Opportunity", "a", None),
    ):
        assert (await gateway.error(ask, id=odd))[:2] == ("BAD_INPUT", ["node"])


@dataclass(kw_only=True)
class _Desk:
    """Executes at a moment that a test sets, and holds what it may."""

    pool: Pool
    now: float = NOON
    revisions: Revisions = field(default_factory=Revisions)

    def __post_init__(self) -> None:
        self.revisions.is_followed = True
        self.services = Services(
            pool=self.pool,
            ingest=Ingest(self.pool),
            clock=lambda: self.now,
            max_bars=100,
            bar_grace_seconds=0,
            quote_stale_seconds=60,
            revisions=self.revisions,
        )

    async def ask(self) -> tuple[list[tuple[str, float]], float, dict[str, int]]:
        """The symbols and scores in the answer, until when that holds, and what it rests on."""
        context = Context.of(self.services)
        text = "{ opportunities { score signal { rationale } } }"
        answer = await build_schema().execute(text, context_value=context)
        assert answer.errors is None
        assert answer.data is not None
        found = [(one["signal"]["rationale"], one["score"]) for one in answer.data["opportunities"]]
        return found, context.loaders.trace.until, context.loaders.trace.revisions

    async def store(self, *drafts: SignalDraft) -> None:
        """Writes, and hears of it."""
        written, _ = await Ingest(self.pool).signals(drafts)
        for subject, revision in written.revisions.items():
            self.revisions.move(subject, revision)


async def test_the_clock_bounds_an_answer_and_moves_it(pool: Pool) -> None:
    """By tenths of a life, whose end is the end of the opportunity; then another signal may stand for it."""
    acme = await instrument(pool)
    desk = _Desk(pool=pool)
    desk.revisions.move("instruments", 2)
    short = draft(acme, valid_until=moment(NOON + 100), rationale="short", score=0.0)
    await desk.store(short, draft(acme, time=NOON - _HOUR, rationale="b", producer="b", score=0.0, horizon_bars=1))
    found, until, revisions = await desk.ask()
    assert (found, until, revisions) == ([("short", 0.15)], NOON + 10, {"signals": 2, "instruments": 2})
    desk.now = NOON + 9.9
    assert (await desk.ask())[:2] == ([("short", 0.15)], NOON + 10)
    desk.now = NOON + 10
    assert (await desk.ask())[:2] == ([("short", 0.135)], NOON + 20)
    desk.now = NOON + 99
    assert (await desk.ask())[:2] == ([("short", 0.015)], NOON + 100)
    desk.now = NOON + 100
    # Half of its two hours, and not yet a tenth more.
    assert (await desk.ask())[0] == [("b", 0.075)]
    desk.now = NOON + _HOUR
    assert (await desk.ask())[0] == [("b", 0.0)]


async def test_an_answer_is_never_of_a_turnover_from_long_ago(pool: Pool) -> None:
    """Whatever the clock leaves of the signals: a ranking lives for 30 s, and so does what is made of it."""
    market = await _market(pool)
    desk = _Desk(pool=pool)
    await desk.store(draft(market["A"], valid_until=_FOREVER))
    _, until, _ = await desk.ask()
    assert until == pytest.approx(NOON + 30, abs=5)


async def test_what_is_said_of_signals_is_in_the_next_ranking(pool: Pool) -> None:
    """What is superseded, withdrawn or said anew, although rankings are held; and no longer after a reading."""
    market = await _market(pool)
    desk = _Desk(pool=pool)
    one, other = draft(market["B"], rationale="a", key="1"), draft(market["A"], rationale="b", score=0.9)
    await desk.store(one, other)
    assert [name for name, _ in (await desk.ask())[0]] == ["b", "a"]
    held = desk.services.tiers.counters.of("ranking")
    hits = held.memory_hits
    assert [name for name, _ in (await desk.ask())[0]] == ["b", "a"]
    assert held.memory_hits == hits + 1
    await desk.store(replace(one, score=1.0, rationale="better"))
    assert [name for name, _ in (await desk.ask())[0]] == ["better", "b"]
    await desk.store(replace(one, is_cancelled=True))
    assert [name for name, _ in (await desk.ask())[0]] == ["b"]
    await desk.store(draft(market["A"], time=NOON + _HOUR, direction=Direction.HOLD, score=0.0))
    assert (await desk.ask())[0] == []
    await desk.store(draft(market["A"], time=NOON + 2 * _HOUR, rationale="c"))
    assert [name for name, _ in (await desk.ask())[0]] == ["c"]


async def test_an_instrument_that_is_no_longer_traded_has_none(pool: Pool) -> None:
    """Nor does it count among the peers of others."""
    specs = [InstrumentSpec(symbol="A"), InstrumentSpec(symbol="GONE", is_active=False)]
    found = await create_instruments(pool, specs)
    await store_bars(pool, [_day(one, 10.0) for one in found.values()], now=LATER)
    desk = _Desk(pool=pool)
    await desk.store(*(draft(one, rationale=symbol, score=0.0) for symbol, one in found.items()))
    desk.now = NOON + 10 * _HOUR
    assert (await desk.ask())[0] == [("A", 0.075)]


async def test_what_is_published_is_in_the_next_answer(gateway: RunningGateway, pool: Pool) -> None:
    """Within a process at once, although answers and rankings are held."""
    await _market(pool)
    publish = """mutation ($items: [PublishedSignal!]!) { publishSignals(input: {producer: "desk", items: $items}) {
        stored } }"""
    signal = {
        "symbol": "A",
        "interval": "H1",
        "barTime": "2024-01-08T12:00:00Z",
        "strength": "WEAK",
        "agreement": 1,
        "price": 1,
    }
    for number in range(20):
        score = number / 20 - 0.475
        direction = "BUY" if score > 0 else "SELL"
        items = [signal | {"score": score, "direction": direction, "rationale": f"{number}"}]
        for body in ({"query": publish, "variables": {"items": items}}, {"query": _PLACES}, {"query": _PLACES}):
            answer = (await gateway.client.post("/graphql", json=body)).json()
        (found,) = answer["data"]["opportunities"]
        assert found["signal"]["rationale"] == f"{number}"


_LIST = """query ($first: Int!) { opportunities(first: $first) { id rank score reasons components { value }
    signal { id status } instrument { symbol quote { price } opportunity { rank } latestSignal(interval: H1) { id }
    candles(interval: D1, last: 20) { columns { close rsi(period: 14) } } } } }"""
_BY_ID = (
    _LIST.replace("$first: Int!", "$ids: [ID!]!").replace(
        "opportunities(first: $first) {", "nodes(ids: $ids) { ... on Opportunity {", 1
    )
    + " }"
)


async def test_statements_do_not_grow_with_the_list(servers: Servers, urls: ServerUrls, pool: Pool) -> None:
    """100 opportunities with signal, instrument, quote and 20 candles need as many statements as one does."""
    specs = [InstrumentSpec(symbol=f"S{number:03d}") for number in range(100)]
    many = await create_instruments(pool, specs)
    bars = spaced(60, Interval.D1)
    writes = [SeriesWrite(instrument=one, interval=Interval.D1, source=Source.FILE, bars=bars) for one in many.values()]
    await store_bars(pool, writes, now=LATER)
    await store(pool, *(draft(one, valid_until=_FOREVER) for one in many.values()))
    log = StatementLog(servers.log, urls.database)
    await log.start()
    ids: Sequence[str] = []
    for query in (_LIST, _BY_ID):
        counts = []
        for count in (1, 10, 100):
            async with RunningGateway(COLD, urls) as gateway:
                log.forget()
                asked: dict[str, Any] = {"first": count} if query is _LIST else {"ids": ids[:count]}
                answer = await gateway.data(query, **asked)
            found = answer["opportunities"] if query is _LIST else answer["nodes"]
            assert len(found) == count
            assert all(one["instrument"]["candles"]["columns"]["rsi"][-1] for one in found)
            assert all(one["instrument"]["opportunity"]["rank"] == one["rank"] for one in found)
            ids = [one["id"] for one in found] if query is _LIST else ids
            counts.append(Counter(one.partition(" ")[0] for one in log.statements()))
        assert counts[0] == counts[1] == counts[2], (query, counts)
        assert counts[0].total() <= 10
