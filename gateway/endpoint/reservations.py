"""
The single connection mode of graphql-sse: one event stream that carries the results of many operations.

    PUT reserves -> GET opens the stream -> POST begins an operation: 202 -> its results come -> DELETE stops it

A reservation is this process's own, so all requests of a client must reach the same one.
"""

import asyncio
import secrets
from typing import Any, Final

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from gateway.endpoint.answering import Answering
from gateway.endpoint.connections import Connections
from gateway.endpoint.http_caching import Fields
from gateway.endpoint.negotiation import EVENT_STREAM, media_ranges, quality_of
from gateway.endpoint.outcome import send_whole
from gateway.endpoint.requests import Batch, HTTPError, operations_of
from gateway.endpoint.reservation import Reservation
from gateway.endpoint.response_stream import ResponseStream
from gateway.endpoint.sse import EventStream

_HEADER: Final = b"x-graphql-event-stream-token"


class Reservations:
    """
    The event streams of one process that carry many operations.

    Args:
        max_body_bytes: Largest body of a request.
    """

    def __init__(self, endpoint: Answering[Any, Any], connections: Connections, *, max_body_bytes: int) -> None:
        self._endpoint = endpoint
        self._connections = connections
        self._max_body_bytes = max_body_bytes
        self._kept: dict[str, Reservation] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._kept)

    @staticmethod
    def concerns(scope: Scope) -> bool:
        """Whether a request is one of this mode: by its method, or because it has a token."""
        method = scope["method"]
        return method in ("PUT", "DELETE") or (
            method in ("GET", "POST")
            and (
                any(name == _HEADER for name, _ in scope["headers"])
                or (b"token=" in scope["query_string"] and "token" in QueryParams(scope["query_string"]))
            )
        )

    async def serve(self, request: Request, receive: Receive, send: Send, headers: Fields) -> None:
        """
        Answers a request of this mode.

        Raises:
            HTTPError: If it cannot be right.
            RequestErrors, GraphQLError: If its operation cannot be executed.
        """
        token = request.headers.get(_HEADER.decode()) or request.query_params.get("token")
        if request.method == "PUT":
            await self._reserve(send, headers)
            return
        reservation = self._kept.get(token or "")
        if reservation is None:
            raise HTTPError(404, "NOT_FOUND", "no stream is reserved with this token; PUT reserves one")
        if request.method == "DELETE":
            await self._stop(reservation, request, send, headers)
        elif request.method == "GET" and "query" not in request.query_params:
            await self._open(reservation, request, receive, send, headers)
        else:
            await self._begin(reservation, request, receive, send, headers)

    async def _reserve(self, send: Send, headers: Fields) -> None:
        token = secrets.token_urlsafe(24)

        def forget() -> None:
            timer.cancel()
            self._connections.discard(reservation)
            self._kept.pop(token, None)

        limits = self._connections.limits
        reservation = Reservation(self._endpoint, max_operations=limits.max_operations, forget=forget)
        self._connections.add(reservation)
        self._kept[token] = reservation
        timer = asyncio.get_running_loop().call_later(limits.reserved_seconds, self._expire, reservation)
        body = token.encode()
        length = (b"content-length", b"%d" % len(body))
        await send_whole(send, 201, [*headers, (b"content-type", b"text/plain; charset=utf-8"), length], body)

    def _expire(self, reservation: Reservation) -> None:
        if not reservation.is_open:
            reservation.end()

    async def _open(
        self, reservation: Reservation, request: Request, receive: Receive, send: Send, headers: Fields
    ) -> None:
        accept = request.headers.get("accept", "*/*")
        if not quality_of(EVENT_STREAM, media_ranges(accept)):
            raise HTTPError(406, "NOT_ACCEPTABLE", f"the stream is {EVENT_STREAM}, Accept was {accept}")
        if reservation.is_open:
            raise HTTPError(409, "CONFLICT", "the stream of this token is open already")
        # The response counts itself.
        self._connections.discard(reservation)
        response = ResponseStream(self._connections, request, receive, send, EventStream(), headers)
        await reservation.open(response, lambda: response.serve(_wait))

    async def _begin(
        self, reservation: Reservation, request: Request, receive: Receive, send: Send, headers: Fields
    ) -> None:
        asked = await operations_of(request.scope, receive, max_body_bytes=self._max_body_bytes, max_batch=1)
        if isinstance(asked, Batch):
            raise HTTPError(400, "BAD_REQUEST", "one operation was expected, was a batch")
        id_ = asked.extensions.get("operationId")
        if not isinstance(id_, str) or not id_:
            raise HTTPError(400, "BAD_REQUEST", "extensions.operationId must be a string that is not empty")
        await self._endpoint.operation(asked)
        reservation.begin(id_, request, asked)
        await send_whole(send, 202, [*headers, (b"content-length", b"0")])

    async def _stop(self, reservation: Reservation, request: Request, send: Send, headers: Fields) -> None:
        id_ = request.query_params.get("operationId")
        if not id_:
            raise HTTPError(400, "BAD_REQUEST", "operationId must be given in the address")
        reservation.stop(id_)
        await send_whole(send, 200, [*headers, (b"content-length", b"0")])


async def _wait() -> None:
    """Writes nothing: what is written comes from the operations."""
    await asyncio.Event().wait()
