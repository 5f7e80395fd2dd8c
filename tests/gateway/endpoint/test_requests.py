"""GraphQL over HTTP on small schemas behind real uvicorn: what the audits of the specification leave out."""

import asyncio
import gzip
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import strawberry
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message
from starlette.websockets import WebSocket
from strawberry.extensions import SchemaExtension
from strawberry.scalars import JSON as ANYTHING

from gateway.endpoint.http import GraphQLEndpoint
from gateway.endpoint.negotiation import JSON, RESPONSE_JSON
from gateway.endpoint.requests import HTTPError, operations_of
from resolvers.errors import NotFound
from schema.errors import MASKED, client_error
from tests.servers import RunningApp

_MAX_BODY, _MAX_BATCH = 2_000, 3
_HELLO = {"query": "{ hello }"}


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


def _endpoint(*extensions: type[SchemaExtension]) -> Numbered:
    schema = strawberry.Schema(Query, Mutation, Subscription, extensions=extensions)
    return Numbered(schema, max_body_bytes=_MAX_BODY, max_batch=_MAX_BATCH)


@pytest.fixture(scope="module", params=[(), (Counted,)], ids=["plain", "extended"])
async def served(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the schema, without and with an extension."""
    async with RunningApp(_endpoint(*request.param)) as running:
        yield running.client


async def _post(client: httpx.AsyncClient, content: Any, accept: str = RESPONSE_JSON, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post("/", json=content, headers={"accept": accept, **named})


def _one_error(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, code and message of an answer that has one error and nothing else."""
    assert answer.headers["content-type"] in (f"{JSON}; charset=utf-8", f"{RESPONSE_JSON}; charset=utf-8")
    body = answer.json()
    assert list(body) == ["errors"]
    (error,) = body["errors"]
    return answer.status_code, error["extensions"]["code"], error["message"]


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
    answer = await _post(served, _HELLO, accept)
    assert (answer.status_code, answer.json()["data"]) == (200, {"hello": "hello you"})
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
    assert answer.headers["vary"] == "Accept, Accept-Encoding"


async def test_types_in_several_header_lines_are_one_list(served: httpx.AsyncClient) -> None:
    """As HTTP has it."""
    headers = [("accept", "text/html"), ("accept", RESPONSE_JSON)]
    answer = await served.post("/", json=_HELLO, headers=headers)
    assert answer.headers["content-type"] == f"{RESPONSE_JSON}; charset=utf-8"


@pytest.mark.parametrize("accept", ["text/html", "application/jsonp", f"{JSON};q=0", "application/graphql+json"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_other_types_are_not_acceptable(method: str, accept: str, served: httpx.AsyncClient) -> None:
    """Which is said in JSON, because something has to be."""
    answer = await served.request(method, "/", params=_HELLO, json=_HELLO, headers={"accept": accept})
    assert answer.headers["content-type"] == f"{JSON}; charset=utf-8"
    status, code, message = _one_error(answer)
    assert (status, code) == (406, "NOT_ACCEPTABLE")
    assert message.endswith(f"Accept was {accept}")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/Json",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "application/json ; Charset=utf8 ; other=1",
    ],
)
async def test_a_body_is_json_in_utf_8(content_type: str, served: httpx.AsyncClient) -> None:
    """However that is written."""
    body = '{"query": "{ hello(name: \\"Zoë\\") }"}'.encode()
    answer = await served.post("/", content=body, headers={"content-type": content_type})
    assert answer.json()["data"] == {"hello": "hello Zoë"}


@pytest.mark.parametrize(
    ("headers", "words", "hint"),
    [
        ({}, "Content-Type must be application/json, was not given", ("accept", JSON)),
        ({"content-type": "text/plain"}, "was text/plain", ("accept", JSON)),
        ({"content-type": "application/jsonp"}, "was application/jsonp", ("accept", JSON)),
        ({"content-type": "application/json-patch+json"}, "was application/json-patch+json", ("accept", JSON)),
        ({"content-type": "multipart/form-data; boundary=x"}, "was multipart/form-data", ("accept", JSON)),
        (
            {"content-type": "application/json; charset=utf-16"},
            "the charset must be utf-8, was utf-16",
            ("accept", f"{JSON}; charset=utf-8"),
        ),
        (
            {"content-type": JSON, "content-encoding": "gzip"},
            "the body must not be compressed, was gzip",
            ("accept-encoding", "identity"),
        ),
    ],
)
async def test_other_bodies_are_not_supported(
    headers: dict[str, str], words: str, hint: tuple[str, str], served: httpx.AsyncClient
) -> None:
    """The answer says what is."""
    content = json.dumps(_HELLO).encode()
    body = gzip.compress(content) if "content-encoding" in headers else content
    answer = await served.post("/", content=body, headers=headers)
    status, code, message = _one_error(answer)
    assert (status, code) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert words in message
    assert answer.headers[hint[0]] == hint[1]


@pytest.mark.parametrize("method", ["PATCH", "QUERY", "TRACE"])
async def test_other_methods_are_not_allowed(method: str, served: httpx.AsyncClient) -> None:
    """The answer names those that are."""
    answer = await served.request(method, "/", json=_HELLO)
    assert _one_error(answer)[:2] == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, POST, PUT"


async def test_options_are_told(served: httpx.AsyncClient) -> None:
    """Without an operation, and whatever is accepted."""
    answer = await served.options("/", headers={"accept": "text/html"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, POST, PUT"


async def test_head_is_get_without_a_body(served: httpx.AsyncClient) -> None:
    """With the same headers."""
    got, asked = await served.get("/", params=_HELLO), await served.head("/", params=_HELLO)
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
        assert _one_error(refused) == (405, "METHOD_NOT_ALLOWED", "a mutation needs POST, was GET")
        assert refused.headers["allow"] == "POST"
    read = await served.get("/", params={"query": query, "operationName": "A"})
    written = await _post(served, {"query": query, "operationName": "B"})
    assert [read.json()["data"], written.json()["data"]] == [{"hello": "hello you"}, {"add": 3}]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_subscription_needs_a_transport_that_streams(method: str, served: httpx.AsyncClient) -> None:
    """The answer names those."""
    asked = {"query": "subscription { ticks }"}
    parts: dict[str, Any] = {"params": asked} if method == "GET" else {"json": asked}
    answer = await served.request(method, "/", headers={"accept": RESPONSE_JSON}, **parts)
    status, code, message = _one_error(answer)
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
    answers = [await _post(served, asked, accept) for accept in (RESPONSE_JSON, JSON)]
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
    assert (await _post(served, asked)).json()["data"] == {"hello": "hello you"}


async def test_empty_parameters_of_a_url_are_none(served: httpx.AsyncClient) -> None:
    """As the specification has it; there, null is a name like others."""
    empty = {**_HELLO, "operationName": "", "variables": "", "extensions": ""}
    assert (await served.get("/", params=empty)).json()["data"] == {"hello": "hello you"}
    named = {"query": "query null { hello }", "operationName": "null", "variables": "null"}
    assert (await served.get("/", params=named)).json()["data"] == {"hello": "hello you"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "the body must be JSON"),
        (b"{", "the body must be JSON"),
        (b'{"query": "{ hello(name: \xff) }"}', "the body must be JSON"),
        (b'{"query": "{ hello }", "variables": {"a": NaN}}', "the body must be JSON"),
        (b'{"query": "{ hello }", "variables": {"a": -Infinity}}', "the body must be JSON"),
        (b'{"a":' * 250 + b"1" + b"}" * 250, "query was expected, was not given"),
        (b"[" * 2_000, "the body must be JSON"),
        (b'"x"', "a JSON object was expected, was a string"),
        (b"5", "a JSON object was expected, was a number"),
        (b"null", "a JSON object was expected, was null"),
        (b"[]", "a batch must hold operations, was empty"),
        (b'{"query": 5}', "query must be a string, was a number"),
        (b'{"query": ""}', "query was expected, was empty"),
        (b'{"query": "{ hello }", "variables": []}', "variables must be an object, was an array"),
        (b'{"query": "{ hello }", "variables": "{}"}', "variables must be an object, was a string"),
        (b'{"query": "{ hello }", "extensions": true}', "extensions must be an object, was a boolean"),
        (b'{"query": "{ hello }", "operationName": {}}', "operationName must be a string, was an object"),
    ],
)
@pytest.mark.parametrize("accept", [JSON, RESPONSE_JSON])
async def test_a_body_that_cannot_be_right_is_told(
    accept: str, body: bytes, words: str, served: httpx.AsyncClient
) -> None:
    """Status 400 whatever the type, because no operation was asked for."""
    answer = await served.post("/", content=body, headers={"content-type": JSON, "accept": accept})
    status, code, message = _one_error(answer)
    assert (status, code) == (400, "BAD_REQUEST")
    assert message.startswith(words)
    assert answer.headers["content-type"].startswith(accept)


async def test_json_that_is_2_000_deep_is_told() -> None:
    """Where a body may be long enough for it."""
    body = b'{"query": "{ hello }", "variables": ' + b'{"a":' * 2_000 + b"1" + b"}" * 2_001
    async with RunningApp(Numbered(strawberry.Schema(Query))) as running:
        answer = await running.client.post("/", content=body, headers={"content-type": JSON})
        assert _one_error(answer)[:2] == (400, "BAD_REQUEST")


async def _chunks(count: int, size: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b" " * size


@pytest.mark.parametrize("factor", [1, 15])
async def test_a_body_that_is_too_large_is_refused(factor: int, served: httpx.AsyncClient) -> None:
    """With its length given or in chunks; it is read to its end, so that the client sees the answer."""
    size = _MAX_BODY * factor + 1
    for content in (b" " * size, _chunks(factor + 1, _MAX_BODY)):
        answer = await served.post("/", content=content, headers={"content-type": JSON})
        assert _one_error(answer)[:2] == (413, "BODY_TOO_LARGE")
        assert answer.headers["connection"] == "close"
    fits = json.dumps(_HELLO).encode().ljust(_MAX_BODY)
    assert (await served.post("/", content=fits, headers={"content-type": JSON})).status_code == 200


async def test_nobody_listens_to_a_body_without_end() -> None:
    """After twenty times the limit the answer is given, although more would come."""
    read = 0

    async def more() -> Message:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b" " * _MAX_BODY, "more_body": True}

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", JSON.encode())]}
    with pytest.raises(HTTPError, match="a body holds at most 2000 bytes") as refused:
        await operations_of(scope, more, max_body_bytes=_MAX_BODY, max_batch=_MAX_BATCH)
    assert (refused.value.status, read) == (413, 21)


async def test_a_body_in_chunks_is_put_together(served: httpx.AsyncClient) -> None:
    """Wherever it is cut."""

    async def bytewise() -> AsyncIterator[bytes]:
        for one in json.dumps(_HELLO).encode():
            yield bytes([one])

    answer = await served.post("/", content=bytewise(), headers={"content-type": JSON})
    assert answer.json()["data"] == {"hello": "hello you"}


async def test_a_client_that_goes_away_harms_nobody(
    served: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is logged, and the next request is answered."""
    with caplog.at_level(logging.WARNING):
        _, writer = await asyncio.open_connection(served.base_url.host, served.base_url.port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        assert (await _post(served, _HELLO)).status_code == 200
    assert caplog.records == []


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


async def test_a_batch_is_answered_in_its_order(served: httpx.AsyncClient) -> None:
    """Each operation stands alone: a mistake is its own, and so is the context."""
    asked = [{"query": "{ context }"}, {"query": "{ context }"}]
    first, second = (one["data"]["context"] for one in (await _post(served, asked)).json())
    assert first != second
    answer = await _post(served, [{"query": "{"}, 5, _HELLO])
    syntax, number, hello = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (200, f"{JSON}; charset=utf-8")
    assert syntax["errors"][0]["extensions"]["code"] == "SYNTAX_ERROR"
    assert number["errors"][0]["message"] == "a JSON object was expected, was a number"
    assert "data" not in syntax
    assert "data" not in number
    assert hello["data"] == {"hello": "hello you"}


async def test_what_fails_in_a_batch_fails_alone(served: httpx.AsyncClient) -> None:
    """Also what nobody foresaw, and what has no JSON."""
    asked = [{"query": "{ broken }"}, {"query": "{ anything }"}, _HELLO]
    broken, anything, hello = (await _post(served, asked)).json()
    assert broken["data"] == {"broken": None}
    assert anything["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert hello["data"] == {"hello": "hello you"}


async def test_a_batch_has_a_limit(served: httpx.AsyncClient) -> None:
    """Which the refusal names."""
    assert len((await _post(served, [_HELLO] * _MAX_BATCH)).json()) == _MAX_BATCH
    answer = await _post(served, [_HELLO] * (_MAX_BATCH + 1))
    assert _one_error(answer) == (400, "LIMIT_EXCEEDED", "the batch has 4 operations, the limit max_batch is 3")
    assert answer.json()["errors"][0]["extensions"] == {
        "code": "LIMIT_EXCEEDED",
        "limit": "max_batch",
        "maximum": 3,
        "found": 4,
    }


async def test_what_nobody_foresaw_is_masked_and_logged_once(
    served: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """With the id of the request, which the answer has too; a client's own mistake is not logged."""
    with caplog.at_level(logging.INFO):
        answer = await _post(served, {"query": "{ broken missing hello }"}, x_request_id="my-request.1")
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
    ("asked", "headers"), [({"query": "{ anything }"}, {}), (_HELLO, {"x_break": "1"})], ids=["answer", "context"]
)
async def test_what_fails_outside_of_any_field_is_status_500(
    asked: dict[str, str],
    headers: dict[str, str],
    accept: str,
    served: httpx.AsyncClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In JSON, masked, and logged once."""
    answer = await _post(served, asked, accept, **headers)
    assert _one_error(answer) == (500, "INTERNAL", MASKED)
    assert answer.json()["errors"][0]["extensions"]["requestId"] == answer.headers["x-request-id"]
    (record,) = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert answer.headers["x-request-id"] in record.getMessage()


async def test_an_extension_that_fails_is_status_500(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing of it reaches the client."""
    async with RunningApp(_endpoint(Failing)) as running:
        assert _one_error(await _post(running.client, _HELLO)) == (500, "INTERNAL", MASKED)
    assert len([one for one in caplog.records if one.levelno >= logging.WARNING]) == 1


async def test_extensions_of_a_schema_run() -> None:
    """What they say is in the answer."""
    async with RunningApp(_endpoint(Counted)) as running:
        answer = (await _post(running.client, _HELLO)).json()
    assert answer == {"data": {"hello": "hello you"}, "extensions": {"counted": True}}


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "new\tline", "ä"])
async def test_a_request_id_that_no_log_line_can_hold_is_replaced(given: str, served: httpx.AsyncClient) -> None:
    """By one of ours; the same holds where none is given."""
    answer = await served.post("/", json=_HELLO, headers=[(b"x-request-id", given.encode())])
    assert len(answer.headers["x-request-id"]) == 32


async def test_an_address_that_is_no_utf_8_is_refused(served: httpx.AsyncClient) -> None:
    """Rather than read with other characters."""
    answer = await served.get("/?query=%7Bhello%7D%23%ff")
    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (400, "the address must be UTF-8")


async def test_an_id_beside_a_text_is_the_clients_own(served: httpx.AsyncClient) -> None:
    """Some number their requests so."""
    answer = await served.post("/", json={**_HELLO, "id": 42})
    assert answer.json()["data"] == {"hello": "hello you"}


async def test_a_body_that_announces_too_much_is_refused_before_it_is_read() -> None:
    """Nothing of it is asked for."""

    async def receive() -> Message:
        raise AssertionError("the body was asked for")

    scope = {
        "type": "http",
        "method": "POST",
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"9" * 30)],
    }
    with pytest.raises(HTTPError) as refused:
        await operations_of(scope, receive, max_body_bytes=1000, max_batch=1)
    assert refused.value.status == 413
