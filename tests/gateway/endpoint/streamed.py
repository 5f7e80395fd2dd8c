"""A schema that streams, and a client that speaks graphql-transport-ws word by word."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

import httpx
import strawberry
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.extensions import SchemaExtension
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from gateway.endpoint.http import GraphQLEndpoint
from gateway.endpoint.negotiation import EVENT_STREAM
from gateway.endpoint.transport_ws import SUBPROTOCOL
from resolvers.errors import NotFound
from tests.servers import RunningApp

Context = dict[str, Any]
Info = strawberry.Info[Context, None]


class Gates:
    """What resolvers wait for, and what they have noted."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.reached = asyncio.Event()
        self.noted: list[str] = []


@strawberry.type
class Reading:
    """What one event was executed with."""

    number: int

    @strawberry.field
    def context(self, info: Info) -> int:
        """The number of the context."""
        number: int = info.context["number"]
        return number

    @strawberry.field
    def loader_context(self, info: Info) -> int:
        """The same from another resolver, which must agree."""
        number: int = info.context["number"]
        return number


@strawberry.type
class Query:
    """One field that answers, and some that do not."""

    @strawberry.field
    def hello(self, name: str = "you") -> str:
        """A greeting."""
        return f"hello {name}"

    @strawberry.field
    def secret(self) -> str | None:
        """Fails as nobody foresaw."""
        raise RuntimeError("a secret")

    @strawberry.field
    def missing(self) -> str | None:
        """Fails as foreseen."""
        raise NotFound("no instrument ZZZZ")

    @strawberry.field
    async def held(self, info: Info) -> str:
        """Answers when the gate is opened."""
        gates: Gates = info.context["gates"]
        gates.reached.set()
        try:
            await gates.open.wait()
        except asyncio.CancelledError:
            gates.noted.append("cancelled")
            raise
        return "held"


@strawberry.type
class Mutation:
    """One field that writes."""

    @strawberry.mutation
    async def write(self, info: Info) -> str:
        """Writes when the gate is opened."""
        gates: Gates = info.context["gates"]
        gates.reached.set()
        await gates.open.wait()
        gates.noted.append("written")
        return "written"

    @strawberry.mutation
    def add(self, one: int, other: int) -> int:
        """A sum."""
        return one + other


@strawberry.type
class Subscription:
    """Streams that end, fail, wait, or never stop."""

    @strawberry.subscription
    async def count(self, to: int) -> AsyncGenerator[int, None]:
        """Numbers from 1 on."""
        for number in range(1, to + 1):
            yield number

    @strawberry.subscription
    async def readings(self, info: Info, to: int = 2) -> AsyncGenerator[Reading, None]:
        """Readings, whose first context is that of the operation."""
        for _ in range(to):
            yield Reading(number=info.context["number"])

    @strawberry.subscription
    async def breaking(self, foreseen: bool) -> AsyncGenerator[int, None]:
        """One number, and an error."""
        yield 1
        raise NotFound("no instrument ZZZZ") if foreseen else RuntimeError("a secret")

    @strawberry.subscription
    async def failing(self) -> AsyncGenerator[str | None, None]:
        """An event whose field fails, and one that is good."""
        yield "bad"
        yield "good"

    @strawberry.subscription
    async def waiting(self, info: Info) -> AsyncGenerator[int, None]:
        """A number at once, and the next one when the gate is opened."""
        gates: Gates = info.context["gates"]
        try:
            yield 1
            gates.reached.set()
            await gates.open.wait()
            yield 2
        finally:
            gates.noted.append("closed")

    @strawberry.subscription
    async def flood(self, size: int) -> AsyncGenerator[str, None]:
        """Texts of a size, without end."""
        while True:
            yield "x" * size
            await asyncio.sleep(0)

    @strawberry.subscription
    async def large(self, info: Info, size: int) -> AsyncGenerator[str, None]:
        """One text of a size, and nothing more until the gate is opened."""
        gates: Gates = info.context["gates"]
        yield "x" * size
        gates.noted.append("sent")
        await gates.open.wait()


class Counted(SchemaExtension):
    """Says in each answer that it ran."""

    def get_results(self) -> dict[str, Any]:
        """What it says."""
        return {"counted": True}


class Streaming(GraphQLEndpoint[Context, None]):
    """Numbers its contexts."""

    contexts = 0

    def __init__(self, *extensions: type[SchemaExtension], **options: Any) -> None:
        super().__init__(strawberry.Schema(Query, Mutation, Subscription, extensions=extensions), **options)
        self.gates = Gates()

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """The next number."""
        self.contexts += 1
        return {"number": self.contexts, "gates": self.gates}


class Talk:
    """A client that says what it is told to, and notes what it hears."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def say(self, **message: Any) -> None:
        """Sends a message."""
        await self.socket.send(json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        """The next message."""
        async with asyncio.timeout(10):
            text = await self.socket.recv()
        assert isinstance(text, str), "messages are text frames"
        message: dict[str, Any] = json.loads(text)
        return message

    async def begin(self) -> Self:
        """Initialises the connection."""
        await self.say(type="connection_init")
        assert await self.hear() == {"type": "connection_ack"}
        return self

    async def ask(self, query: str, id_: str = "1", **payload: Any) -> None:
        """Asks for an operation."""
        await self.say(id=id_, type="subscribe", payload={"query": query, **payload})

    async def all(self, query: str, id_: str = "1", **payload: Any) -> list[tuple[str, Any]]:
        """What becomes of an operation: the type and the payload of each of its messages."""
        await self.ask(query, id_, **payload)
        return await self.rest(id_)

    async def rest(self, id_: str = "1") -> list[tuple[str, Any]]:
        """The messages of an operation to its end."""
        heard: list[tuple[str, Any]] = []
        while not heard or heard[-1][0] == "next":
            message = await self.hear()
            assert message["id"] == id_
            heard.append((message["type"], message.get("payload")))
        return heard

    async def closed(self) -> tuple[int | None, str | None]:
        """Code and reason of the close, once whatever was sent before it has been read."""
        async with asyncio.timeout(10):
            try:
                while True:
                    await self.socket.recv()
            except ConnectionClosed as closed:
                return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (None, None)


def socket_url(running: RunningApp, path: str = "/") -> str:
    """Where the application's WebSocket is."""
    return str(running.client.base_url).rstrip("/").replace("http", "ws", 1) + path


@asynccontextmanager
async def talking(running: RunningApp, *, begun: bool = True, path: str = "/", **options: Any) -> AsyncIterator[Talk]:
    """A connection to the application."""
    options.setdefault("subprotocols", [SUBPROTOCOL])
    async with connect(socket_url(running, path), **options) as socket:
        talk = Talk(socket)
        yield await talk.begin() if begun else talk


@asynccontextmanager
async def events(
    client: httpx.AsyncClient, query: str, accept: str = EVENT_STREAM, *, method: str = "POST", **options: Any
) -> AsyncIterator[httpx.Response]:
    """An answer that stays open."""
    asked = {"query": query, **options.pop("payload", {})}
    parts: dict[str, Any] = {"json": asked} if method == "POST" else {"params": asked}
    headers = {"accept": accept, **options.pop("headers", {})}
    async with client.stream(method, "/", headers=headers, **parts, **options) as answer:
        yield answer


async def parts_of(answer: httpx.Response, separator: str = "\n\n") -> AsyncIterator[str]:
    """What an answer consists of, part by part, as they come."""
    text = ""
    async with asyncio.timeout(20):
        async for chunk in answer.aiter_text():
            *whole, text = (text + chunk).split(separator)
            for one in whole:
                yield one
    assert not text, text


async def until(is_so: Callable[[], bool]) -> None:
    """Returns when something has come about elsewhere."""
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
