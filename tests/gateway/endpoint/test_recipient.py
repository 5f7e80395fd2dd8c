"""A client that goes away: its queries are stopped, its mutations are not, and nobody hears of it."""

import asyncio
import gc
import json
import logging
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import strawberry
from strawberry.extensions import SchemaExtension

from gateway.config import ServerUrls
from gateway.endpoint.http import GraphQLEndpoint
from gateway.endpoint.recipient import Gone, Recipient
from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool
from tests.bars import instrument, spaced, store
from tests.resolvers.storage.gates import blocked, held
from tests.servers import RunningApp, RunningGateway

_LIMIT_SECONDS = 20


class Work:
    """Fields that run until the gate is opened, and note how they begin and end."""

    def __init__(self) -> None:
        self.noted: list[str] = []
        self.gate = asyncio.Event()
        self._news = asyncio.Event()

    async def run(self, name: str) -> str:
        """The name, when the gate is open."""
        self._note(f"{name} begun")
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self._note(f"{name} stopped")
            raise
        self._note(f"{name} done")
        return name

    def _note(self, what: str) -> None:
        self.noted.append(what)
        self._news.set()

    async def has(self, *what: str) -> None:
        """Waits until all of it was noted."""
        async with asyncio.timeout(_LIMIT_SECONDS):
            while not set(what) <= set(self.noted):
                self._news.clear()
                await self._news.wait()


@strawberry.type
class Query:
    """What can be read."""

    @strawberry.field
    async def read(self, info: strawberry.Info, name: str) -> str:
        """Takes its time."""
        return await _work(info).run(name)


@strawberry.type
class Mutation:
    """What can be changed."""

    @strawberry.mutation
    async def write(self, info: strawberry.Info, name: str) -> str:
        """Takes its time."""
        return await _work(info).run(name)


def _work(info: strawberry.Info) -> Work:
    work: Work = info.context["request"].app.work
    return work


class App:
    """The endpoint, with its work in the scope."""

    def __init__(self, *extensions: type[SchemaExtension]) -> None:
        self.work = Work()
        self._endpoint: GraphQLEndpoint[Any, None] = GraphQLEndpoint(
            strawberry.Schema(Query, Mutation, extensions=extensions)
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers."""
        await self._endpoint({**scope, "app": self}, receive, send)


class Extension(SchemaExtension):
    """Leaves the execution to strawberry."""


@pytest.fixture(params=[(), (Extension,)], ids=["plain", "extended"])
async def app(request: pytest.FixtureRequest) -> App:
    """The endpoint, without and with an extension."""
    return App(*request.param)


@pytest.fixture
async def served(app: App, caplog: pytest.LogCaptureFixture) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it; at the end nothing may have been logged."""
    with caplog.at_level(logging.WARNING):
        async with RunningApp(app) as running:
            yield running.client
            app.work.gate.set()
            gc.collect()
    assert caplog.records == []


async def _asked(client: httpx.AsyncClient, content: Any, path: str = "/") -> asyncio.StreamWriter:
    """The connection of a client that has sent its request; it has not read the answer."""
    _, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    body = json.dumps(content).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    if content is None:
        head, body = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n", b""
    writer.write(head.encode() + body)
    await writer.drain()
    return writer


async def _leave(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_query_is_stopped(method: str, app: App, served: httpx.AsyncClient) -> None:
    """Each of its fields."""
    query = '{ a: read(name: "a") b: read(name: "b") }'
    asked = {"content": {"query": query}} if method == "POST" else {"content": None, "path": f"/?query={quote(query)}"}
    writer = await _asked(served, **asked)
    await app.work.has("a begun", "b begun")
    await _leave(writer)
    await app.work.has("a stopped", "b stopped")


async def test_a_mutation_is_finished(app: App, served: httpx.AsyncClient) -> None:
    """What was accepted is done; a query of a client that left later is stopped before."""
    writer = await _asked(served, {"query": 'mutation { write(name: "a") }'})
    await app.work.has("a begun")
    await _leave(writer)
    writer = await _asked(served, {"query": '{ read(name: "b") }'})
    await app.work.has("b begun")
    await _leave(writer)
    await app.work.has("b stopped")
    app.work.gate.set()
    await app.work.has("a done")
    assert "a stopped" not in app.work.noted


async def test_of_a_batch_the_queries_are_stopped(app: App, served: httpx.AsyncClient) -> None:
    """And the mutations finished."""
    batch = [{"query": '{ read(name: "a") }'}, {"query": 'mutation { write(name: "b") }'}, {"query": "{ __typename }"}]
    writer = await _asked(served, batch)
    await app.work.has("a begun", "b begun")
    await _leave(writer)
    await app.work.has("a stopped")
    app.work.gate.set()
    await app.work.has("b done")


async def test_who_waits_gets_the_answer(app: App, served: httpx.AsyncClient) -> None:
    """However many others go away, and on one connection again and again."""
    waiting = asyncio.create_task(served.post("/", json={"query": '{ read(name: "a") }'}))
    writer = await _asked(served, {"query": '{ read(name: "b") }'})
    await app.work.has("a begun", "b begun")
    await _leave(writer)
    await app.work.has("b stopped")
    app.work.gate.set()
    assert (await waiting).json() == {"data": {"read": "a"}}
    assert (await served.post("/", json={"query": '{ read(name: "c") }'})).json() == {"data": {"read": "c"}}


async def test_the_servers_end_is_not_the_clients() -> None:
    """A cancellation by somebody else stays one, also when the client goes away in that moment."""
    for leaves in (False, True):
        work, gone, listened = Work(), asyncio.Event(), asyncio.Event()

        async def receive(gone: asyncio.Event = gone, listened: asyncio.Event = listened) -> dict[str, str]:
            listened.set()
            await gone.wait()
            return {"type": "http.disconnect"}

        recipient = Recipient(receive)
        task = asyncio.create_task(recipient.while_waiting(work.run("a")))
        await asyncio.wait_for(listened.wait(), _LIMIT_SECONDS)
        if leaves:
            gone.set()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert work.noted == ["a begun", "a stopped"]


async def test_nothing_begins_for_who_is_gone() -> None:
    """As the next query of a batch."""

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    work, recipient = Work(), Recipient(receive)
    with pytest.raises(Gone):
        await recipient.while_waiting(work.run("a"))
    assert recipient.is_gone
    with pytest.raises(Gone):
        await recipient.while_waiting(work.run("b"))
    assert work.noted == ["a begun", "a stopped"]


_READS = {
    "instrument": ("instruments", '{ instrument(symbol: "ACME") { symbol } }'),
    "page": ("instruments", "{ instruments { totalCount nodes { symbol } } }"),
    "window": ("candles", '{ candles(symbol: "ACME", interval: H1, last: 3) { columns { close } } }'),
    "two": (
        "candles",
        '{ a: candles(symbol: "ACME", interval: H1) { count } candles(symbol: "ACME", interval: D1) { count } }',
    ),
}


@pytest.mark.parametrize("read", _READS)
async def test_its_statement_is_stopped(
    read: str, gateway: RunningGateway, pool: Pool, urls: ServerUrls, caplog: pytest.LogCaptureFixture
) -> None:
    """In PostgreSQL too, whether it is a loader's or not; nothing is logged, and the connection is good."""
    await store(pool, await instrument(pool), Interval.H1, spaced(30, Interval.H1))
    table, query = _READS[read]
    with caplog.at_level(logging.WARNING):
        async with asyncio.timeout(_LIMIT_SECONDS), held(urls.database, f"LOCK TABLE {table}"):
            for _ in range(12):  # more than there are connections
                writer = await _asked(gateway.client, {"query": query}, "/graphql")
                await blocked(pool)
                await _leave(writer)
                await blocked(pool, count=0, at_most=0)
        assert "errors" not in await gateway.answer(query)
        gc.collect()
    assert caplog.records == []
