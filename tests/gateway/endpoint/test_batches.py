"""Several operations in one request."""

from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.endpoint.negotiation import JSON
from tests.gateway.endpoint.small import HELLO, MAX_BATCH, Counted, one_error, post, small_endpoint
from tests.servers import RunningApp


@pytest.fixture(scope="module", params=[(), (Counted,)], ids=["plain", "extended"])
async def served(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the schema, without and with an extension."""
    async with RunningApp(small_endpoint(*request.param)) as running:
        yield running.client


async def test_a_batch_is_answered_in_its_order(served: httpx.AsyncClient) -> None:
    """Each operation stands alone: a mistake is its own, and so is the context."""
    asked = [{"query": "{ context }"}, {"query": "{ context }"}]
    first, second = (one["data"]["context"] for one in (await post(served, asked)).json())
    assert first != second
    answer = await post(served, [{"query": "{"}, 5, HELLO])
    syntax, number, hello = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (200, f"{JSON}; charset=utf-8")
    assert syntax["errors"][0]["extensions"]["code"] == "SYNTAX_ERROR"
    assert number["errors"][0]["message"] == "a JSON object was expected, was a number"
    assert "data" not in syntax
    assert "data" not in number
    assert hello["data"] == {"hello": "hello you"}


async def test_what_fails_in_a_batch_fails_alone(served: httpx.AsyncClient) -> None:
    """Also what nobody foresaw, and what has no JSON."""
    asked = [{"query": "{ broken }"}, {"query": "{ anything }"}, HELLO]
    broken, anything, hello = (await post(served, asked)).json()
    assert broken["data"] == {"broken": None}
    assert anything["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert hello["data"] == {"hello": "hello you"}


async def test_a_batch_has_a_limit(served: httpx.AsyncClient) -> None:
    """Which the refusal names."""
    assert len((await post(served, [HELLO] * MAX_BATCH)).json()) == MAX_BATCH
    answer = await post(served, [HELLO] * (MAX_BATCH + 1))
    assert one_error(answer) == (400, "LIMIT_EXCEEDED", "the batch has 4 operations, the limit max_batch is 3")
    assert answer.json()["errors"][0]["extensions"] == {
        "code": "LIMIT_EXCEEDED",
        "limit": "max_batch",
        "maximum": 3,
        "found": 4,
    }
