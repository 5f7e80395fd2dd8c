"""What is kept of the signals of some instruments stands while others move, and no longer."""

from typing import Any

import pytest

from gateway.config import ServerUrls
from resolvers.storage.pool import Pool
from schema.node import global_id
from tests.bars import NOON, instrument
from tests.servers import PATIENT, RunningGateway, Servers
from tests.signals import draft, moment, store
from tests.statements import StatementLog

_PUBLISH = """mutation ($items: [PublishedSignal!]!) {
    publishSignals(input: {producer: "desk", items: $items}) { stored } }"""
_SHOWN = "totalCount nodes { rationale status }"
_QUERIES = {
    "a list of one": f'{{ signals(filter: {{symbols: ["b"]}}) {{ {_SHOWN} }} }}',
    "a list of two": f'{{ signals(filter: {{symbols: ["B", "C"]}}) {{ {_SHOWN} }} }}',
    "of an instrument": f'{{ instrument(symbol: "B") {{ signals {{ {_SHOWN} }} }} }}',
    "the latest one": '{ instrument(symbol: "B") { latestSignal(interval: H1) { rationale } } }',
    "those that stand": f'{{ instrument(symbol: "B") {{ signals(filter: {{status: ACTIVE}}) {{ {_SHOWN} }} }} }}',
    "by id": "query ($id: ID!) { signal(id: $id) { rationale status } }",
    "a node": "query ($id: ID!) { node(id: $id) { ... on Signal { rationale status } } }",
}


async def _publish(gateway: RunningGateway, symbol: str, rationale: str) -> None:
    item = {
        "symbol": symbol,
        "interval": "H1",
        "barTime": moment(NOON).isoformat(),
        "direction": "BUY",
        "strength": "WEAK",
        "score": 0.5,
        "agreement": 1,
        "price": 1,
        "rationale": rationale,
    }
    assert (await gateway.data(_PUBLISH, items=[item]))["publishSignals"]["stored"] == 1


@pytest.mark.parametrize("name", _QUERIES)
async def test_an_answer_stands_until_its_own_instruments_move(
    name: str, servers: Servers, urls: ServerUrls, pool: Pool
) -> None:
    """Another's signal costs it nothing, not even a statement; one of its own is in the next answer."""
    for symbol in ("A", "B", "C"):
        await store(pool, draft(await instrument(pool, symbol), rationale="first"))
    (digest,) = await pool.fetch(
        "SELECT s.id FROM signals AS s JOIN instruments AS i ON i.id = instrument_id WHERE symbol = 'B'"
    )
    given = {"id": global_id("Signal", NOON, digest["id"].hex)} if "$id" in _QUERIES[name] else {}
    log = StatementLog(servers.log, urls.database)
    await log.start()
    async with RunningGateway(PATIENT, urls) as gateway:

        async def asked() -> Any:
            # Without a position, with which a gateway that has not heard its own event yet would answer from storage.
            answer = await gateway.client.post("/graphql", json={"query": _QUERIES[name], "variables": given})
            return answer.json()["data"]

        for mine in ("one", "two"):
            await _publish(gateway, "B", mine)
            found = await asked()
            assert mine in str(found)
            for number in range(3):
                await _publish(gateway, "A", f"{mine} {number}")
                log.forget()
                assert await asked() == found
                assert log.statements() == []
        if name == "a list of two":
            await _publish(gateway, "C", "third")
            assert "third" in str(await asked())
