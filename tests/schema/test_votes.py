"""What agents said in signals, alone and together."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from gateway.config import ServerUrls
from resolvers.compute.agents.panel import PANEL
from resolvers.compute.consensus import consensus
from resolvers.compute.reliability import Reliability
from resolvers.compute.track_record import TrackRecord
from resolvers.model.computed_signals import producer_of
from resolvers.model.consensus import ConsensusMethod
from resolvers.model.instrument import InstrumentSpec, Source
from resolvers.model.interval import Interval
from resolvers.model.market import Market
from resolvers.model.measured import MEASURED, MeasureUnit
from resolvers.model.measures import Measures
from resolvers.model.signal import ConfidenceBasis
from resolvers.model.vote import Abstention, AgentFamily
from resolvers.storage.bars import SeriesWrite, store_bars
from resolvers.storage.instrument_changes import create_instruments
from resolvers.storage.panels import StoredPanel, store_panel
from resolvers.storage.pool import Pool
from tests.bars import LATER, instrument, spaced
from tests.servers import COLD, PATIENT, RunningGateway, Servers
from tests.signals import draft, store
from tests.statements import StatementLog
from tests.stored_fits import store_track
from tests.votes import FAMILIES, VERSION, voted

_VOTES = """query ($family: AgentFamily) { signals(orderBy: OLDEST) { nodes {
    votes(family: $family) { agent { name family description warmupBars } vote abstained reason } } } }"""
_CONSENSUS = """query ($method: ConsensusMethod! = FAMILY_MEAN) { signals(first: 100, orderBy: OLDEST) { nodes { score
    consensus(method: $method) { method score direction strength agreement effectiveAgents heard asked
        families { family score agents } } } } }"""

_LIST = """query ($first: Int!) { signals(first: $first) { nodes { rationale measures { value }
    votes { vote abstained agent { name performance { hitRate } } } consensus { score effectiveAgents }
    odds: consensus(method: LOG_ODDS) { score families { score } }
    instrument { symbol quote { price } candles(last: 20) { columns { close rsi(period: 14) } } } } } }"""


async def _nodes(gateway: RunningGateway, query: str, **variables: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await gateway.data(query, **variables))["signals"]["nodes"]
    return found


async def test_votes_are_those_of_the_bar(gateway: RunningGateway, pool: Pool) -> None:
    """In the order of the agents, each with its reason where there is none; of one family where one is asked for."""
    bars = spaced(120, Interval.D1)
    await store(pool, *voted(await instrument(pool), bars, Interval.D1))
    ((votes,),) = [list(one.values()) for one in await _nodes(gateway, _VOTES)]
    stored = PANEL.votes(bars)[:, -1].tolist()
    assert [one["agent"]["name"] for one in votes] == [agent.name for agent in PANEL.agents]
    assert [one["vote"] for one in votes] == [vote if abs(vote) <= 1 else None for vote in stored]
    reasons = [None if abs(vote) <= 1 else Abstention(vote).name for vote in stored]
    assert [one["abstained"] for one in votes] == reasons
    assert {"WARM_UP", "UNIVERSE", None} <= set(reasons)
    assert [one["reason"] is None for one in votes] == [one is None for one in reasons]
    agent = PANEL.agents[0]
    assert votes[0]["agent"] == {
        "name": agent.name,
        "family": agent.family.value,
        "description": agent.meaning,
        "warmupBars": agent.warmup,
    }
    (one,) = await _nodes(gateway, _VOTES, family="VOLUME")
    assert one["votes"] == [one for one in votes if one["agent"]["family"] == "VOLUME"] != []


async def test_signals_of_others_have_none_of_it(gateway: RunningGateway, pool: Pool) -> None:
    """Nothing is made up of what their producers have not said, also where they sent bytes of their own."""
    acme = await instrument(pool)
    await store(pool, draft(acme), draft(acme, producer="other", votes=b"\1\1"))
    query = """{ signals { nodes { votes { vote } consensus { score } measures { name } confidenceBasis { fit }
        rationale } } }"""
    nothing: dict[str, Any] = {"votes": [], "consensus": None, "measures": [], "confidenceBasis": None}
    assert await _nodes(gateway, query) == [{**nothing, "rationale": "Two of three averages rise."}] * 2


async def test_the_score_of_a_signal_is_its_consensus(gateway: RunningGateway, pool: Pool) -> None:
    """Worked out again from the votes that are stored, the score is the stored one, to the last bit."""
    for number in range(3):
        bars = spaced(300, Interval.D1, seed=number)
        await store(pool, *voted(await instrument(pool, f"S{number}"), bars, Interval.D1, last=30))
    nodes = await _nodes(gateway, _CONSENSUS)
    assert len(nodes) == 90
    assert [one["score"] for one in nodes] == [one["consensus"]["score"] for one in nodes]
    assert len({one["score"] for one in nodes}) > 20


@pytest.mark.parametrize("method", ConsensusMethod)
async def test_a_consensus_knows_what_was_known_when_its_month_began(
    gateway: RunningGateway, pool: Pool, method: ConsensusMethod
) -> None:
    """By the stored record of the agents, whatever the method; of the months before the bar's alone."""
    bars = spaced(400, Interval.D1)
    await store(pool, *voted(await instrument(pool), bars, Interval.D1, last=60))
    votes = PANEL.votes(bars)
    record = TrackRecord.of(votes, bars, 5)
    without = await _nodes(gateway, _CONSENSUS, method=method.value)
    await store_track(pool, VERSION, Market(Interval.D1, is_simulated=False), record)
    for nodes, reliability in ((without, None), (await _moved(gateway, pool, method), Reliability(record))):
        said = consensus(votes, FAMILIES, bars.time, method, reliability)
        shown = [one["consensus"] for one in nodes]
        for name, column in (
            ("score", said.score),
            ("agreement", said.agreement),
            ("effectiveAgents", said.effective),
            ("heard", said.heard),
        ):
            assert [one[name] for one in shown] == column[-60:].tolist(), name
        assert {one["method"] for one in shown} == {method.value}
        assert {one["asked"] for one in shown} == {len(FAMILIES)}
        last = {one["family"]: one["score"] for one in shown[-1]["families"]}
        means = said.families[:, -1].tolist()
        assert last == {
            family.value: None if np.isnan(mean) else mean for family, mean in zip(AgentFamily, means, strict=True)
        }


@pytest.mark.parametrize("is_simulated", [False, True])
async def test_a_consensus_knows_its_own_market_alone(gateway: RunningGateway, pool: Pool, is_simulated: bool) -> None:
    """What is known of agents on made-up prices is nothing to a real instrument, and the other way round."""
    bars, others = spaced(400, Interval.D1), spaced(400, Interval.D1, seed=1)
    await store(pool, *voted(await instrument(pool, is_simulated=is_simulated), bars, Interval.D1, last=60))
    votes, method = PANEL.votes(bars), ConsensusMethod.LOG_ODDS
    own, other = TrackRecord.of(votes, bars, 5), TrackRecord.of(PANEL.votes(others), others, 5)
    await store_track(pool, VERSION, Market(Interval.D1, not is_simulated), other)
    for known in (None, own):
        if known is not None:
            await store_track(pool, VERSION, Market(Interval.D1, is_simulated), known)
            nodes = await _moved(gateway, pool, method)
        else:
            nodes = await _nodes(gateway, _CONSENSUS, method=method.value)
        said = consensus(votes, FAMILIES, bars.time, method, None if known is None else Reliability(known))
        assert [one["consensus"]["score"] for one in nodes] == said.score[-60:].tolist()


async def _moved(gateway: RunningGateway, pool: Pool, method: ConsensusMethod) -> list[dict[str, Any]]:
    """The same signals, after another one, whose event says that what is known may be more."""
    other = await instrument(pool, "OTHER")
    await store(pool, draft(other, interval=Interval.D1, time=0, producer="another"))
    nodes = await _nodes(gateway, _CONSENSUS, method=method.value)
    assert nodes[0]["consensus"] is None
    return nodes[1:]


async def test_a_confidence_says_what_it_rests_on(gateway: RunningGateway, pool: Pool) -> None:
    """The fit, the base rate beside which it means something, the cases and the horizon."""
    bars = spaced(120, Interval.D1)
    basis = ConfidenceBasis(fit="2024-05-5-0123456789ab", base_rate=0.5625, cases=4213)
    changes: dict[str, Any] = {"basis": basis, "confidence": 0.5, "horizon_bars": 5}
    await store(pool, *voted(await instrument(pool), bars, Interval.D1, **changes))
    query = "{ signals { nodes { confidence confidenceBasis { fit baseRate cases horizonBars } rationale } } }"
    (one,) = await _nodes(gateway, query)
    assert one["confidenceBasis"] == {"fit": basis.fit, "baseRate": 0.5625, "cases": 4213, "horizonBars": 5}
    assert "Of 4,213 such scores before, 50.0 % were right" in one["rationale"]


async def test_signals_of_an_earlier_version_keep_their_agents(
    gateway: RunningGateway, pool: Pool, urls: ServerUrls
) -> None:
    """Named as they were then: one that is still asked is described, one that is gone says so."""
    bars = spaced(60, Interval.D1)
    version, known = "0123456789ab", PANEL.agents[3]
    old: dict[str, Any] = {"producer": producer_of(version), "votes": b"\x01\xff\x02"}
    await store(pool, *voted(await instrument(pool), bars, Interval.D1, **old))
    assert await _nodes(gateway, _VOTES) == [{"votes": []}], "nobody knows whose votes these are"
    panel = StoredPanel(
        agents=("gone", known.name, PANEL.agents[4].name),
        families=(AgentFamily.TREND, known.family, AgentFamily.CROSS_SECTIONAL),
    )
    async with pool.acquire() as one:
        await store_panel(one, version, panel)
    async with RunningGateway(PATIENT, urls) as another:
        ((votes,),) = [list(one.values()) for one in await _nodes(another, _VOTES)]
    assert [(one["agent"]["name"], one["vote"], one["abstained"]) for one in votes] == [
        ("gone", 1, None),
        (known.name, -1, None),
        (PANEL.agents[4].name, None, "WARM_UP"),
    ]
    assert [one["agent"]["warmupBars"] for one in votes] == [0, known.warmup, 0]
    assert votes[1]["agent"]["description"] == known.meaning
    assert "earlier version" in votes[0]["agent"]["description"] == votes[2]["agent"]["description"]


async def test_statements_do_not_grow_with_the_votes(servers: Servers, urls: ServerUrls, pool: Pool) -> None:
    """
    100 signals with their instrument, its quote and 20 candles, their votes, what became of each agent's, and what they
    say together in two ways need as many statements as 10; so do those of ten earlier versions.
    """
    many = await create_instruments(pool, [InstrumentSpec(symbol=f"S{number:03d}") for number in range(100)])
    bars = spaced(60, Interval.D1)
    writes = [SeriesWrite(instrument=one, interval=Interval.D1, source=Source.FILE, bars=bars) for one in many.values()]
    await store_bars(pool, writes, now=LATER)
    panel = StoredPanel(agents=tuple(agent.name for agent in PANEL.agents), families=FAMILIES)
    versions = [VERSION, *(f"{number:012x}" for number in range(9))]
    record = TrackRecord.of(PANEL.votes(bars), bars, 5)
    for version in versions:
        await store_track(pool, version, Market(Interval.D1, is_simulated=False), record)
        async with pool.acquire() as connection:
            await store_panel(connection, version, panel)
    drafts = [
        voted(one, bars, Interval.D1, producer=producer_of(versions[number % 10]))[0]
        for number, one in enumerate(many.values())
    ]
    await store(pool, *drafts)
    log = StatementLog(servers.log, urls.database)
    await log.start()
    counts = []
    for count in (10, 100):
        async with RunningGateway(COLD, urls) as gateway:
            log.forget()
            found = await _nodes(gateway, _LIST, first=count)
        counts.append(Counter(one.partition(" ")[0] for one in log.statements()))
        assert len(found) == count
        assert {len(one["votes"]) for one in found} == {51}
        assert {len(one["instrument"]["candles"]["columns"]["rsi"]) for one in found} == {20}
        assert len({one["consensus"]["score"] for one in found}) == 1
        assert any(vote["agent"]["performance"]["hitRate"] for vote in found[-1]["votes"])
    assert counts[0] == counts[1]
    assert counts[0].total() <= 10


async def test_measures_are_what_their_fields_show(gateway: RunningGateway, pool: Pool) -> None:
    """Each names a field of a candle that has its value on the signal's bar; what has no value is null."""
    bars, acme = spaced(700, Interval.D1), await instrument(pool)
    await store_bars(
        pool, [SeriesWrite(instrument=acme, interval=Interval.D1, source=Source.FILE, bars=bars)], now=LATER
    )
    fields = [one for one in MEASURED if one.field is not None]
    chart = " ".join(f"{one.name}: {one.field}" for one in fields)
    (bar,) = (await gateway.data(f'{{ candles(symbol: "ACME", last: 1) {{ bars {{ {chart} }} }} }}'))["candles"]["bars"]
    shown = {name: value if isinstance(value, float) else next(iter(value.values())) for name, value in bar.items()}
    values = Measures(**{one.of: shown.get(one.name, float("nan")) for one in MEASURED})
    await store(pool, *voted(acme, bars, Interval.D1, measures=values.stored()))
    query = "{ signals { nodes { measures { name value unit field } rationale } } }"
    (one,) = await _nodes(gateway, query)
    assert {measure["name"]: measure["value"] for measure in one["measures"]} == {
        "volumeRatio": None,
        "return20": None,
        **shown,
    }
    assert [measure["field"] for measure in one["measures"]] == [measured.field for measured in MEASURED]
    assert {measure["unit"] for measure in one["measures"]} == {unit.value for unit in MeasureUnit}
    assert f"RSI(14) is {shown['rsi']:.1f}" in one["rationale"]
