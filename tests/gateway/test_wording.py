"""Insights of a model over GraphQL: one that answers well, slowly, wrongly, with inventions, errors, or not at all."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from gateway.config import ServerUrls, Settings
from loadtests.model_server import Behaviour, ScriptedModel
from resolvers.model.bars import Bars
from resolvers.model.interval import Interval
from resolvers.storage.instruments import read_instruments_by_name
from resolvers.storage.pool import Pool
from tests.bars import instrument, spaced, store
from tests.resolvers.compute.insights.market import by_hand, facts_at
from tests.servers import PATIENT, RunningGateway
from tests.signals import draft
from tests.signals import store as store_signals

_SECRET = "sk-not-to-be-seen"
_ASK = """query ($symbol: String!) { instrument(symbol: $symbol) { insight {
    summary source similarity ageSeconds basis generatedAt regime points { text value currentValue field } } } }"""
_BY_RULES = "ACME on D1 is "
_BY_MODEL = "In short, ACME stands at "

Insight = Callable[[str], Coroutine[Any, Any, dict[str, Any]]]


def _settings(model: ScriptedModel, **changes: Any) -> Settings:
    """A gateway that asks *model*, and executes each operation anew."""
    given: dict[str, Any] = {"llm_model": "scripted", "llm_key": _SECRET, "llm_wait_seconds": 20.0} | changes
    return replace(PATIENT, llm_url=model.url, response_cache_bytes=0, **given)


@pytest.fixture
async def model() -> AsyncIterator[ScriptedModel]:
    """A model that answers well, as long as the test has it do so."""
    async with ScriptedModel() as model:
        yield model


@asynccontextmanager
async def _asking(
    urls: ServerUrls, pool: Pool, model: ScriptedModel, *symbols: str, **changes: Any
) -> AsyncIterator[Insight]:
    """A gateway that has *symbols*, each another market, and asks *model*; what gives the insight on one."""
    for seed, symbol in enumerate(symbols or ("ACME",)):
        await store(pool, await instrument(pool, symbol), Interval.D1, spaced(300, Interval.D1, seed=seed + 1))
    async with RunningGateway(_settings(model, **changes), urls) as gateway:

        async def insight(symbol: str) -> dict[str, Any]:
            found: dict[str, Any] = (await gateway.data(_ASK, symbol=symbol))["instrument"]["insight"]
            return found

        yield insight


async def _until(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_words_of_a_model_are_asked_for_once_and_repeated(
    urls: ServerUrls, pool: Pool, model: ScriptedModel
) -> None:
    """The first answer has them, the second repeats them and says how old they are; numbers are those of the facts."""
    async with _asking(urls, pool, model) as insight:
        first, second = await insight("ACME"), await insight("ACME")
    assert (first["source"], second["source"]) == ("MODEL", "REPEATED")
    assert first["summary"].startswith(_BY_MODEL)
    assert (first["similarity"], second["similarity"]) == (1, 1)
    for name in ("summary", "points", "generatedAt", "basis", "regime"):
        assert first[name] == second[name]
    assert second["ageSeconds"] >= 0
    assert all(one["value"] == one["currentValue"] for one in first["points"])
    assert "every number in them was given to it" in first["basis"]
    assert len(model.asked) == 1
    assert model.keys == [f"Bearer {_SECRET}"]


async def test_all_who_ask_at_once_share_one_question(urls: ServerUrls, pool: Pool, model: ScriptedModel) -> None:
    """However many; who came too late to wait repeats it."""
    model.behaviour = Behaviour.SLOWLY
    async with _asking(urls, pool, model) as insight:
        asking = [asyncio.create_task(insight("ACME")) for _ in range(20)]
        await _until(lambda: _has(model, 1))
        model.gate.set()
        found = await asyncio.gather(*asking)
    assert {one["source"] for one in found} <= {"MODEL", "REPEATED"}
    assert len({one["generatedAt"] for one in found}) == 1
    assert len(model.asked) == 1


async def _has(model: ScriptedModel, count: int) -> bool:
    return len(model.asked) >= count


async def test_a_slow_model_is_not_waited_for_longer_than_is_set(
    urls: ServerUrls, pool: Pool, model: ScriptedModel
) -> None:
    """Rules answer, at once where nothing is to be waited for; when the model has answered its words are there."""
    model.behaviour = Behaviour.SLOWLY
    async with _asking(urls, pool, model, llm_wait_seconds=0) as insight:
        found = await insight("ACME")
        assert (found["source"], found["ageSeconds"], found["similarity"]) == ("RULES", 0, None)
        assert found["summary"].startswith(_BY_RULES)
        model.gate.set()

        async def is_repeated() -> bool:
            return bool((await insight("ACME"))["source"] == "REPEATED")

        await _until(is_repeated)
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour.NO_JSON,
        Behaviour.NO_COMPLETION,
        Behaviour.PROSE,
        Behaviour.WRONG_FORM,
        Behaviour.INVENTED,
        Behaviour.PROMISING,
        Behaviour.FOREIGN,
        Behaviour.LONG,
        Behaviour.ENDLESS,
        Behaviour.FAILING,
        Behaviour.BUSY,
        Behaviour.CUT,
        Behaviour.SILENT,
    ],
)
async def test_rules_answer_where_the_model_does_not(
    urls: ServerUrls, pool: Pool, model: ScriptedModel, behaviour: Behaviour, caplog: pytest.LogCaptureFixture
) -> None:
    """Wrong form, inventions, claims, errors, silence: never shown, no error, not asked again at once."""
    caplog.set_level(logging.DEBUG)
    model.behaviour = behaviour
    async with _asking(urls, pool, model, llm_timeout_seconds=0.3 if behaviour is Behaviour.SILENT else 10) as insight:
        for _ in range(2):
            found = await insight("ACME")
            assert (found["source"], found["ageSeconds"]) == ("RULES", 0)
            assert found["summary"].startswith(_BY_RULES)
            assert "Rules" in found["basis"]
    assert len(model.asked) == 1
    assert _SECRET not in caplog.text


async def test_a_model_that_refuses_connections_costs_nothing_but_its_words(
    urls: ServerUrls, pool: Pool, model: ScriptedModel
) -> None:
    """As when nothing listens there."""
    async with _asking(urls, pool, model) as insight:
        await model.stop()
        assert (await insight("ACME"))["source"] == "RULES"


async def test_failures_open_the_breaker_and_one_that_tries_closes_it(
    urls: ServerUrls, pool: Pool, model: ScriptedModel, caplog: pytest.LogCaptureFixture
) -> None:
    """After two failures nobody is asked; after a rest one is, and when that goes well, everybody."""
    model.behaviour = Behaviour.FAILING
    symbols = [f"S{number}" for number in range(8)]
    async with _asking(urls, pool, model, *symbols, llm_failures=2, llm_rest_seconds=1.0) as insight:
        assert [(await insight(one))["source"] for one in symbols[:5]] == ["RULES"] * 5
        assert len(model.asked) == 2
        model.behaviour = Behaviour.WELL

        async def is_closed() -> bool:
            return bool((await insight("S5"))["source"] == "MODEL")

        await _until(is_closed)
        assert len(model.asked) == 3
        assert [(await insight(one))["source"] for one in symbols[2:5]] == ["MODEL"] * 3
    said = [one.getMessage() for one in caplog.records if one.name == "gateway.insights" and one.levelno > logging.INFO]
    assert said == [
        "the model fails and is left alone for a while; insights are made by rules",
        "the model answers again",
    ]


async def test_the_budget_bounds_what_is_asked(urls: ServerUrls, pool: Pool, model: ScriptedModel) -> None:
    """Two calls a minute are two, however many markets are asked about."""
    symbols = [f"S{number}" for number in range(5)]
    async with _asking(urls, pool, model, *symbols, llm_calls_per_minute=2) as insight:
        found = [(await insight(one))["source"] for one in symbols]
    assert found == ["MODEL", "MODEL", "RULES", "RULES", "RULES"]
    assert len(model.asked) == 2


async def test_a_neighbours_words_say_whose_they_are(urls: ServerUrls, pool: Pool, model: ScriptedModel) -> None:
    """A close that moves within its step: the words stay, with the state that they are of and its numbers."""
    bars = spaced(300, Interval.D1)
    before = facts_at(bars, 299)
    near = (_closing(bars, 1 + number / 2000) for number in (1, -1, 2, -2, 3, -3))
    moved = next(one for one in near if (facts_at(one, 299) or by_hand()).state == (before or by_hand()).state)
    async with _asking(urls, pool, model) as insight:
        first = await insight("ACME")
        await store(pool, (await _stored(pool))["ACME"], Interval.D1, moved)
        found = await insight("ACME")
    assert (first["source"], found["source"]) == ("MODEL", "SIMILAR")
    assert found["summary"] == first["summary"]
    assert 0.8 < found["similarity"] < 1
    assert "not of the present one" in found["basis"]
    values = {one["field"]: (one["value"], one["currentValue"]) for one in found["points"]}
    after = facts_at(moved, 299)
    assert before is not None
    assert after is not None
    assert values["candles.columns.rsi(period: 14)"] == (before.value("rsi"), after.value("rsi"))
    assert values["candles.columns.close"] == (bars.close[-1], moved.close[-1])
    assert len(model.asked) == 1


def _closing(bars: Bars, factor: float) -> Bars:
    """*bars* with another last close, and a range that has room for it."""
    close, high, low = bars.close.copy(), bars.high.copy(), bars.low.copy()
    close[-1] *= factor
    high[-1], low[-1] = max(high[-1], close[-1]), min(low[-1], close[-1])
    return replace(bars, close=close, high=high, low=low)


async def _stored(pool: Pool) -> dict[str, Any]:
    return dict((await read_instruments_by_name(pool, ["ACME"])).value)


async def test_processes_share_what_one_was_told(urls: ServerUrls, pool: Pool, model: ScriptedModel) -> None:
    """By Redis: the second process has the first one's words without asking, and at once both ask but once."""
    async with _asking(urls, pool, model) as insight:
        assert (await insight("ACME"))["source"] == "MODEL"
        async with RunningGateway(_settings(model), urls) as other:
            found = (await other.data(_ASK, symbol="ACME"))["instrument"]["insight"]
    assert found["source"] == "REPEATED"
    assert len(model.asked) == 1


async def test_a_stream_does_not_wait_for_a_model(urls: ServerUrls, pool: Pool, model: ScriptedModel) -> None:
    """It takes what is there, because others wait for the same execution; the words are asked for nevertheless."""
    model.behaviour = Behaviour.SLOWLY
    async with _asking(urls, pool, model):
        acme = (await _stored(pool))["ACME"]
        day = int(spaced(300, Interval.D1).time[-1])
        await store_signals(pool, draft(acme, interval=Interval.D1, time=day))
        async with RunningGateway(_settings(model), urls) as gateway:
            query = "subscription { signals { insight { source } } }"
            headers = {"Accept": "text/event-stream"}
            request = gateway.client.stream("POST", "/graphql", json={"query": query}, headers=headers)
            async with asyncio.timeout(15), request as response:
                async for line in response.aiter_lines():
                    if line.startswith("data:"):
                        break
        assert '"source":"RULES"' in line
        assert len(model.asked) == 1


async def test_a_kept_answer_is_as_old_as_it_says(urls: ServerUrls, pool: Pool, model: ScriptedModel) -> None:
    """
    With whole answers kept: who has waited is told `MODEL`, and nobody else; an age grows, second by second.

    Without an age an answer is kept, for as long as its words are fresh.
    """
    await store(pool, await instrument(pool), Interval.D1, spaced(300, Interval.D1))
    settings = replace(_settings(model), response_cache_bytes=2**20)
    async with RunningGateway(settings, urls) as gateway:

        async def asked(fields: str, **headers: str) -> dict[str, Any]:
            body = {"query": f'{{ instrument(symbol: "ACME") {{ insight {{ {fields} }} }} }}'}
            found: dict[str, Any] = (await gateway.client.post("/graphql", json=body, headers=headers)).json()
            return found

        first, second = [(await asked("source"))["data"]["instrument"]["insight"]["source"] for _ in range(2)]
        assert (first, second) == ("MODEL", "REPEATED")
        traced = await asked("source", **{"X-Gateway-Trace": "cache"})
        assert [one["tier"] for one in traced["extensions"]["cache"]] == ["response"]

        async def has_aged() -> bool:
            return bool((await asked("ageSeconds"))["data"]["instrument"]["insight"]["ageSeconds"] >= 2)

        await _until(has_aged)
    assert len(model.asked) == 1
