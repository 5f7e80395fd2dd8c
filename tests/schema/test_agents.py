"""The agents that vote, and what became of their votes."""

from typing import Any

import pytest

from gateway.config import ServerUrls
from resolvers.compute.agents.panel import PANEL
from resolvers.compute.performance import performances
from resolvers.compute.track_record import TrackRecord
from resolvers.model.interval import Interval
from resolvers.model.market import Market
from resolvers.model.vote import AgentFamily
from resolvers.storage.pool import Pool
from tests.bars import instrument, spaced
from tests.servers import COLD, RunningGateway, Servers
from tests.signals import draft, store
from tests.statements import StatementLog
from tests.stored_fits import store_track
from tests.votes import VERSION

_AGENTS = """query ($family: AgentFamily) { agents(family: $family) { name family description warmupBars
    parameters { name value } } }"""
_PERFORMANCE = """query ($interval: Interval! = D1) { agents { name performance(interval: $interval) {
    hits cases hitRate baseRate horizonBars from to } } }"""


async def test_agents_are_those_that_vote_in_their_order(gateway: RunningGateway) -> None:
    """All fifty-one, with their parameters; of one family where one is asked for."""
    agents = (await gateway.data(_AGENTS))["agents"]
    assert agents == [
        {
            "name": agent.name,
            "family": agent.family.value,
            "description": agent.meaning,
            "warmupBars": agent.warmup,
            "parameters": [{"name": name, "value": value} for name, value in sorted(agent.parameters.items())],
        }
        for agent in PANEL.agents
    ]
    assert len(agents) == 51
    for family in AgentFamily:
        shown = (await gateway.data(_AGENTS, family=family.value))["agents"]
        assert shown == [one for one in agents if one["family"] == family.value] != []


async def test_performance_is_what_is_stored_and_nothing_before(gateway: RunningGateway, pool: Pool) -> None:
    """Null where nothing was counted; what is counted anew is told as soon as signals have changed."""
    assert {one["performance"] for one in (await gateway.data(_PERFORMANCE))["agents"]} == {None}
    acme = await instrument(pool)
    for step, count in enumerate((300, 400)):
        bars = spaced(count, Interval.D1)
        record = TrackRecord.of(PANEL.votes(bars), bars, 5)
        await store_track(pool, VERSION, Market(Interval.D1, is_simulated=False), record)
        await store(pool, draft(acme, time=3600 * step))
        shown = (await gateway.data(_PERFORMANCE))["agents"]
        for one, known in zip(shown, performances(record), strict=True):
            found: dict[str, Any] = one["performance"]
            assert (found["hits"], found["cases"], found["hitRate"]) == (known.hits, known.cases, known.hit_rate)
            assert (found["baseRate"], found["horizonBars"]) == (known.base_rate, 5)
            assert found["from"] == "2024-02-01T00:00:00Z"
        assert any(one["performance"]["cases"] for one in shown)
        assert any(not one["performance"]["cases"] and one["performance"]["hitRate"] is None for one in shown)
    assert {one["performance"] for one in (await gateway.data(_PERFORMANCE, interval="H1"))["agents"]} == {None}


async def test_performance_says_of_which_market_it_is(gateway: RunningGateway, pool: Pool) -> None:
    """The simulated one while nothing is counted in the real one; then the real one, however little that is."""
    acme = await instrument(pool)
    query = "{ agents { performance { isSimulated cases to } } }"
    real, made_up = (Market(Interval.D1, is_simulated) for is_simulated in (False, True))
    for step, (market, count, is_simulated) in enumerate(
        [(real, 3, False), (made_up, 400, True), (real, 5, True), (real, 60, False)]
    ):
        bars = spaced(count, Interval.D1)
        record = TrackRecord.of(PANEL.votes(bars), bars, 5)
        await store_track(pool, VERSION, market, record)
        await store(pool, draft(acme, time=3600 * step))
        shown = [one["performance"] for one in (await gateway.data(query))["agents"]]
        assert {one["isSimulated"] for one in shown} == {is_simulated}
        if count > 5:
            assert [one["cases"] for one in shown] == [one.cases for one in performances(record)]
        assert {one["to"] is None for one in shown} == {step == 0}


@pytest.mark.parametrize("query", [_PERFORMANCE, "{ agents { performance { hits } other: performance { cases } } }"])
async def test_the_performance_of_all_agents_is_one_statement(servers: Servers, urls: ServerUrls, query: str) -> None:
    """However many of them are asked about."""
    log = StatementLog(servers.log, urls.database)
    await log.start()
    async with RunningGateway(COLD, urls) as gateway:
        log.forget()
        await gateway.data(query)
        assert len(log.statements()) == 1
