"""GraphQL over HTTP on small schemas behind real uvicorn: what the audits of the specification leave out."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from gateway.endpoint.negotiation import JSON, RESPONSE_JSON
from tests.gateway.endpoint.small import HELLO, Counted, one_error, post, small_endpoint
from tests.servers import RunningApp


@pytest.fixture(scope="module", params=[(), (Counted,)], ids=["plain", "extended"])
async def served(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the schema, without and with an extension."""
    async with RunningApp(small_endpoint(*request.param)) as running:
        yield running.client


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (RESPONSE_JSON, RESPONSE_JSON),
        (JSON, JSON),
        ("Application/GraphQL-Response+JSON", RESPONSE_JSON),
        (f"{RESPONSE_JSON};q=0.4, {JSON};q=0.5", JSON),
        (f"text/html, {RESPONSE_JSON}; charset=utf-8;q=0.9", RESPONSE_JSON),
        ("*/*", JSON),
    ],
)
async def test_the_answer_is_of_the_type_that_is_asked_for(accept: str, kind: str, served: httpx.AsyncClient) -> None:
    """And caches are told that it depends on the header."""
    answer = await post(served, HELLO, accept)
    assert (answer.status_code, answer.json()["data"]) == (200, {"hello": "hello you"})
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
    assert answer.headers["vary"] == "Accept, Accept-Encoding"


async def test_types_in_several_header_lines_are_one_list(served: httpx.AsyncClient) -> None:
    """As HTTP has it."""
    headers = [("accept", "text/html"), ("accept", RESPONSE_JSON)]
    answer = await served.post("/", json=HELLO, headers=headers)
    assert answer.headers["content-type"] == f"{RESPONSE_JSON}; charset=utf-8"


@pytest.mark.parametrize("accept", ["text/html", "application/jsonp", f"{JSON};q=0", "application/graphql+json"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_other_types_are_not_acceptable(method: str, accept: str, served: httpx.AsyncClient) -> None:
    """Which is said in JSON, because something has to be."""
    answer = await served.request(method, "/", params=HELLO, json=HELLO, headers={"accept": accept})
    assert answer.headers["content-type"] == f"{JSON}; charset=utf-8"
    status, code, message = one_error(answer)
    assert (status, code) == (406, "NOT_ACCEPTABLE")
    assert message.endswith(f"Accept was {accept}")


@pytest.mark.parametrize("method", ["PATCH", "QUERY", "TRACE"])
async def test_other_methods_are_not_allowed(method: str, served: httpx.AsyncClient) -> None:
    """The answer names those that are."""
    answer = await served.request(method, "/", json=HELLO)
    assert one_error(answer)[:2] == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, POST, PUT"


async def test_options_are_told(served: httpx.AsyncClient) -> None:
    """Without an operation, and whatever is accepted."""
    answer = await served.options("/", headers={"accept": "text/html"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, POST, PUT"


async def test_head_is_get_without_a_body(served: httpx.AsyncClient) -> None:
    """With the same headers."""
    got, asked = await served.get("/", params=HELLO), await served.head("/", params=HELLO)
    assert asked.content == b""
    for name in ("content-type", "content-length", "vary"):
        assert asked.headers[name] == got.headers[name]
    assert (await served.head("/")).status_code == 400


async def test_a_mutation_needs_post(served: httpx.AsyncClient) -> None:
    """Whatever else the document holds."""
    query = "query A { hello } mutation B { add(a: 1, b: 2) }"
    for accept in (JSON, RESPONSE_JSON):
        headers = {"accept": accept}
        refused = await served.get("/", params={"query": query, "operationName": "B"}, headers=headers)
        assert one_error(refused) == (405, "METHOD_NOT_ALLOWED", "a mutation needs POST, was GET")
        assert refused.headers["allow"] == "POST"
    read = await served.get("/", params={"query": query, "operationName": "A"})
    written = await post(served, {"query": query, "operationName": "B"})
    assert [read.json()["data"], written.json()["data"]] == [{"hello": "hello you"}, {"add": 3}]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_subscription_needs_a_transport_that_streams(method: str, served: httpx.AsyncClient) -> None:
    """The answer names those."""
    asked = {"query": "subscription { ticks }"}
    parts: dict[str, Any] = {"params": asked} if method == "GET" else {"json": asked}
    answer = await served.request(method, "/", headers={"accept": RESPONSE_JSON}, **parts)
    status, code, message = one_error(answer)
    assert (status, code) == (400, "TRANSPORT_NOT_SUPPORTED")
    for transport in ("graphql-transport-ws", "text/event-stream (graphql-sse)", "multipart/mixed"):
        assert transport in message


@pytest.mark.parametrize(
    "asked",
    [
        {"query": "{"},
        {"query": "{ nope }"},
        {"query": "query ($name: String!) { hello(name: $name) }"},
        {"query": "query ($name: String) { hello(name: $name) }", "variables": {"name": 5}},
        {"query": "query A { hello } query B { hello }"},
        {"query": "query A { hello }", "operationName": "B"},
        {"query": "fragment F on Query { hello }"},
    ],
)
async def test_a_refused_operation_has_no_data(asked: dict[str, Any], served: httpx.AsyncClient) -> None:
    """Status 400 where the type says that the answer is GraphQL, 200 under plain JSON."""
    answers = [await post(served, asked, accept) for accept in (RESPONSE_JSON, JSON)]
    assert [one.status_code for one in answers] == [400, 200]
    assert answers[0].json() == answers[1].json()
    assert list(answers[0].json()) == ["errors"]


@pytest.mark.parametrize(
    "asked",
    [
        {"query": "query A { hello }"},
        {"query": "query A { hello }", "operationName": ""},
        {"query": "query A { hello }", "operationName": None},
        {"query": "query A { hello }", "operationName": "A"},
        {"query": "query A { hello } query B { context }", "operationName": "A"},
        {"query": "{ hello }", "operationName": None, "variables": None, "extensions": None},
        {"query": "{ hello }", "unknown": 1, "variables": {"unknown": 2}},
    ],
)
async def test_what_is_optional_may_be_null_or_absent(asked: dict[str, Any], served: httpx.AsyncClient) -> None:
    """An empty name is none, as it is in a URL."""
    assert (await post(served, asked)).json()["data"] == {"hello": "hello you"}


async def test_empty_parameters_of_a_url_are_none(served: httpx.AsyncClient) -> None:
    """As the specification has it; there, null is a name like others."""
    empty = {**HELLO, "operationName": "", "variables": "", "extensions": ""}
    assert (await served.get("/", params=empty)).json()["data"] == {"hello": "hello you"}
    named = {"query": "query null { hello }", "operationName": "null", "variables": "null"}
    assert (await served.get("/", params=named)).json()["data"] == {"hello": "hello you"}


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "new\tline", "ä"])
async def test_a_request_id_that_no_log_line_can_hold_is_replaced(given: str, served: httpx.AsyncClient) -> None:
    """By one of ours; the same holds where none is given."""
    answer = await served.post("/", json=HELLO, headers=[(b"x-request-id", given.encode())])
    assert len(answer.headers["x-request-id"]) == 32


async def test_an_address_that_is_no_utf_8_is_refused(served: httpx.AsyncClient) -> None:
    """Rather than read with other characters."""
    answer = await served.get("/?query=%7Bhello%7D%23%ff")
    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (400, "the address must be UTF-8")


async def test_an_id_beside_a_text_is_the_clients_own(served: httpx.AsyncClient) -> None:
    """Some number their requests so."""
    answer = await served.post("/", json={**HELLO, "id": 42})
    assert answer.json()["data"] == {"hello": "hello you"}
