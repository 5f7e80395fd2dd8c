"""Opportunities as clients get them: over a socket, from signals that are published."""

from typing import Any

from resolvers.storage.pool import Pool
from tests.bars import instrument
from tests.gateway.endpoint.streamed import talking
from tests.servers import RunningGateway

_PUBLISH = """mutation ($items: [PublishedSignal!]!) { publishSignals(input: {producer: "desk", items: $items}) {
    stored errors { message } } }"""
_BEST = """subscription ($first: Int!) @throttle(ms: 50) {
    opportunities(first: $first) { rank direction instrument { symbol } signal { status } reasons disclaimer } }"""


async def _publish(gateway: RunningGateway, symbol: str, score: float, **changes: Any) -> None:
    item = {
        "symbol": symbol,
        "interval": "H1",
        "barTime": "2024-01-08T12:00:00Z",
        "direction": "BUY" if score > 0 else "SELL",
        "strength": "WEAK",
        "score": score,
        "agreement": 0.5,
        "price": 100,
        "rationale": "Two of three averages rise.",
    }
    answer = (await gateway.data(_PUBLISH, items=[item | changes]))["publishSignals"]
    assert answer["errors"] == []


async def test_a_client_hears_of_the_best(gateway: RunningGateway, pool: Pool) -> None:
    """The whole list, when it is another one; as a query of the same process says it."""
    for symbol in ("ACME", "BETA", "GAMMA"):
        await instrument(pool, symbol)
    async with talking(gateway, path="/graphql") as talk:
        await talk.ask(_BEST, variables={"first": 2})

        async def places() -> list[tuple[int, str, str]]:
            payload = (await talk.hear())["payload"]
            assert "errors" not in payload, payload
            assert payload["extensions"]["stream"].keys() <= {"id", "skipped"}
            data = payload["data"]["opportunities"]
            assert all(one["signal"]["status"] == "ACTIVE" and one["disclaimer"] for one in data)
            query = "{ opportunities(first: 2) { rank direction instrument { symbol } reasons } }"
            found = (await gateway.data(query))["opportunities"]
            assert found == [{name: one[name] for name in found[0]} for one in data] if found else data == []
            return [(one["rank"], one["instrument"]["symbol"], one["direction"]) for one in data]

        assert await places() == []
        await _publish(gateway, "ACME", 0.4)
        assert await places() == [(1, "ACME", "BUY")]
        await _publish(gateway, "BETA", -0.6)
        assert await places() == [(1, "BETA", "SELL"), (2, "ACME", "BUY")]
        # Not among the best two, so nobody hears of it.
        await _publish(gateway, "GAMMA", 0.1)
        await _publish(gateway, "BETA", -0.6, isCancelled=True)
        assert await places() == [(1, "ACME", "BUY"), (2, "GAMMA", "BUY")]


async def test_what_cannot_be_asked_for_ends_with_its_code(gateway: RunningGateway) -> None:
    """The socket goes on."""
    async with talking(gateway, path="/graphql") as talk:
        await talk.ask(_BEST, variables={"first": 501})
        message = await talk.hear()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "TOO_LARGE"
