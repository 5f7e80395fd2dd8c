"""What is kept of the signals of some instruments stands while others move, and no longer."""

from typing import Any

import pytest

from gateway.config import ServerUrls
from resolvers.storage.pool import Pool
from schema.node import global_id
from tests.bars import NOON, instrument
from tests.following import eventually
from tests.servers import PATIENT, RunningGateway, Servers
from tests.signals import draft, moment, old_write, store
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


async def test_signals_of_a_program_that_names_no_instrument_are_not_missed(urls: ServerUrls, pool: Pool) -> None:
    """By a gateway that holds older ones, and by one that starts later and finds in Redis what the first has stored."""
    await store(pool, draft(await instrument(pool, "B"), rationale="first"))

    async def told(gateway: RunningGateway) -> str:
        answer = (await gateway.client.post("/graphql", json={"query": _QUERIES["a list of one"]})).json()
        return str(answer["data"]["signals"]["nodes"][0]["rationale"])

    async with RunningGateway(PATIENT, urls) as gateway:
        assert await told(gateway) == "first"
        await pool.execute("UPDATE signals SET rationale = 'second'")
        assert await told(gateway) == "first"
        await old_write(pool)

        async def is_second() -> bool:
            return await told(gateway) == "second"

        await eventually(is_second)
        await pool.execute("UPDATE signals SET rationale = 'third'")
        await old_write(pool)
        # Somebody who names instruments, and not this one, does not hide it.
        await store(pool, draft(await instrument(pool, "A")))
        async with RunningGateway(PATIENT, urls) as later:
            assert await told(later) == "third"
