"""Compression: for whom, of what, and what the headers say."""

import zlib
from collections.abc import Sequence

import pytest
from starlette.types import Message, Receive, Scope, Send

from gateway.endpoint.compression import Compression, accepts_gzip

_LONG = b"a price " * 1000


@pytest.mark.parametrize(
    ("header", "is_accepted"),
    [
        (b"gzip", True),
        (b"GZip ; q=0.5, br", True),
        (b"deflate, br", False),
        (b"gzip;q=0", False),
        (b"gzip;q=0, *", False),
        (b"br, *;q=0.1", True),
        (b"*;q=0", False),
        (b"gzip;q=many", False),
        (b"identity", False),
        (b"", False),
    ],
)
def test_who_takes_gzip(header: bytes, is_accepted: bool) -> None:
    """By name before by star, and never with a quality of 0."""
    assert accepts_gzip(header) is is_accepted


class _Sends:
    """An application that answers with given messages."""

    def __init__(self, headers: Sequence[tuple[bytes, bytes]], *bodies: bytes) -> None:
        self._headers = headers
        self._bodies = bodies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers."""
        await send({"type": "http.response.start", "status": 200, "headers": list(self._headers)})
        for number, body in enumerate(self._bodies, 1):
            await send({"type": "http.response.body", "body": body, "more_body": number < len(self._bodies)})


async def _sent(app: _Sends, accepted: bytes = b"gzip") -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError("nothing is received here")

    scope = {"type": "http", "headers": [(b"accept-encoding", accepted)]}
    await Compression(app, minimum_bytes=500)(scope, receive, send)
    return sent


def _length(body: bytes) -> tuple[bytes, bytes]:
    return (b"Content-Length", str(len(body)).encode())


@pytest.mark.parametrize("body", [_LONG, _LONG * 100], ids=["at once", "in a thread"])
async def test_a_long_answer_is_compressed(body: bytes) -> None:
    """With its new length, and a word for caches."""
    start, message = await _sent(_Sends([_length(body), (b"vary", b"Accept"), (b"x", b"y")], body))
    assert zlib.decompress(message["body"], wbits=31) == body
    assert start["headers"] == [
        (b"x", b"y"),
        (b"content-length", str(len(message["body"])).encode()),
        (b"content-encoding", b"gzip"),
        (b"vary", b"Accept, Accept-Encoding"),
    ]


async def test_caches_are_told_once() -> None:
    """Also where the application did."""
    start, _ = await _sent(_Sends([_length(_LONG), (b"Vary", b"accept-encoding")], _LONG))
    assert [value for name, value in start["headers"] if name == b"vary"] == [b"accept-encoding"]


@pytest.mark.parametrize(
    ("headers", "bodies", "accepted"),
    [
        ([_length(b"short")], [b"short"], b"gzip"),
        ([_length(_LONG)], [_LONG], b"br"),
        ([_length(_LONG), (b"Content-Encoding", b"br")], [_LONG], b"gzip"),
        ([(b"content-type", b"text/event-stream")], [_LONG, _LONG, b""], b"gzip"),
        ([_length(_LONG * 2)], [_LONG, _LONG], b"gzip"),
        ([_length(b"")], [b""], b"gzip"),
    ],
    ids=["short", "not asked for", "encoded already", "a stream", "in parts", "empty"],
)
async def test_other_answers_are_left_alone(
    headers: list[tuple[bytes, bytes]], bodies: list[bytes], accepted: bytes
) -> None:
    """Headers and bodies arrive as they were sent."""
    start, *messages = await _sent(_Sends(headers, *bodies), accepted)
    assert start["headers"] == headers
    assert [message["body"] for message in messages] == bodies


async def test_a_stream_begins_before_its_first_body() -> None:
    """Its start is not held back."""
    (start,) = await _sent(_Sends([(b"content-type", b"text/event-stream")]))
    assert start["type"] == "http.response.start"


async def test_what_is_not_http_passes() -> None:
    """Such as the lifespan of the application."""
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    async def nothing(*_: object) -> Message:
        raise AssertionError("nothing is sent or received here")

    await Compression(app, minimum_bytes=1)({"type": "lifespan"}, nothing, nothing)  # type: ignore[arg-type]
    assert seen == ["lifespan"]
