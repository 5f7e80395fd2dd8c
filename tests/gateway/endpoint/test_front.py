"""Repeated requests are answered from what was answered before, in every form of HTTP, and only while it is current."""

import gzip
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import pytest
import strawberry
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket

from gateway.endpoint.compression import Compression
from gateway.endpoint.front import Front
from gateway.endpoint.http import GraphQLEndpoint
from gateway.endpoint.http_caching import HTTPCaching, matches
from gateway.endpoint.negotiation import RESPONSE_JSON
from gateway.endpoint.response_cache import Answer, ResponseCache
from resolvers.model.revisions import Revisions
from resolvers.model.trace import Trace
from schema.caching import CacheControl, CacheScope
from tests.servers import RunningApp

_KEPT: dict[str, Any] = {"directives": [CacheControl(max_age=60)]}
_PRIVATE: dict[str, Any] = {"directives": [CacheControl(max_age=60, scope=CacheScope.PRIVATE)]}


@dataclass
class _Shop:
    """What the schema reads, and how often it has."""

    revisions: Revisions = field(default_factory=Revisions)
    prices: dict[str, float] = field(default_factory=lambda: {"pear": 1.5, "fig": 2.0})
    reads: int = 0


@dataclass
class _Context:
    shop: _Shop
    response: Response
    trace: Trace = field(default_factory=Trace)


@strawberry.type
class Query:
    """A few ways to read a price."""

    @strawberry.field(**_KEPT)  # type: ignore[untyped-decorator]
    def price(self, info: strawberry.Info[_Context], of: str) -> float | None:
        """A price, which rests on its subject."""
        shop = info.context.shop
        shop.reads += 1
        info.context.trace.rests_on(of, shop.revisions.of(of))
        if of == "nothing":
            raise ValueError("no such fruit")
        if of == "brief":
            info.context.trace.holds_until(time.time() - 1)
        if of == "cookie":
            info.context.response.set_cookie("a", "b")
        return shop.prices.get(of)

    @strawberry.field(**_KEPT)  # type: ignore[untyped-decorator]
    def names(self, info: strawberry.Info[_Context]) -> list[str]:
        """Something longer."""
        info.context.shop.reads += 1
        return [f"fruit {number}" for number in range(500)]

    @strawberry.field(**_PRIVATE)  # type: ignore[untyped-decorator]
    def mine(self, info: strawberry.Info[_Context]) -> int:
        """What is nobody else's."""
        info.context.shop.reads += 1
        return 1


@strawberry.type
class Mutation:
    """A write."""

    @strawberry.mutation(**_KEPT)  # type: ignore[untyped-decorator]
    def eat(self, info: strawberry.Info[_Context]) -> int:
        """Counts as a read here."""
        info.context.shop.reads += 1
        return info.context.shop.reads


class _Endpoint(GraphQLEndpoint[_Context, None]):
    """Tells what was read."""

    def __init__(self, shop: _Shop) -> None:
        super().__init__(strawberry.Schema(Query, Mutation))
        self._shop = shop

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> _Context:
        """A new trace for each operation."""
        assert isinstance(response, Response)
        return _Context(self._shop, response)

    def trace_of(self, context: _Context) -> Trace:
        """What was read."""
        return context.trace


@dataclass
class _Served:
    client: httpx.AsyncClient
    shop: _Shop
    cache: ResponseCache

    async def post(self, query: str, *, accept: str = "*/*", **more: Any) -> httpx.Response:
        """One operation by POST."""
        headers = {"accept": accept, "content-type": "application/json", **more.pop("headers", {})}
        content = orjson.dumps({"query": query, **more})
        return await self.client.post("/graphql", content=content, headers=headers)

    async def get(self, query: str, **headers: str) -> httpx.Response:
        """One operation by GET."""
        return await self.client.get("/graphql", params={"query": query}, headers=headers)


@pytest.fixture(params=["front", "endpoint"])
async def served(request: pytest.FixtureRequest) -> AsyncIterator[_Served]:
    """The application as it stands, and without the front, whose answers must be the same."""
    shop = _Shop()
    shop.revisions.is_followed = True
    endpoint = _Endpoint(shop)
    cache = endpoint.responses = ResponseCache(shop.revisions, clock=time.time, max_bytes=1_000_000)
    app: Any = Starlette(routes=[Route("/graphql", endpoint)], middleware=[Middleware(Compression, minimum_bytes=1000)])
    if request.param == "front":
        app = Front(app, endpoint, cache, path="/graphql", minimum_bytes=1000)
    async with RunningApp(app) as running:
        yield _Served(running.client, shop, cache)


async def test_a_repeated_request_reads_nothing(served: _Served) -> None:
    """Until what it was made of moves."""
    query = '{ price(of: "pear") }'
    answers = [(await served.post(query)).json() for _ in range(3)]
    assert answers == [{"data": {"price": 1.5}}] * 3
    assert served.shop.reads == 1

    served.shop.prices["pear"] = 1.75
    served.shop.revisions.move("fig", 5)
    assert (await served.post(query)).json() == {"data": {"price": 1.5}}
    served.shop.revisions.move("pear", 5)
    assert (await served.post(query)).json() == {"data": {"price": 1.75}}
    assert served.shop.reads == 2


async def test_equal_operations_are_one_however_they_are_sent(served: _Served) -> None:
    """By GET or POST, with variables in any order, for either media type; others are others."""
    text = "query A($of: String!, $x: Boolean = true) { price(of: $of) @include(if: $x) }"
    one = await served.post(text, variables={"of": "pear", "x": True, "unused": 1}, operationName="A")
    two = await served.post(text, variables={"x": True, "of": "pear"}, accept=RESPONSE_JSON)
    three = await served.client.get("/graphql", params={"query": text, "variables": '{"of":"pear","x":true}'})
    assert one.content == two.content == three.content
    assert two.headers["content-type"] == f"{RESPONSE_JSON}; charset=utf-8"
    assert served.shop.reads == 1

    other = await served.post(text, variables={"of": "fig", "x": True})
    assert other.json() == {"data": {"price": 2.0}}
    assert served.shop.reads == 2


@pytest.mark.parametrize(
    "query",
    [
        '{ price(of: "nothing") }',
        '{ price(of: "cookie") }',
        '{ price(of: "brief") }',
        '{ mine price(of: "pear") }',
        "mutation { eat }",
    ],
)
async def test_what_is_not_for_everybody_is_executed_each_time(query: str, served: _Served) -> None:
    """Errors, cookies, what has changed by itself since, private fields, mutations."""
    for reads in (1, 2, 3):
        await served.post(query)
        assert served.shop.reads >= reads
    assert len(served.cache) == 0


async def test_answers_are_compressed_for_who_asks(served: _Served) -> None:
    """The first time and again; small ones never."""
    for query, is_large in (("{ names }", True), ('{ price(of: "fig") }', False)):
        for _ in range(3):
            plain = await served.post(query, headers={"accept-encoding": "identity"})
            packed = await served.post(query, headers={"accept-encoding": "br, gzip"})
            assert packed.content == plain.content
            assert packed.headers.get("content-encoding") == ("gzip" if is_large else None)
            assert "content-encoding" not in plain.headers
            assert "accept-encoding" in packed.headers["vary"].lower()


async def test_every_request_is_counted_once(served: _Served) -> None:
    """Whether it is answered in front or behind, also where what the front remembers is no longer current."""
    asked = 0
    for step in range(30):
        await served.post('{ price(of: "pear") }' if step % 3 else "{ names }")
        await served.get('{ price(of: "fig") }')
        await served.post('{ price(of: "brief") }')
        # Not asked for there: one's own, and what cannot be executed.
        await served.post("{ mine }")
        await served.post("{ unknown }")
        asked += 3
        if step % 4 == 0:
            served.shop.revisions.move("pear", step)
        if step == 20:
            served.cache.clear()
    counts = served.cache.counts
    assert asked == counts.hits + counts.waits + counts.misses + counts.abandoned
    assert counts.misses == counts.stored + counts.unkept
    assert counts.stored == len(served.cache) + counts.dropped_moved + counts.dropped_in_resets
    # Each kept answer is made as often as it has to be.
    assert (counts.unkept, counts.dropped_moved, counts.dropped_in_resets) == (30, 6, 3)


async def test_a_compressed_answer_is_its_own_length(served: _Served) -> None:
    """As the bytes on the wire have it."""
    for _ in range(2):
        request = served.client.build_request(
            "POST", "/graphql", json={"query": "{ names }"}, headers={"accept-encoding": "gzip"}
        )
        answer = await served.client.send(request, stream=True)
        raw = b"".join([part async for part in answer.aiter_raw()])
        assert int(answer.headers["content-length"]) == len(raw)
        assert len(orjson.loads(gzip.decompress(raw))["data"]["names"]) == 500


async def test_a_browser_is_told_that_nothing_has_changed(served: _Served) -> None:
    """By the tag of the content: an answer that was made anew and is equal counts as equal."""
    query = '{ price(of: "pear") }'
    first = await served.get(query)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "no-cache"

    again = await served.get(query, **{"if-none-match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)

    served.shop.revisions.move("pear", 5)
    assert (await served.get(query, **{"if-none-match": tag})).status_code == 304
    assert served.shop.reads == 2

    served.shop.prices["pear"] = 3.0
    served.shop.revisions.move("pear", 6)
    for _ in range(2):
        changed = await served.get(query, **{"if-none-match": tag})
        assert (changed.status_code, changed.json()) == (200, {"data": {"price": 3.0}})
        assert changed.headers["etag"] != tag


async def test_errors_are_kept_by_nobody(served: _Served) -> None:
    """Neither those of a field nor refusals."""
    for query in ('{ price(of: "nothing") }', "{ unknown }", "mutation { eat }"):
        answer = await served.get(query)
        assert answer.headers["cache-control"] == "no-store", query
        assert "etag" not in answer.headers


async def test_a_condition_means_nothing_to_post(served: _Served) -> None:
    """Its answer is always whole."""
    query = '{ price(of: "pear") }'
    tag = (await served.get(query)).headers["etag"]
    for _ in range(3):
        answer = await served.post(query, headers={"if-none-match": tag})
        assert (answer.status_code, answer.json()) == (200, {"data": {"price": 1.5}})
        assert "etag" not in answer.headers


async def test_each_answer_has_the_id_of_its_request(served: _Served) -> None:
    """Not that of the request whose answer it shares."""
    query = '{ price(of: "pear") }'
    for given in ("one", "two"):
        assert (await served.post(query, headers={"x-request-id": given})).headers["x-request-id"] == given
    ids = {(await served.post(query, headers={"x-request-id": "not one!"})).headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


async def test_a_batch_is_answered_from_what_is_kept(served: _Served) -> None:
    """Operation by operation."""
    await served.post('{ price(of: "pear") }')
    batch = [{"query": '{ price(of: "pear") }'}, {"query": '{ price(of: "fig") }'}]
    for _ in range(2):
        answer = await served.client.post("/graphql", json=batch)
        assert answer.json() == [{"data": {"price": 1.5}}, {"data": {"price": 2.0}}]
    assert served.shop.reads == 2


async def test_what_is_asked_differently_is_answered_differently(served: _Served) -> None:
    """A request that was answered before under another header is not that request."""
    body = orjson.dumps({"query": "{ names }"})
    good = {"content-type": "application/json"}
    assert (await served.client.post("/graphql", content=body, headers=good)).status_code == 200
    for headers, status in (
        ({"content-type": "text/plain"}, 415),
        ({**good, "accept": "text/html"}, 406),
        ({**good, "content-encoding": "gzip"}, 415),
    ):
        assert (await served.client.post("/graphql", content=body, headers=headers)).status_code == status
    assert (await served.client.post("/graphql?query={__typename}", content=body, headers=good)).json()["data"]["names"]
    assert (await served.client.patch("/graphql", content=body, headers=good)).status_code == 405


async def test_a_body_in_pieces_is_answered_too(served: _Served) -> None:
    """As one whose length is not known is sent."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"query": "{ price'
        yield b'(of: \\"pear\\") }"}'

    for _ in range(2):
        answer = await served.client.post("/graphql", content=pieces(), headers={"content-type": "application/json"})
        assert answer.json() == {"data": {"price": 1.5}}


@pytest.mark.parametrize(
    ("condition", "is_match"),
    [
        (b'W/"a"', True),
        (b'"a"', True),
        (b"*", True),
        (b'"b", W/"a"', True),
        (b'"b"', False),
        (b"", False),
        (b"a", False),
    ],
)
def test_tags_are_compared_weakly(condition: bytes, is_match: bool) -> None:
    """As RFC 9110 has it for If-None-Match."""
    assert matches(condition, b'W/"a"') is is_match


def test_a_cache_in_front_answers_only_where_it_was_told_to() -> None:
    """For so many seconds, and a browser never."""
    fields = dict(HTTPCaching(shared_seconds=5).fields(Answer(b"{}")))

    assert fields[b"cache-control"] == b"public, max-age=0, s-maxage=5"
