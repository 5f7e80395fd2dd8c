"""Visits: all that a client does from its connect to its disconnect, politely or not."""

import asyncio
import random
from collections.abc import Coroutine, Mapping
from typing import Any, Final, Protocol
from urllib.parse import urlencode

import orjson

from loadtests.http_client import Connection, get, post
from loadtests.line import Line
from loadtests.published_events import QUOTE_SYMBOLS
from loadtests.stream_clients import Events, Socket

_STREAMS: Final = (
    "subscription { signals { id direction } }",
    'subscription { signals(filter: {symbols: ["SIGNAL1"]}) { id instrument { symbol quote { price } } } }',
    'subscription { candles(symbol: "BARS", interval: M1) { bar { close sma(period: 3) } } }',
    "subscription ($symbols: [String!]!) { quotes(symbols: $symbols) { price instrument { symbol } } }",
    "subscription ($symbols: [String!]!) @throttle(ms: 100) { quotes(symbols: $symbols) { price asOf } }",
)
_QUERY: Final = '{ instrument(symbol: "BARS") { symbol quote { price } } }'
_EVENTS: Final = {"Accept": "text/event-stream"}
_MULTIPART: Final = {"Accept": "multipart/mixed;subscriptionSpec=1.0, application/json"}
_TOKEN: Final = "X-GraphQL-Event-Stream-Token"  # noqa: S105


class Visit(Protocol):
    """What a client does at the gateway on a port of the loopback."""

    __name__: str

    def __call__(self, port: int, chance: random.Random, /) -> Coroutine[Any, Any, None]:
        """
        Comes and goes.

        Raises:
            OSError, asyncio.IncompleteReadError, Gone, Ended: If it is not answered.
        """


def _asked(chance: random.Random) -> dict[str, Any]:
    """A subscription, which may be one that others have too."""
    symbols = chance.sample(QUOTE_SYMBOLS, chance.randint(1, 4))
    return {"query": chance.choice(_STREAMS), "variables": {"symbols": symbols}}


async def polite(port: int, chance: random.Random) -> None:
    """A WebSocket that stops what it has subscribed to, and says goodbye."""
    client = Socket()
    await client.begin(port, _asked(chance), None)
    await client.hear()
    client.complete()
    client.close()
    await asyncio.sleep(0)
    client.abort()


async def cut_off(port: int, chance: random.Random) -> None:
    """A WebSocket that is gone in the midst of its streams, before or after their first messages."""
    client = Socket()
    await client.begin(port, _asked(chance), None)
    for number in range(chance.randint(1, 4)):
        client.ask(_asked(chance), f"more {number}")
    if chance.random() < 0.7:
        await client.hear()
    client.abort()


async def silent(port: int, chance: random.Random) -> None:
    """A WebSocket that says nothing, or no more than that it is there."""
    client = Socket()
    await client.connect(port)
    await client.open(port)
    if chance.random() < 0.5:
        await client.initialise()
    client.abort()


async def coming_back(port: int, chance: random.Random) -> None:
    """Server-sent events that are cut off, and resumed."""
    asked, position = _asked(chance), None
    for _ in range(2):
        client = Events()
        await client.begin(port, asked, position)
        position = (await client.hear())["extensions"]["stream"]["id"]
        client.abort()


async def impatient(port: int, chance: random.Random) -> None:
    """A request for a stream, over one protocol or the other, whose client does not wait for the answer."""
    client = Line()
    await client.connect(port)
    headers = chance.choice((_EVENTS, _MULTIPART))
    if chance.random() < 0.5:
        client.write(post("/graphql", orjson.dumps(_asked(chance)), headers))
    else:
        asked = _asked(chance)
        asked["variables"] = orjson.dumps(asked["variables"]).decode()
        client.write(get(f"/graphql?{urlencode(asked)}", headers))
    if chance.random() < 0.5:
        await client.head()
    client.abort()


async def a_query(port: int, chance: random.Random) -> None:
    """A query whose answer is an event."""
    client = Events()
    await client.begin(port, {"query": _QUERY}, None)
    await client.hear()
    client.abort()


async def one_for_many(port: int, chance: random.Random) -> None:
    """A stream that carries the results of many operations, of which one is stopped."""
    connection, stream = await Connection.open(port), Line()
    _, token = await connection.exchange(_bare("PUT", {}))
    headers = {_TOKEN: token.decode(), **_EVENTS}
    await stream.connect(port)
    for number in range(chance.randint(1, 3)):
        asked = {**_asked(chance), "extensions": {"operationId": f"{number}"}}
        await connection.exchange(post("/graphql", orjson.dumps(asked), headers))
        if not number:
            stream.write(get("/graphql", headers))
            await stream.head()
    await connection.exchange(_bare("DELETE", headers, "?operationId=0"))
    stream.abort()
    connection.close()


async def forgotten(port: int, chance: random.Random) -> None:
    """A stream that is reserved, and asked for something or not, but never opened."""
    connection = await Connection.open(port)
    _, token = await connection.exchange(_bare("PUT", {}))
    if chance.random() < 0.5:
        asked = {**_asked(chance), "extensions": {"operationId": "1"}}
        await connection.exchange(post("/graphql", orjson.dumps(asked), {_TOKEN: token.decode()}))
    connection.close()


def _bare(method: str, headers: dict[str, str], query: str = "") -> bytes:
    return get(f"/graphql{query}", {"Content-Length": "0", **headers}).replace(b"GET", method.encode(), 1)


VISITS: Final[Mapping[Visit, int]] = {
    polite: 20,
    cut_off: 30,
    silent: 10,
    coming_back: 15,
    impatient: 10,
    a_query: 5,
    one_for_many: 8,
    forgotten: 2,
}
"""Each with how often it is paid, of a hundred."""
