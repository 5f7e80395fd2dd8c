"""What nobody foresaw, and what an extension does to an answer."""

import logging
from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.endpoint.negotiation import JSON, RESPONSE_JSON
from gateway.endpoint.requests import HTTPError
from schema.errors import MASKED, client_error
from tests.gateway.endpoint.small import HELLO, Counted, Failing, one_error, post, small_endpoint
from tests.servers import RunningApp


@pytest.fixture(scope="module", params=[(), (Counted,)], ids=["plain", "extended"])
async def served(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the schema, without and with an extension."""
    async with RunningApp(small_endpoint(*request.param)) as running:
        yield running.client


async def test_a_refusal_goes_through_the_one_mapping_of_errors(served: httpx.AsyncClient) -> None:
    """So every transport can say it in the same words."""
    refused = HTTPError(413, "BODY_TOO_LARGE", "expected, found", {"Connection": "close"}, maximum=1)
    assert client_error(refused).formatted == {
        "message": "expected, found",
        "extensions": {"code": "BODY_TOO_LARGE", "maximum": 1},
    }
    answer = await served.post("/", content=b"5", headers={"content-type": JSON})
    assert answer.json()["errors"] == [
        {"message": "a JSON object was expected, was a number", "extensions": {"code": "BAD_REQUEST"}}
    ]


async def test_what_nobody_foresaw_is_masked_and_logged_once(
    served: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """With the id of the request, which the answer has too; a client's own mistake is not logged."""
    with caplog.at_level(logging.INFO):
        answer = await post(served, {"query": "{ broken missing hello }"}, x_request_id="my-request.1")
    assert (answer.status_code, answer.headers["x-request-id"]) == (200, "my-request.1")
    assert answer.json()["data"] == {"broken": None, "missing": None, "hello": "hello you"}
    shown = {one["path"][0]: (one["message"], one["extensions"]) for one in answer.json()["errors"]}
    assert shown == {
        "broken": (MASKED, {"code": "INTERNAL", "requestId": "my-request.1"}),
        "missing": ("no such thing", {"code": "NOT_FOUND"}),
    }
    (record,) = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert record.getMessage() == "unforeseen error at ['broken'] of request my-request.1"
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "a secret"


@pytest.mark.parametrize("accept", [JSON, RESPONSE_JSON])
@pytest.mark.parametrize(
    ("asked", "headers"), [({"query": "{ anything }"}, {}), (HELLO, {"x_break": "1"})], ids=["answer", "context"]
)
async def test_what_fails_outside_of_any_field_is_status_500(
    asked: dict[str, str],
    headers: dict[str, str],
    accept: str,
    served: httpx.AsyncClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In JSON, masked, and logged once."""
    answer = await post(served, asked, accept, **headers)
    assert one_error(answer) == (500, "INTERNAL", MASKED)
    assert answer.json()["errors"][0]["extensions"]["requestId"] == answer.headers["x-request-id"]
    (record,) = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert answer.headers["x-request-id"] in record.getMessage()


async def test_an_extension_that_fails_is_status_500(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing of it reaches the client."""
    async with RunningApp(small_endpoint(Failing)) as running:
        assert one_error(await post(running.client, HELLO)) == (500, "INTERNAL", MASKED)
    assert len([one for one in caplog.records if one.levelno >= logging.WARNING]) == 1


async def test_extensions_of_a_schema_run() -> None:
    """What they say is in the answer."""
    async with RunningApp(small_endpoint(Counted)) as running:
        answer = (await post(running.client, HELLO)).json()
    assert answer == {"data": {"hello": "hello you"}, "extensions": {"counted": True}}
