"""Bodies of requests: what is JSON, and what is too large."""

import asyncio
import gzip
import json
import logging
from collections.abc import AsyncIterator

import httpx
import pytest
import strawberry
from starlette.types import Message

from gateway.endpoint.negotiation import JSON, RESPONSE_JSON
from gateway.endpoint.requests import HTTPError, operations_of
from tests.gateway.endpoint.small import (
    HELLO,
    MAX_BATCH,
    MAX_BODY,
    Counted,
    Numbered,
    Query,
    one_error,
    post,
    small_endpoint,
)
from tests.servers import RunningApp


@pytest.fixture(scope="module", params=[(), (Counted,)], ids=["plain", "extended"])
async def served(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the schema, without and with an extension."""
    async with RunningApp(small_endpoint(*request.param)) as running:
        yield running.client


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
    content = json.dumps(HELLO).encode()
    body = gzip.compress(content) if "content-encoding" in headers else content
    answer = await served.post("/", content=body, headers=headers)
    status, code, message = one_error(answer)
    assert (status, code) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert words in message
    assert answer.headers[hint[0]] == hint[1]


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
    status, code, message = one_error(answer)
    assert (status, code) == (400, "BAD_REQUEST")
    assert message.startswith(words)
    assert answer.headers["content-type"].startswith(accept)


async def test_json_that_is_2_000_deep_is_told() -> None:
    """Where a body may be long enough for it."""
    body = b'{"query": "{ hello }", "variables": ' + b'{"a":' * 2_000 + b"1" + b"}" * 2_001
    async with RunningApp(Numbered(strawberry.Schema(Query))) as running:
        answer = await running.client.post("/", content=body, headers={"content-type": JSON})
        assert one_error(answer)[:2] == (400, "BAD_REQUEST")


async def _chunks(count: int, size: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b" " * size


@pytest.mark.parametrize("factor", [1, 15])
async def test_a_body_that_is_too_large_is_refused(factor: int, served: httpx.AsyncClient) -> None:
    """With its length given or in chunks; it is read to its end, so that the client sees the answer."""
    size = MAX_BODY * factor + 1
    for content in (b" " * size, _chunks(factor + 1, MAX_BODY)):
        answer = await served.post("/", content=content, headers={"content-type": JSON})
        assert one_error(answer)[:2] == (413, "BODY_TOO_LARGE")
        assert answer.headers["connection"] == "close"
    fits = json.dumps(HELLO).encode().ljust(MAX_BODY)
    assert (await served.post("/", content=fits, headers={"content-type": JSON})).status_code == 200


async def test_nobody_listens_to_a_body_without_end() -> None:
    """After twenty times the limit the answer is given, although more would come."""
    read = 0

    async def more() -> Message:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b" " * MAX_BODY, "more_body": True}

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", JSON.encode())]}
    with pytest.raises(HTTPError, match="a body holds at most 2000 bytes") as refused:
        await operations_of(scope, more, max_body_bytes=MAX_BODY, max_batch=MAX_BATCH)
    assert (refused.value.status, read) == (413, 21)


async def test_a_body_in_chunks_is_put_together(served: httpx.AsyncClient) -> None:
    """Wherever it is cut."""

    async def bytewise() -> AsyncIterator[bytes]:
        for one in json.dumps(HELLO).encode():
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
        assert (await post(served, HELLO)).status_code == 200
    assert caplog.records == []


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
