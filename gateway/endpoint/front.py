"""
Answers repeated requests before anything is parsed.

    request -> bytes that were answered before -> answer that is still current -> bytes

A request is known by its bytes: the body of a POST or the query string of a GET, and the headers that decide on the
form of the answer. What it was answered with is remembered, and given again while `ResponseCache` finds it current.
The server asks for that as soon as a request is there (`gateway.http_connection`). Everything else goes on to the
application, whose endpoint leaves the key of its answer in the scope.
"""

from collections import OrderedDict
from collections.abc import Hashable, MutableMapping
from typing import Any, Final, NamedTuple

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.endpoint.access import access_class
from gateway.endpoint.compression import accepts_gzip
from gateway.endpoint.http import GraphQLEndpoint
from gateway.endpoint.http_caching import Fields, matches
from gateway.endpoint.outcome import ANSWERED, VARY
from gateway.endpoint.request_id import request_id_of
from gateway.endpoint.response_cache import Answer, ResponseCache

_TAKEN = frozenset({b"accept", b"content-type"})
# With one of these an answer depends on more than its bytes, or is asked to tell more.
_PASSED_ON = frozenset({b"content-encoding", b"x-gateway-trace", b"x-graphql-event-stream-token", b"last-event-id"})

# The key of the scope under which `Front.kept` leaves what it has looked for.
_LOOKED_FOR: Final = "gateway.looked_for"

_Key = tuple[str, bytes, tuple[tuple[bytes, bytes], ...], str]


class Kept(NamedTuple):
    """A whole answer, ready to be sent."""

    status: int
    headers: Fields
    body: bytes


class Front:
    """
    The outermost application.

    Args:
        app: What answers all other requests.
        graphql: What answers those at *path*, which need no routing.
        endpoint: What in it executes operations.
        minimum_bytes: Size from which an answer is compressed.
        max_bytes: About what remembering requests may take.
        max_request_bytes: The longest that is remembered.

    Attributes:
        connections: The endpoint's that stream; whoever stops the server ends them first.
        path: Where requests may have been answered before.
        max_request_bytes: As given.
    """

    def __init__(
        self,
        app: ASGIApp,
        graphql: ASGIApp,
        endpoint: GraphQLEndpoint[Any, Any],
        cache: ResponseCache,
        *,
        path: str,
        minimum_bytes: int,
        max_bytes: int = 16_000_000,
        max_request_bytes: int = 10_000,
    ) -> None:
        self.connections = endpoint.connections
        self.path = path
        self.max_request_bytes = max_request_bytes
        self._app = app
        self._graphql = graphql
        self._cache = cache
        self._caching = endpoint.caching
        self._minimum_bytes = minimum_bytes
        self._max_bytes = max_bytes
        self._size_bytes = 0
        self._known: OrderedDict[_Key, tuple[Hashable, bytes]] = OrderedDict()

    def kept(self, scope: MutableMapping[str, Any], body: bytes) -> Kept | None:
        """
        What a whole request was answered before, if that may be given again.

        Args:
            scope: Of the request, for *path*.
            body: All of it.
        """
        method = scope["method"]
        payload = scope["query_string"] if method == "GET" else body
        if not payload or len(payload) > self.max_request_bytes or (method == "POST" and scope["query_string"]):
            return None
        taken: list[tuple[bytes, bytes]] = []
        others: dict[bytes, bytes] = {}
        for one in scope["headers"]:
            name = one[0]
            if name in _TAKEN:
                taken.append(one)
            elif name in _PASSED_ON:
                return None
            else:
                others[name] = one[1]
        key = scope[_LOOKED_FOR] = (method, payload, tuple(taken), access_class(scope))
        known = self._known.get(key)
        if known is None:
            return None
        answer = self._cache.get(known[0])
        if answer is None:
            return None
        self._known.move_to_end(key)
        self._cache.counts.hits += 1
        return self._formed(method, others, answer, known[1])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, and remembers what it is answered with."""
        if scope["type"] != "http" or scope["path"] != self.path:
            await self._app(scope, receive, send)
            return
        await self._graphql(scope, receive, send)
        key, answered = scope.get(_LOOKED_FOR), scope.get(ANSWERED)
        if key is not None and answered is not None and key not in self._known:
            self._known[key] = answered
            self._size_bytes += _size_of(key)
            while self._size_bytes > self._max_bytes:
                self._size_bytes -= _size_of(self._known.popitem(last=False)[0])

    def _formed(self, method: str, given: dict[bytes, bytes], answer: Answer, kind: bytes) -> Kept:
        """An answer in the form that the headers *given* ask for."""
        headers: Fields = [(b"x-request-id", request_id_of(given.get(b"x-request-id"))), VARY]
        body = answer.body
        if method == "GET":
            headers += self._caching.fields(answer)
            condition = given.get(b"if-none-match")
            if condition is not None and matches(condition, answer.etag):
                return Kept(304, headers, b"")
        encodings = given.get(b"accept-encoding")
        if encodings is not None and len(body) >= self._minimum_bytes and accepts_gzip(encodings):
            body = answer.packed
            headers.append((b"content-encoding", b"gzip"))
        headers += [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
        return Kept(200, headers, body)


def _size_of(key: _Key) -> int:
    return len(key[1]) + sum([len(value) for _, value in key[2]]) + 500
