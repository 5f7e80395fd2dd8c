"""The market's streams as clients get them: over a socket, from what is published."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import websockets

from gateway.config import ServerUrls
from resolvers.storage.pool import Pool
from tests.bars import instrument
from tests.servers import PATIENT, RunningGateway, unreachable

_PUBLISH = """mutation Publish($items: [PublishedQuote!]!) {
  publishQuotes(input: {items: $items}) { stored position errors { index code message } } }"""
_QUOTES = "subscription Quotes($symbols: [String!]!) { quotes(symbols: $symbols) { price instrument { symbol } } }"
_BEGIN = datetime(2026, 1, 5, tzinfo=UTC)


class _Market:
    """A gateway, and prices that are published through it."""

    def __init__(self, gateway: RunningGateway) -> None:
        self.gateway = gateway
        self._moment = _BEGIN

    async def publish(self, **prices: float) -> str:
        """Publishes quotes, each a second after the last; returns the position behind them."""
        self._moment += timedelta(seconds=1)
        items = [
            {"symbol": symbol, "price": price, "asOf": self._moment.isoformat()} for symbol, price in prices.items()
        ]
        answer = await self.gateway.data(_PUBLISH, items=items)
        assert answer["publishQuotes"]["errors"] == []
        position: str = answer["publishQuotes"]["position"]
        return position


@pytest.fixture
async def market(urls: ServerUrls, pool: Pool) -> AsyncIterator[_Market]:
    for symbol in ("ACME", "BETA", "CORE"):
        await instrument(pool, symbol=symbol)
    async with RunningGateway(PATIENT, urls) as gateway:
        yield _Market(gateway)


class _Socket:
    """One subscription over graphql-transport-ws."""

    def __init__(self, market: _Market) -> None:
        url = str(market.gateway.client.base_url).replace("http", "ws", 1) + "/graphql"
        self._connecting = websockets.connect(url, subprotocols=[websockets.Subprotocol("graphql-transport-ws")])

    async def __aenter__(self) -> "_Socket":
        self._socket = await self._connecting
        await self._say(type="connection_init")
        assert (await self._hear())["type"] == "connection_ack"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()

    async def subscribe(self, query: str, extensions: dict[str, Any] | None = None, **variables: Any) -> None:
        """Begins the stream."""
        payload = {"query": query, "variables": variables, "extensions": extensions or {}}
        await self._say(type="subscribe", id="1", payload=payload)

    async def prices(self) -> tuple[dict[str, float], dict[str, Any]]:
        """The next message: prices by symbol, and what it says of the stream."""
        message = await self._hear()
        assert message["type"] == "next", message
        items = message["payload"]["data"]["quotes"]
        return {one["instrument"]["symbol"]: one["price"] for one in items}, message["payload"]["extensions"]["stream"]

    async def status(self) -> str:
        """The status that the next message tells, which has no items."""
        items, stream = await self.prices()
        assert items == {}
        told: str = stream["status"]
        return told

    async def rest(self) -> tuple[list[dict[str, Any]], int | None]:
        """All further messages, and the code that the socket is closed with."""
        heard = []
        try:
            while True:
                heard.append(await self._hear())
        except websockets.ConnectionClosed as closed:
            return heard, None if closed.rcvd is None else closed.rcvd.code

    async def _say(self, **message: Any) -> None:
        await self._socket.send(json.dumps(message))

    async def _hear(self) -> dict[str, Any]:
        async with asyncio.timeout(20):
            heard: dict[str, Any] = json.loads(await self._socket.recv())
        return heard


async def test_a_stream_begins_with_what_is_and_goes_on_with_what_comes(market: _Market) -> None:
    """What is published to others is not told."""
    await market.publish(ACME=10.0)
    async with _Socket(market) as socket:
        await socket.subscribe(_QUOTES, symbols=["ACME", "BETA"])
        assert (await socket.prices())[0] == {"ACME": 10.0}
        await market.publish(CORE=5.0)
        await market.publish(BETA=20.0)
        assert (await socket.prices())[0] == {"BETA": 20.0}


async def test_who_comes_back_is_told_what_was_missed(market: _Market) -> None:
    """From the position of the last message that arrived."""
    await market.publish(ACME=10.0, BETA=20.0)
    async with _Socket(market) as socket:
        await socket.subscribe(_QUOTES, symbols=["ACME", "BETA"])
        _, stream = await socket.prices()
    await market.publish(ACME=11.0)
    async with _Socket(market) as socket:
        await socket.subscribe(_QUOTES, {"resumeFrom": stream["id"]}, symbols=["ACME", "BETA"])
        prices, stream = await socket.prices()
        assert prices == {"ACME": 11.0}
        assert not stream.get("reset")


async def test_a_query_is_never_older_than_a_stream(market: _Market) -> None:
    """Within one process, without any position: the event has moved what the query reads."""
    async with _Socket(market) as socket:
        await socket.subscribe(_QUOTES, symbols=["ACME"])
        await socket.prices()
        for number in range(1, 20):
            await market.publish(ACME=float(number))
            told = (await socket.prices())[0]["ACME"]
            answer = await market.gateway.client.post(
                "/graphql", json={"query": '{ quotes(symbols: ["ACME"]) { price } }'}
            )
            assert answer.json()["data"]["quotes"][0]["price"] >= told


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ('subscription { quotes(symbols: ["ZZZZ"]) { price } }', "NOT_FOUND"),
        ("subscription { quotes(symbols: 5) { price } }", "INVALID_OPERATION"),
    ],
)
async def test_what_cannot_be_streamed_is_told(query: str, code: str, market: _Market) -> None:
    """By an error of the operation; the socket stays open."""
    async with _Socket(market) as socket:
        await socket.subscribe(query)
        message = await socket._hear()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == code
        await socket.subscribe(_QUOTES, symbols=["ACME"])
        assert (await socket.prices())[0] == {}


async def test_server_sent_events_carry_the_position(market: _Market) -> None:
    """As their id, by which a browser resumes by itself."""
    await market.publish(ACME=10.0)
    body = {"query": _QUOTES, "variables": {"symbols": ["ACME"]}}
    async with market.gateway.client.stream(
        "POST", "/graphql", json=body, headers={"accept": "text/event-stream"}
    ) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines: list[str] = []
        async for line in answer.aiter_lines():
            lines.append(line)
            if line.startswith("data:") and len(line) > len("data:"):
                break
    told = json.loads(lines[-1].removeprefix("data:"))
    assert told["data"]["quotes"] == [{"price": 10.0, "instrument": {"symbol": "ACME"}}]
    assert f"id: {told['extensions']['stream']['id']}" in lines


async def test_a_database_that_is_away_is_a_status(market: _Market, urls: ServerUrls) -> None:
    """When it goes and when it is back, and what is published then arrives; to who comes meanwhile, too."""
    await market.publish(ACME=10.0)
    async with _Socket(market) as socket, _Socket(market) as later:
        await socket.subscribe(_QUOTES, symbols=["ACME"])
        assert (await socket.prices())[0] == {"ACME": 10.0}
        async with unreachable(urls.database):
            assert await socket.status() == "UNAVAILABLE"
        assert await socket.status() == "LIVE"
        await market.publish(ACME=11.0)
        assert (await socket.prices())[0] == {"ACME": 11.0}
        await later.subscribe(_QUOTES, symbols=["ACME"])
        prices, stream = await later.prices()
        assert prices == {"ACME": 11.0}
        assert "status" not in stream


async def test_a_gateway_that_stops_ends_streams_as_their_transport_does(urls: ServerUrls, pool: Pool) -> None:
    """One after the other, each with its position; no error of the hub comes before that."""
    await instrument(pool, symbol="ACME")
    async with RunningGateway(PATIENT, urls, spread_seconds=0.2) as gateway, AsyncExitStack() as stack:
        market = _Market(gateway)
        await market.publish(ACME=10.0)
        sockets = [await stack.enter_async_context(_Socket(market)) for _ in range(5)]
        positions = []
        for socket in sockets:
            await socket.subscribe(_QUOTES, symbols=["ACME"])
            positions.append((await socket.prices())[1]["id"])
        stopping = asyncio.create_task(gateway.stop())
        for socket, position in zip(sockets, positions, strict=True):
            ping = {"type": "ping", "payload": {"resumeFrom": {"1": position}}}
            assert await socket.rest() == ([ping], 1012)
        await stopping


async def test_the_beat_and_the_outbox_are_settings(urls: ServerUrls, pool: Pool) -> None:
    """An outbox that is too small for one item ends the stream of whoever does not take it."""
    await instrument(pool, symbol="ACME")
    settings = replace(PATIENT, max_outbox_bytes=1, beat_milliseconds=1.0)
    async with RunningGateway(settings, urls) as gateway:
        market = _Market(gateway)
        async with _Socket(market) as socket:
            await socket.subscribe(_QUOTES, symbols=["ACME"])
            assert (await socket.prices())[0] == {}
            await market.publish(ACME=10.0)
            message = await socket._hear()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "TOO_SLOW"
