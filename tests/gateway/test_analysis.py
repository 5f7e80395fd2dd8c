"""The newest closed bar of a series, analysed for a subscriber: over all transports, to its end."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.config import ServerUrls
from resolvers.compute.agents.panel import PANEL, Panel
from resolvers.model.interval import Interval
from resolvers.model.vote import AgentFamily
from resolvers.storage.pool import Pool
from tests.analyst import BarsAnalyst, Gate, analysing
from tests.bars import instrument, spaced, store
from tests.gateway.endpoint.streamed import Talk, talking, until
from tests.gateway.endpoint.test_transports import STREAMING
from tests.servers import PATIENT, RunningApp, RunningGateway

_ANALYSIS = """subscription ($symbol: String!, $interval: Interval! = D1) {
    analysis(symbol: $symbol, interval: $interval) {
        instrument { symbol } interval barTime family completedFamilies totalFamilies isComplete
        votes { agent { name family } vote abstained } consensus { score heard asked }
        signal { score barTime direction votes { vote abstained } consensus { score heard asked } status } } }"""
_SHORT = 'subscription { analysis(symbol: "ACME") { family isComplete } }'


@pytest.fixture
async def analyst(pool: Pool) -> BarsAnalyst:
    """One who knows ACME, beside whom NONE is stored without bars."""
    await instrument(pool, "ACME", aliases=("ACM-E",))
    await instrument(pool, "NONE")
    found = BarsAnalyst()
    found.bars["ACME"] = spaced(400, Interval.D1)
    return found


@pytest.fixture
async def running(urls: ServerUrls, analyst: BarsAnalyst) -> AsyncIterator[RunningApp]:
    """A gateway that asks the analyst."""
    async with analysing(urls, analyst) as running:
        yield running


async def _messages(running: RunningApp, query: str = _ANALYSIS, **variables: Any) -> list[dict[str, Any]]:
    """The analyses of a stream that completes without an error."""
    async with talking(running) as talk:
        heard = await talk.all(query, variables=variables)
    assert [kind for kind, _ in heard] == ["next"] * (len(heard) - 1) + ["complete"]
    assert all("errors" not in payload for _, payload in heard[:-1]), heard
    return [payload["data"]["analysis"] for _, payload in heard[:-1]]


async def test_votes_come_family_by_family_and_then_the_signal(running: RunningApp, analyst: BarsAnalyst) -> None:
    """Each vote once, as a pass over the whole panel has them; the end is the stored signal, and its consensus."""
    *families, last = await _messages(running, symbol="acm-e")
    assert [one["family"] for one in families] == [family.value for family in AgentFamily]
    assert [one["completedFamilies"] for one in families] == list(range(1, 9))
    assert {one["totalFamilies"] for one in (*families, last)} == {8}
    assert all({vote["agent"]["family"] for vote in one["votes"]} == {one["family"]} for one in families)
    assert [one["isComplete"] for one in families] == [False] * 8
    assert [one["signal"] for one in families] == [None] * 8
    said = {vote["agent"]["name"]: vote["vote"] for one in families for vote in one["votes"]}
    votes = PANEL.votes(analyst.bars["ACME"])[:, -1].tolist()
    assert said == {
        agent.name: vote if abs(vote) <= 1 else None for agent, vote in zip(PANEL.agents, votes, strict=True)
    }
    heard = [one["consensus"]["heard"] for one in families]
    assert heard == sorted(heard)
    assert (last["family"], last["completedFamilies"], last["isComplete"]) == (None, 8, True)
    assert last["consensus"] == families[-1]["consensus"] == last["signal"]["consensus"]
    assert last["signal"]["score"] == last["consensus"]["score"] != 0
    assert [vote["vote"] for vote in last["votes"]] == [vote["vote"] for vote in last["signal"]["votes"]]
    assert last["barTime"] == last["signal"]["barTime"] == families[0]["barTime"]
    assert (last["instrument"], last["interval"]) == ({"symbol": "ACME"}, "D1")
    assert analyst.asked == [["ACME"]]


@pytest.mark.parametrize("transport", STREAMING)
async def test_an_analysis_is_streamed_over_every_transport(transport: str, running: RunningApp) -> None:
    """To its end; an error that ends it has its code."""
    ask = STREAMING[transport]
    found = await ask(running, {"query": _SHORT})
    assert [one["data"]["analysis"]["isComplete"] for one in found] == [False] * 8 + [True]
    for symbol, code in (("ZZZZ", "NOT_FOUND"), ("NONE", "NOT_FOUND")):
        (refused,) = await ask(running, {"query": _ANALYSIS, "variables": {"symbol": symbol}})
        assert refused["errors"][0]["extensions"]["code"] == code
        assert symbol in refused["errors"][0]["message"]


async def test_every_subscriber_has_an_analysis_of_its_own(running: RunningApp, analyst: BarsAnalyst) -> None:
    """Also of the same selection, beside streams of the hub on the same socket."""
    async with talking(running) as talk:
        await talk.ask("subscription { signals { score votes { vote } consensus { score } rationale } }", "live")
        assert (await talk.hear())["payload"]["data"] == {"signals": []}
        for id_ in ("a", "b"):
            await talk.ask(_SHORT, id_)
        heard: dict[str, list[str]] = {"a": [], "b": [], "live": []}
        while heard["a"][-1:] != ["complete"] or heard["b"][-1:] != ["complete"] or not heard["live"]:
            message = await talk.hear()
            heard[message["id"]].append(message["type"])
            if message["id"] == "live":
                (told,) = message["payload"]["data"]["signals"]
    assert told["score"] == told["consensus"]["score"] != 0
    assert len(told["votes"]) == 51
    assert told["rationale"]
    assert heard["a"] == heard["b"] == ["next"] * 9 + ["complete"]
    assert heard["live"] == ["next"], "the signal was stored once, and told"
    assert analyst.asked == [["ACME"], ["ACME"]]


async def test_who_unsubscribes_stops_it(urls: ServerUrls, pool: Pool) -> None:
    """The family that is being computed ends in its thread; no other is begun, and no signal is made."""
    await instrument(pool)
    gate = Gate()
    analyst = BarsAnalyst(Panel([*PANEL.agents, gate.agent()]))
    analyst.bars["ACME"] = spaced(100, Interval.D1)
    async with analysing(urls, analyst) as running, talking(running) as talk:
        await _heard_before(talk, AgentFamily.PATTERN)
        await until(gate.asked.is_set)
        await talk.say(id="1", type="complete")
        await talk.say(type="ping")
        assert (await talk.hear())["type"] == "pong"
        gate.open.set()
        # The same connection goes on, and nothing more is said of the stream.
        assert [kind for kind, _ in await talk.all("{ __typename }", "2")] == ["next", "complete"]
    assert analyst.asked == []


async def test_the_loop_goes_on_while_votes_are_computed(urls: ServerUrls, pool: Pool) -> None:
    """Others are answered while an agent takes its time."""
    await instrument(pool)
    gate = Gate()
    analyst = BarsAnalyst(Panel([*PANEL.agents, gate.agent()]))
    analyst.bars["ACME"] = spaced(100, Interval.D1)
    async with analysing(urls, analyst) as running, talking(running) as talk:
        await _heard_before(talk, AgentFamily.PATTERN)
        await until(gate.asked.is_set)
        answer = await running.client.post("/", json={"query": '{ instrument(symbol: "ACME") { symbol } }'})
        assert answer.json() == {"data": {"instrument": {"symbol": "ACME"}}}
        gate.open.set()
        assert (await talk.hear())["payload"]["data"]["analysis"]["family"] == "PATTERN"


async def _heard_before(talk: Talk, family: AgentFamily) -> None:
    """Asks for an analysis, and hears what comes before a family."""
    await talk.ask(_SHORT)
    for one in list(AgentFamily)[: list(AgentFamily).index(family)]:
        assert (await talk.hear())["payload"]["data"]["analysis"]["family"] == one.value


async def test_a_bar_that_closes_meanwhile_is_analysed_instead(running: RunningApp, analyst: BarsAnalyst) -> None:
    """The votes before the signal are always those of its bar."""
    analyst.closing["ACME"] = analyst.bars["ACME"]
    analyst.bars["ACME"] = analyst.bars["ACME"][:-1]
    messages = await _messages(running, symbol="ACME")
    assert len(messages) == 17
    times = [one["barTime"] for one in messages]
    assert times[:8] == [times[0]] * 8
    assert times[8:] == [times[-1]] * 9
    assert times[0] < times[-1] == messages[-1]["signal"]["barTime"]


async def test_a_pace_is_kept_and_nothing_left_out(running: RunningApp) -> None:
    """@throttle leaves nothing out of this stream; what it cannot be is refused."""
    assert len(await _messages(running, _SHORT.replace("{", "@throttle(ms: 30) {", 1))) == 9
    async with talking(running) as talk:
        ((kind, errors),) = await talk.all(_SHORT.replace("{", "@throttle(ms: -1) {", 1))
        assert (kind, errors[0]["extensions"]["code"]) == ("error", "BAD_INPUT")


async def test_there_is_nothing_to_resume(running: RunningApp) -> None:
    """Messages have no position, and one that is given is refused."""
    async with talking(running) as talk:
        heard = await talk.all(_SHORT)
        assert all("extensions" not in payload for _, payload in heard[:-1])
        ((kind, errors),) = await talk.all(_SHORT, extensions={"resumeFrom": "WyJ4Iix7fV0"})
    assert (kind, errors[0]["extensions"]["code"]) == ("error", "BAD_INPUT")
    assert "no positions" in errors[0]["message"]


async def test_a_server_that_stops_ends_it(urls: ServerUrls, pool: Pool) -> None:
    """As it ends other streams: clients are told to connect again."""
    await instrument(pool)
    gate = Gate()
    analyst = BarsAnalyst(Panel([*PANEL.agents, gate.agent()]))
    analyst.bars["ACME"] = spaced(100, Interval.D1)
    async with analysing(urls, analyst) as running, talking(running) as talk:
        await _heard_before(talk, AgentFamily.PATTERN)
        await until(gate.asked.is_set)
        stopping = asyncio.create_task(running.stop())
        assert (await talk.closed())[0] == 1012
        gate.open.set()
        await stopping


async def test_the_engine_of_a_gateway_is_asked(urls: ServerUrls, pool: Pool) -> None:
    """From stored bars alone: votes, signal, what it rests on, and by then what became of earlier votes."""
    for number in range(12):
        await store(pool, await instrument(pool, f"S{number:02d}"), Interval.D1, spaced(400, Interval.D1, seed=number))
    async with RunningGateway(PATIENT, urls) as gateway:
        before = (await gateway.data("{ agents { performance { cases } } }"))["agents"]
        assert {one["performance"] for one in before} == {None}
        async with talking(gateway, path="/graphql") as talk:
            heard = await talk.all(_ANALYSIS, variables={"symbol": "S03"})
        assert [kind for kind, _ in heard] == ["next"] * 9 + ["complete"]
        *families, last = [payload["data"]["analysis"] for _, payload in heard[:-1]]
        assert last["signal"]["score"] == last["consensus"]["score"] == families[-1]["consensus"]["score"]
        assert last["signal"]["consensus"] == last["consensus"]
        said = {vote["agent"]["name"]: vote["vote"] for one in families for vote in one["votes"]}
        assert said["momentum_12_1"] is not None, "it stands among the others"
        assert list(said.values()).count(None) < 5
        found = (
            await gateway.data(
                """mutation { analyze(symbols: ["S03", "NONE"]) { errors { message } signals { producer rationale status
                entry stop target measures { name value } score votes { vote } horizonBars } } }"""
            )
        )["analyze"]
        assert [one["message"] for one in found["errors"]] == ["no instrument NONE"]
        (signal,) = found["signals"]
        assert signal["producer"].startswith("gateway-engine-")
        assert signal["score"] == last["signal"]["score"]
        assert [one["vote"] for one in signal["votes"]] == [one["vote"] for one in last["votes"]]
        assert all(one["value"] is not None for one in signal["measures"])
        assert signal["rationale"].startswith(last["signal"]["direction"].capitalize() + ": of 51 agents")
        assert signal["horizonBars"] == 5
        after = (await gateway.data("{ agents { performance { cases horizonBars } } }"))["agents"]
        assert sum(one["performance"]["cases"] for one in after) > 10_000
        error = await gateway.error('mutation { analyze(symbols: ["S03"], interval: W1) { position } }')
        assert error == ("BAD_INPUT", ["analyze"], "the engine makes signals of D1, H1, M5 bars, interval was W1")
