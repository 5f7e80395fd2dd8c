"""
Answers repeated requests before anything is parsed.

    request -> bytes that were answered before -> answer that is still current -> bytes

A request is known by its bytes: the body of a POST or the query string of a GET, and the headers that decide on the
form of the answer. What it was answered with is remembered, and given again while `ResponseCache` finds it current.
Everything else goes on to the application, whose endpoint leaves the key of its answer in the scope.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.endpoint.access import access_class
from gateway.endpoint.compression import accepts_gzip
from gateway.endpoint.http import GraphQLEndpoint
from gateway.endpoint.http_caching import matches
from gateway.endpoint.outcome import ANSWERED, VARY, send_whole
from gateway.endpoint.request_id import request_id_of
from gateway.endpoint.response_cache import Answer, ResponseCache

_TAKEN = frozenset({b"accept", b"content-type"})
# With one of these an answer depends on more than its bytes, or is asked to tell more.
_PASSED_ON = frozenset({b"content-encoding", b"x-gateway-trace", b"x-graphql-event-stream-token", b"last-event-id"})

_Key = tuple[str, bytes, tuple[tuple[bytes, bytes], ...], str]


class Front:
    """
    The outermost application.

    Args:
        app: What answers all other requests.
        endpoint: What in it answers those of GraphQL, at *path*.
        minimum_bytes: Size from which an answer is compressed.
        max_bytes: About what remembering requests may take.
        max_request_bytes: The longest that is remembered.

    Attributes:
        connections: The endpoint's that stream; whoever stops the server ends them first.
    """

    def __init__(
        self,
        app: ASGIApp,
        endpoint: GraphQLEndpoint[Any, Any],
        cache: ResponseCache,
        *,
        path: str,
        minimum_bytes: int,
        max_bytes: int = 16_000_000,
        max_request_bytes: int = 10_000,
    ) -> None:
        self.connections = endpoint.connections
        self._app = app
        self._cache = cache
        self._caching = endpoint.caching
        self._path = path
        self._minimum_bytes = minimum_bytes
        self._max_bytes = max_bytes
        self._size_bytes = 0
        self._max_request_bytes = max_request_bytes
        self._known: OrderedDict[_Key, tuple[Hashable, bytes]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or passes it on."""
        if scope["type"] != "http" or scope["path"] != self._path or scope["method"] not in ("GET", "POST"):
            await self._app(scope, receive, send)
            return
        taken: list[tuple[bytes, bytes]] = []
        others: dict[bytes, bytes] = {}
        for one in scope["headers"]:
            name = one[0]
            if name in _TAKEN:
                taken.append(one)
            elif name in _PASSED_ON:
                await self._app(scope, receive, send)
                return
            else:
                others[name] = one[1]
        method, payload = scope["method"], scope["query_string"]
        if method == "POST":
            if payload:
                await self._app(scope, receive, send)
                return
            first = await receive()
            receive = _Replayed(first, receive)
            payload = first.get("body", b"")
            if first.get("more_body") or first["type"] != "http.request":
                payload = b""
        if not payload or len(payload) > self._max_request_bytes:
            await self._app(scope, receive, send)
            return
        key = (method, payload, tuple(taken), access_class(scope))
        known = self._known.get(key)
        if known is not None:
            answer = self._cache.get(known[0])
            if answer is not None:
                self._known.move_to_end(key)
                self._cache.counts.hits += 1
                await self._send(send, method, others, answer, known[1])
                return
        await self._app(scope, receive, send)
        answered = scope.get(ANSWERED)
        if answered is not None and key not in self._known:
            self._known[key] = answered
            self._size_bytes += _size_of(key)
            while self._size_bytes > self._max_bytes:
                self._size_bytes -= _size_of(self._known.popitem(last=False)[0])

    async def _send(self, send: Send, method: str, given: dict[bytes, bytes], answer: Answer, kind: bytes) -> None:
        headers: list[tuple[bytes, bytes]] = [
            (b"x-request-id", request_id_of(given.get(b"x-request-id"))),
            VARY,
        ]
        body = answer.body
        if method == "GET":
            headers += self._caching.fields(answer)
            condition = given.get(b"if-none-match")
            if condition is not None and matches(condition, answer.etag):
                await send_whole(send, 304, headers)
                return
        encodings = given.get(b"accept-encoding")
        if encodings is not None and len(body) >= self._minimum_bytes and accepts_gzip(encodings):
            body = answer.packed
            headers.append((b"content-encoding", b"gzip"))
        headers.append((b"content-type", kind))
        headers.append((b"content-length", b"%d" % len(body)))
        await send_whole(send, 200, headers, body)


def _size_of(key: _Key) -> int:
    return len(key[1]) + sum([len(value) for _, value in key[2]]) + 500


class _Replayed:
    """A receive channel whose first message was looked at already."""

    __slots__ = ("_first", "_receive")

    def __init__(self, first: Message, receive: Receive) -> None:
        self._first: Any = first
        self._receive = receive

    async def __call__(self) -> Message:
        first, self._first = self._first, None
        return first if first is not None else await self._receive()
