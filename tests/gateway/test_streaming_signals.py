"""Signals as clients get them: over a socket, from what is published, every single one."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from gateway.config import ServerUrls
from resolvers.storage.pool import Pool
from tests.bars import instrument
from tests.gateway.endpoint.streamed import Talk, talking
from tests.servers import PATIENT, RunningGateway

_PUBLISH = """mutation ($items: [PublishedSignal!]!) { publishSignals(input: {producer: "desk", items: $items}) {
    stored position errors { message } } }"""
_QUOTE = "mutation ($items: [PublishedQuote!]!) { publishQuotes(input: {items: $items}) { stored } }"
_ALL = "subscription { signals { rationale status } }"
_WANTED = "subscription ($filter: SignalFilter) { signals(filter: $filter) { rationale } }"


@pytest.fixture
async def gateways(urls: ServerUrls, pool: Pool) -> AsyncIterator[tuple[RunningGateway, RunningGateway]]:
    """Two processes on one database with two instruments."""
    await instrument(pool, "ACME")
    await instrument(pool, "BETA")
    async with RunningGateway(PATIENT, urls) as one, RunningGateway(PATIENT, urls) as other:
        yield one, other


@pytest.fixture
def gateway(gateways: tuple[RunningGateway, RunningGateway]) -> RunningGateway:
    """The first of them."""
    return gateways[0]


def _signal(number: int, **changes: Any) -> dict[str, Any]:
    given = {
        "symbol": "ACME",
        "interval": "H1",
        "barTime": "2024-01-08T12:00:00Z",
        "direction": "BUY",
        "strength": "WEAK",
        "score": 0.5,
        "agreement": 0.5,
        "price": 100,
        "rationale": f"{number}",
        "key": f"{number}",
    }
    return given | changes


async def _publish(gateway: RunningGateway, *items: dict[str, Any]) -> None:
    answer = (await gateway.data(_PUBLISH, items=list(items)))["publishSignals"]
    assert answer["errors"] == []


class _Stream:
    """One subscription over graphql-transport-ws."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self.position = ""

    async def message(self) -> list[dict[str, Any]]:
        """The items of the next message."""
        message = await self._talk.hear()
        assert message["type"] == "next", message
        stream = message["payload"]["extensions"]["stream"]
        assert stream.keys() == {"id"}, "nothing is skipped, nothing begins anew"
        self.position = stream["id"]
        items: list[dict[str, Any]] = message["payload"]["data"]["signals"]
        return items

    async def items(self, count: int) -> list[dict[str, Any]]:
        """The next *count* items, in as many messages as they come in."""
        items: list[dict[str, Any]] = []
        while len(items) < count:
            items += await self.message()
        return items


@asynccontextmanager
async def _streaming(gateway: RunningGateway, query: str = _ALL, **payload: Any) -> AsyncIterator[_Stream]:
    async with talking(gateway, path="/graphql") as talk:
        await talk.ask(query, **payload)
        yield _Stream(talk)


def _texts(items: list[dict[str, Any]]) -> list[str]:
    return [one["rationale"] for one in items]


async def test_a_stream_begins_with_the_active_ones(gateway: RunningGateway) -> None:
    """None of which is a list too; then comes what is new, what is said anew, and what is withdrawn."""
    async with _streaming(gateway) as stream:
        assert await stream.message() == []
        await _publish(gateway, _signal(1))
        assert await stream.message() == [{"rationale": "1", "status": "ACTIVE"}]
        later = "2024-01-08T13:00:00Z"
        await _publish(gateway, _signal(2, barTime=later), _signal(1, rationale="1, anew"))
        assert await stream.items(2) == [
            {"rationale": "2", "status": "ACTIVE"},
            {"rationale": "1, anew", "status": "SUPERSEDED"},
        ]
        await _publish(gateway, _signal(3, symbol="BETA", validUntil="2024-01-08T15:00:00Z"))
        assert await stream.message() == [{"rationale": "3", "status": "EXPIRED"}]
    async with _streaming(gateway) as stream:
        assert await stream.message() == [{"rationale": "2", "status": "ACTIVE"}]
        await _publish(gateway, _signal(2, barTime=later, isCancelled=True))
        assert await stream.message() == [{"rationale": "2", "status": "CANCELLED"}]


async def test_signals_that_look_alike_are_as_many_as_they_are(gateway: RunningGateway) -> None:
    """A hundred in one call and a hundred in ten, of which nothing but equal bytes is selected."""
    async with _streaming(gateway, "subscription { signals { direction score } }") as stream:
        assert await stream.message() == []
        await _publish(gateway, *(_signal(number) for number in range(100)))
        for ten in range(10):
            await _publish(gateway, *(_signal(100 + 10 * ten + number) for number in range(10)))
        assert await stream.items(200) == [{"direction": "BUY", "score": 0.5}] * 200
        await _publish(gateway, _signal(200))
        assert len(await stream.message()) == 1, "not one more"


async def test_who_comes_back_gets_what_was_missed_and_nothing_else(
    gateways: tuple[RunningGateway, RunningGateway],
) -> None:
    """From the other process, in order, each once, also what is no longer active; and once more from the same place."""
    one, other = gateways
    async with _streaming(one) as stream:
        await stream.message()
        await _publish(one, _signal(0), _signal(1))
        assert _texts(await stream.items(2)) == ["0", "1"]
        position = stream.position
    for number in range(2, 12):
        await _publish(one, _signal(number, barTime=f"2024-01-08T{number:02d}:00:00Z"))
    missed = [str(number) for number in range(2, 12)]
    async with _streaming(other, extensions={"resumeFrom": position}) as stream:
        assert _texts(await stream.items(10)) == missed
        await _publish(one, _signal(12))
        assert _texts(await stream.message()) == ["12"]
    async with _streaming(one, extensions={"resumeFrom": position}) as stream:
        assert _texts(await stream.items(11)) == [*missed, "12"]
        position = stream.position
    async with _streaming(other, extensions={"resumeFrom": position}) as stream:
        assert await stream.message() == []


async def test_who_comes_back_to_a_process_that_has_just_begun_misses_nothing(
    gateway: RunningGateway, urls: ServerUrls
) -> None:
    """It has heard of none of them, and reads what is kept."""
    async with _streaming(gateway) as stream:
        assert await stream.message() == []
    await _publish(gateway, *(_signal(number) for number in range(5)))
    await _publish(gateway, _signal(0, isCancelled=True))
    async with (
        RunningGateway(PATIENT, urls) as new,
        _streaming(new, extensions={"resumeFrom": stream.position}) as again,
    ):
        assert _texts(await again.items(6)) == ["0", "1", "2", "3", "4", "0"]


async def test_only_what_is_wanted_is_told(gateway: RunningGateway) -> None:
    """In the state and after it, to each by its own conditions."""
    first = [
        _signal(1),
        _signal(2, symbol="BETA", direction="SELL", score=-0.9, confidence=0.6),
        _signal(3, interval="M5"),
    ]
    second = [
        _signal(4, score=0.95, confidence=0.4),
        _signal(5, symbol="BETA", interval="H4", validUntil="2024-01-08T15:00:00Z"),
        _signal(6, symbol="BETA", direction="HOLD", score=0, barTime="2024-01-09T12:00:00Z"),
    ]
    await _publish(gateway, *first)
    cases: list[tuple[dict[str, Any], set[str], list[str]]] = [
        ({}, {"1", "2", "3"}, ["4", "5", "6"]),
        ({"symbols": ["beta"]}, {"2"}, ["5", "6"]),
        ({"symbols": []}, set(), []),
        ({"direction": "SELL"}, {"2"}, []),
        ({"interval": "M5"}, {"3"}, []),
        ({"minScore": 0.9}, {"2"}, ["4"]),
        ({"minConfidence": 0.5, "symbols": ["ACME", "BETA"]}, {"2"}, []),
        ({"producer": "desk", "status": "ACTIVE"}, {"1", "2", "3"}, ["4", "6"]),
        ({"status": "EXPIRED"}, set(), ["5"]),
        ({"from": "2024-01-09T00:00:00Z"}, set(), ["6"]),
        ({"to": "2024-01-09T00:00:00Z", "producer": "desk"}, {"1", "2", "3"}, ["4", "5"]),
    ]
    async with AsyncExitStack() as stack:
        streams = [
            await stack.enter_async_context(_streaming(gateway, _WANTED, variables={"filter": conditions}))
            for conditions, _, _ in cases
        ]
        for stream, (conditions, state, _) in zip(streams, cases, strict=True):
            assert set(_texts(await stream.message())) == state, conditions
        await _publish(gateway, *second)
        for stream, (conditions, _, told) in zip(streams, cases, strict=True):
            assert _texts(await stream.items(len(told))) == told, conditions


@pytest.mark.parametrize(
    ("conditions", "code", "message"),
    [
        ({"symbols": ["ZZZZ"]}, "NOT_FOUND", "no instrument ZZZZ"),
        ({"symbols": ["ACME"] * 501}, "TOO_LARGE", "symbols holds at most 500 items, 501 were given"),
        ({"minScore": 2}, "BAD_INPUT", "minScore must be from 0 to 1, was 2.0"),
    ],
)
async def test_what_cannot_be_wanted_is_told(
    conditions: dict[str, Any], code: str, message: str, gateway: RunningGateway
) -> None:
    """By an error of the operation."""
    async with talking(gateway, path="/graphql") as talk:
        await talk.ask(_WANTED, variables={"filter": conditions})
        answer = await talk.hear()
    assert answer["type"] == "error"
    (error,) = answer["payload"]
    assert (error["extensions"]["code"], error["message"]) == (code, message)


async def test_what_a_signal_leads_to_is_of_the_moment(gateway: RunningGateway) -> None:
    """Each message is an operation of its own: the price is not that of the message before."""
    query = "subscription { signals { id instrument { symbol quote { price } } } }"
    async with _streaming(gateway, query) as stream:
        assert await stream.message() == []
        for step in range(1, 4):
            quote = {"symbol": "ACME", "price": float(step), "asOf": f"2024-01-08T12:00:0{step}Z"}
            await gateway.data(_QUOTE, items=[quote])
            await _publish(gateway, _signal(step))
            (item,) = await stream.message()
            assert item["instrument"] == {"symbol": "ACME", "quote": {"price": float(step)}}
