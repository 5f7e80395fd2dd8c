"""A small schema, and how it is asked."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import strawberry
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.extensions import SchemaExtension
from strawberry.scalars import JSON as ANYTHING

from gateway.endpoint.http import GraphQLEndpoint
from gateway.endpoint.negotiation import JSON, RESPONSE_JSON
from resolvers.errors import NotFound

MAX_BODY, MAX_BATCH = 2_000, 3
HELLO = {"query": "{ hello }"}


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    def hello(self, name: str = "you") -> str:
        """A greeting."""
        return f"hello {name}"

    @strawberry.field
    def context(self, info: strawberry.Info) -> int:
        """The number of the operation's context."""
        number: int = info.context["number"]
        return number

    @strawberry.field
    def broken(self) -> str | None:
        """Fails in a way that nobody foresaw."""
        raise RuntimeError("a secret")

    @strawberry.field
    def missing(self) -> str | None:
        """Fails in a way that a client can cause."""
        raise NotFound("no such thing")

    @strawberry.field
    def anything(self) -> ANYTHING:
        """What JSON cannot hold."""
        return object()  # type: ignore[return-value]


@strawberry.type
class Mutation:
    """What can be changed."""

    @strawberry.mutation
    def add(self, a: int, b: int) -> int:
        """A sum."""
        return a + b


@strawberry.type
class Subscription:
    """What can be followed."""

    @strawberry.subscription
    async def ticks(self) -> AsyncIterator[int]:
        """Numbers."""
        yield 1


class Counted(SchemaExtension):
    """Says in each answer that it ran."""

    def get_results(self) -> dict[str, Any]:
        """What it says."""
        return {"counted": True}


class Failing(SchemaExtension):
    """Fails before anything is executed."""

    def on_operation(self) -> Any:
        """Nothing comes of it."""
        raise RuntimeError("a secret")


class Numbered(GraphQLEndpoint[dict[str, int], None]):
    """Counts its contexts; the header ``X-Break`` breaks the next one."""

    contexts = 0

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> dict[str, int]:
        """The next number."""
        self.contexts += 1
        if "x-break" in request.headers:
            raise RuntimeError("a secret")
        return {"number": self.contexts}


def small_endpoint(*extensions: type[SchemaExtension]) -> Numbered:
    """The schema, with extensions or without."""
    schema = strawberry.Schema(Query, Mutation, Subscription, extensions=extensions)
    return Numbered(schema, max_body_bytes=MAX_BODY, max_batch=MAX_BATCH)


async def post(client: httpx.AsyncClient, content: Any, accept: str = RESPONSE_JSON, **headers: str) -> httpx.Response:
    """What JSON that is posted is answered."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post("/", json=content, headers={"accept": accept, **named})


def one_error(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, code and message of an answer that has one error and nothing else."""
    assert answer.headers["content-type"] in (f"{JSON}; charset=utf-8", f"{RESPONSE_JSON}; charset=utf-8")
    body = answer.json()
    assert list(body) == ["errors"]
    (error,) = body["errors"]
    return answer.status_code, error["extensions"]["code"], error["message"]
