"""The operations in the tabs of the first visit."""

import json
import time
from pathlib import Path

import pytest

from gateway.feeds.simulated_store import store_simulated_market
from resolvers.storage.pool import Pool
from tests.servers import RunningGateway

EXAMPLES = Path(__file__).resolve().parents[3] / "gateway" / "pages" / "graphiql" / "examples"


async def test_every_example_runs_against_the_demo(gateway: RunningGateway, pool: Pool) -> None:
    """Without a change and without an error; each has rows or columns to show."""
    await store_simulated_market(pool, now=int(time.time()))
    found = {}
    for file in sorted(EXAMPLES.glob("*.graphql")):
        variables = json.loads(file.with_suffix(".json").read_text())
        if "subscription" not in file.read_text():
            found[file.stem] = await gateway.data(file.read_text(), **variables)
            continue
        body = {"query": file.read_text(), "variables": variables}
        async with gateway.client.stream(
            "POST", "/graphql", json=body, headers={"accept": "text/event-stream"}
        ) as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data: {"):
                    found[file.stem] = json.loads(line.removeprefix("data: "))["data"]
                    break
    assert len(found["chart"]["candles"]["columns"]["bollinger"]["upper"]) == 250
    assert None not in found["chart"]["candles"]["columns"]["rsi"]
    assert len(found["indicators"]["candles"]["bars"]) == 24
    assert found["indicators"]["candles"]["bars"][-1]["week"] == pytest.approx(
        found["indicators"]["candles"]["bars"][-1]["close"], rel=0.5
    )
    assert len(found["watch-list"]["instruments"]["nodes"]) == found["watch-list"]["instruments"]["totalCount"] == 24
    insight = found["insights"]["instrument"]["insight"]
    assert insight["source"] == "RULES"
    assert len(insight["points"]) >= 8
    assert len(found["live"]["quotes"]) == 3
