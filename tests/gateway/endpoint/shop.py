"""A small schema whose answers may be kept, behind real uvicorn."""

import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
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
from gateway.endpoint.response_cache import ResponseCache
from resolvers.model.revisions import Revisions
from resolvers.model.trace import Trace
from schema.caching import CacheControl, CacheScope
from tests.servers import RunningApp

_KEPT: dict[str, Any] = {"directives": [CacheControl(max_age=60)]}
_PRIVATE: dict[str, Any] = {"directives": [CacheControl(max_age=60, scope=CacheScope.PRIVATE)]}


@dataclass
class Shop:
    """What the schema reads, and how often it has."""

    revisions: Revisions = field(default_factory=Revisions)
    prices: dict[str, float] = field(default_factory=lambda: {"pear": 1.5, "fig": 2.0})
    reads: int = 0


@dataclass
class ShopContext:
    shop: Shop
    response: Response
    trace: Trace = field(default_factory=Trace)


@strawberry.type
class Query:
    """A few ways to read a price."""

    @strawberry.field(**_KEPT)  # type: ignore[untyped-decorator]
    def price(self, info: strawberry.Info[ShopContext], of: str) -> float | None:
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
    def names(self, info: strawberry.Info[ShopContext]) -> list[str]:
        """Something longer."""
        info.context.shop.reads += 1
        return [f"fruit {number}" for number in range(500)]

    @strawberry.field(**_PRIVATE)  # type: ignore[untyped-decorator]
    def mine(self, info: strawberry.Info[ShopContext]) -> int:
        """What is nobody else's."""
        info.context.shop.reads += 1
        return 1


@strawberry.type
class Mutation:
    """A write."""

    @strawberry.mutation(**_KEPT)  # type: ignore[untyped-decorator]
    def eat(self, info: strawberry.Info[ShopContext]) -> int:
        """Counts as a read here."""
        info.context.shop.reads += 1
        return info.context.shop.reads


class ShopEndpoint(GraphQLEndpoint[ShopContext, None]):
    """Tells what was read."""

    def __init__(self, shop: Shop, minimum_bytes: int | None) -> None:
        super().__init__(strawberry.Schema(Query, Mutation), minimum_bytes=minimum_bytes)
        self._shop = shop

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> ShopContext:
        """A new trace for each operation."""
        assert isinstance(response, Response)
        return ShopContext(self._shop, response)

    def trace_of(self, context: ShopContext) -> Trace:
        """What was read."""
        return context.trace


@dataclass
class Served:
    client: httpx.AsyncClient
    shop: Shop
    cache: ResponseCache
    stop: Callable[[], Coroutine[Any, Any, None]]

    async def post(self, query: str, *, accept: str = "*/*", **more: Any) -> httpx.Response:
        """One operation by POST."""
        headers = {"accept": accept, "content-type": "application/json", **more.pop("headers", {})}
        content = orjson.dumps({"query": query, **more})
        return await self.client.post("/graphql", content=content, headers=headers)

    async def get(self, query: str, **headers: str) -> httpx.Response:
        """One operation by GET."""
        return await self.client.get("/graphql", params={"query": query}, headers=headers)


@asynccontextmanager
async def running_shop(*, has_front: bool = True) -> AsyncIterator[Served]:
    """The application as it stands, or without the front, whose answers must be the same."""
    shop = Shop()
    shop.revisions.is_followed = True
    endpoint = ShopEndpoint(shop, minimum_bytes=1000 if has_front else None)
    cache = endpoint.responses = ResponseCache(shop.revisions, clock=time.time, max_bytes=1_000_000)
    app: Any = Starlette(routes=[Route("/graphql", endpoint)], middleware=[Middleware(Compression, minimum_bytes=1000)])
    if has_front:
        app = Front(app, endpoint, endpoint, cache, path="/graphql", minimum_bytes=1000)
    async with RunningApp(app) as running:
        yield Served(running.client, shop, cache, running.stop)
