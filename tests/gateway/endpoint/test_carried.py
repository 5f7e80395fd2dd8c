"""What a schema sets on the response of strawberry's view is part of the answer."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import strawberry
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from gateway.endpoint.http import GraphQLEndpoint
from gateway.endpoint.negotiation import JSON, RESPONSE_JSON
from tests.servers import RunningApp


@strawberry.type
class Query:
    """Fields that leave something on the response."""

    @strawberry.field
    def cookie(self, info: strawberry.Info, name: str) -> str:
        """Sets a cookie."""
        info.context["response"].set_cookie(name, "1")
        return name

    @strawberry.field
    def header(self, info: strawberry.Info, name: str, value: str) -> str:
        """Sets a header."""
        info.context["response"].headers[name] = value
        return value

    @strawberry.field
    def status(self, info: strawberry.Info, code: int) -> int:
        """Sets the status."""
        info.context["response"].status_code = code
        return code

    @strawberry.field
    def later(self, info: strawberry.Info) -> int:
        """Leaves a task that is done when the answer is sent."""
        info.context["response"].background = BackgroundTask(_DONE.set)
        return 1


_DONE = asyncio.Event()


class Tagged(GraphQLEndpoint[dict[str, Any], None]):
    """Sets a header before anything is executed; ``X-Break`` breaks what comes then."""

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> dict[str, Any]:
        """What strawberry's own context holds."""
        assert isinstance(response, Response)
        response.headers["X-Tag"] = "tagged"
        response.status_code = 299
        if "x-break" in request.headers:
            raise RuntimeError("a secret")
        return {"request": request, "response": response}


@pytest.fixture(scope="module")
async def served() -> AsyncIterator[httpx.AsyncClient]:
    """A client of the schema, with strawberry's own context."""
    async with RunningApp(GraphQLEndpoint(strawberry.Schema(Query))) as running:
        yield running.client


async def _post(client: httpx.AsyncClient, query: Any, accept: str = RESPONSE_JSON, **headers: str) -> httpx.Response:
    content = [{"query": one} for one in query] if isinstance(query, list) else {"query": query}
    return await client.post("/", json=content, headers={"accept": accept, **headers})


async def test_headers_and_cookies_are_sent(served: httpx.AsyncClient) -> None:
    """Each cookie on a line of its own, and nothing of it with the next answer."""
    answer = await _post(served, '{ a: cookie(name: "a") b: cookie(name: "b") header(name: "X-Page", value: "2") }')
    assert answer.status_code == 200
    assert answer.headers["x-page"] == "2"
    assert [one.partition(";")[0] for one in answer.headers.get_list("set-cookie")] == ["a=1", "b=1"]
    assert answer.json()["data"] == {"a": "a", "b": "b", "header": "2"}
    assert "set-cookie" not in (await _post(served, "{ __typename }")).headers


@pytest.mark.parametrize("accept", [JSON, RESPONSE_JSON])
async def test_a_status_is_the_answers(accept: str, served: httpx.AsyncClient) -> None:
    """Also 400, which the endpoint itself does not answer under plain JSON."""
    for code in (201, 400, 503):
        answer = await _post(served, f"{{ status(code: {code}) }}", accept)
        assert (answer.status_code, answer.json()) == (code, {"data": {"status": code}})


@pytest.mark.parametrize("code", [100, 204, 205, 304])
async def test_a_status_that_has_no_body_is_not_taken(code: int, served: httpx.AsyncClient) -> None:
    """There is one: the answer."""
    answer = await _post(served, f"{{ status(code: {code}) }}")
    assert (answer.status_code, answer.json()) == (200, {"data": {"status": code}})


@pytest.mark.parametrize("name", ["Content-Type", "content-length", "Transfer-Encoding", "X-Request-ID"])
async def test_headers_of_the_endpoint_stay_its_own(name: str, served: httpx.AsyncClient) -> None:
    """They say how the answer is to be read, and which one it is."""
    query = f'{{ header(name: "{name}", value: "5") }}'
    answer = await _post(served, query, **{"x-request-id": "mine"})
    assert answer.json() == {"data": {"header": "5"}}
    assert answer.headers.get_list("content-type") == [f"{RESPONSE_JSON}; charset=utf-8"]
    assert answer.headers.get_list("content-length") == [str(len(answer.content))]
    assert answer.headers.get_list("x-request-id") == ["mine"]


async def test_what_answers_depend_on_is_added(served: httpx.AsyncClient) -> None:
    """A cache has to know of both."""
    answer = await _post(served, '{ header(name: "Vary", value: "Cookie") }')
    assert answer.headers["vary"] == "Accept, Accept-Encoding, Cookie"


async def test_a_batch_has_one_response(served: httpx.AsyncClient) -> None:
    """As in strawberry's view: cookies of all operations, and of two equal headers or statuses the later one."""
    queries = [
        '{ cookie(name: "a") header(name: "X-Page", value: "1") status(code: 201) }',
        "{",
        '{ cookie(name: "b") header(name: "X-Page", value: "2") status(code: 202) }',
    ]
    answer = await _post(served, queries)
    assert (answer.status_code, answer.headers.get_list("x-page")) == (202, ["2"])
    assert [one.partition(";")[0] for one in answer.headers.get_list("set-cookie")] == ["a=1", "b=1"]


async def test_a_task_for_afterwards_is_done(served: httpx.AsyncClient) -> None:
    """As strawberry has it."""
    assert (await _post(served, "{ later }")).json() == {"data": {"later": 1}}
    async with asyncio.timeout(10):
        await _DONE.wait()


async def test_an_answer_without_data_has_its_own_status() -> None:
    """Its headers are sent all the same; they may be what a proxy counts by."""
    async with RunningApp(Tagged(strawberry.Schema(Query))) as running:
        executed = await _post(running.client, "{ __typename }")
        refused = await _post(running.client, "query ($a: Int!) { status(code: $a) }")
        broken = await _post(running.client, "{ __typename }", **{"x-break": "1"})
    assert [one.status_code for one in (executed, refused, broken)] == [299, 400, 500]
    assert [one.headers["x-tag"] for one in (executed, refused, broken)] == ["tagged"] * 3


async def test_a_response_of_an_application_is_taken() -> None:
    """From strawberry's own hook."""

    class Own(GraphQLEndpoint[Any, None]):
        async def get_sub_response(self, request: Request | WebSocket) -> Response:
            return Response(status_code=202, headers={"X-Own": "1"})

    async with RunningApp(Own(strawberry.Schema(Query))) as running:
        answer = await _post(running.client, "{ __typename }")
    assert (answer.status_code, answer.headers["x-own"]) == (202, "1")
