"""docs/signals.md: its examples are answered, and what it says of the schema is so."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.config import ServerUrls
from resolvers.compute.agents.momentum import MOMENTUM
from resolvers.compute.agents.trend import TREND
from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool
from tests.analyst import BarsAnalyst, analysing
from tests.bars import instrument, spaced
from tests.gateway.endpoint.streamed import talking
from tests.servers import RunningApp

_PAGE = (Path(__file__).resolve().parents[1] / "docs" / "signals.md").read_text()
_EXAMPLES = {
    re.search(r"\w+ (\w+)", text)[1]: (text, orjson.loads(variables or "{}"))  # type: ignore[index]
    for text, variables in re.findall(r"```graphql\n(.*?)```\n(?:\n```json\n(.*?)```)?", _PAGE, re.DOTALL)
}


@pytest.fixture
async def running(urls: ServerUrls, pool: Pool) -> AsyncIterator[RunningApp]:
    """A gateway whose engine knows ACME."""
    await instrument(pool)
    analyst = BarsAnalyst()
    analyst.bars["ACME"] = spaced(300, Interval.D1)
    async with analysing(urls, analyst) as running:
        yield running


async def _results(running: RunningApp, name: str) -> list[dict[str, Any]]:
    text, variables = _EXAMPLES[name]
    async with talking(running) as talk:
        heard = await talk.all(text, variables=variables)
    assert [kind for kind, _ in heard] == ["next"] * (len(heard) - 1) + ["complete"], heard
    assert all("errors" not in payload for _, payload in heard[:-1]), heard
    return [payload["data"] for _, payload in heard[:-1]]


def test_the_page_has_these_examples() -> None:
    """All that it has are run here."""
    assert set(_EXAMPLES) == {"Signals", "Why", "Agents", "Analyze", "Analysis", "Publish", "Live"}


async def test_the_examples_of_the_engine_give_what_is_said(running: RunningApp) -> None:
    """A signal is made, seen being made, and shown with all that it rests on."""
    (made,) = await _results(running, "Analyze")
    assert [one["instrument"]["symbol"] for one in made["analyze"]["signals"]] == ["ACME"]
    assert [one["code"] for one in made["analyze"]["errors"]] == ["NOT_FOUND"]
    steps = [one["analysis"] for one in await _results(running, "Analysis")]
    assert [one["isComplete"] for one in steps] == [False] * 8 + [True]
    (why,) = await _results(running, "Why")
    signal = why["instrument"]["latestSignal"]
    assert signal["score"] == steps[-1]["consensus"]["score"] == made["analyze"]["signals"][0]["score"]
    assert signal["rationale"] == made["analyze"]["signals"][0]["rationale"] != ""
    assert {vote["agent"]["name"] for vote in signal["votes"]} == {one.name for one in TREND}
    (agents,) = await _results(running, "Agents")
    assert [one["name"] for one in agents["agents"]] == [one.name for one in MOMENTUM]


async def test_the_other_examples_are_answered(running: RunningApp) -> None:
    """Without an error; a stream begins with what is active."""
    (published,) = await _results(running, "Publish")
    assert (published["publishSignals"]["stored"], published["publishSignals"]["errors"]) == (1, [])
    (found,) = await _results(running, "Signals")
    assert "nodes" in found["signals"]
    async with talking(running) as talk:
        await talk.ask(_EXAMPLES["Live"][0])
        assert (await talk.hear())["payload"]["data"]["signals"] is not None
