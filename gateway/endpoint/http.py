"""
GraphQL over HTTP, on strawberry's ASGI view: any strawberry schema, the specification to the letter.

    request -> operations (requests.py) -> document (documents.py) -> execution -> bytes

Source: GraphQL over HTTP, the working draft of the GraphQL foundation.
"""

import asyncio
from functools import partial
from typing import Generic, NamedTuple

from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.schema import Schema

from gateway.endpoint import cache_trace
from gateway.endpoint.answering import Answering, ContextT, RootT
from gateway.endpoint.carried import headers_of, status_of
from gateway.endpoint.connections import Connections
from gateway.endpoint.executing import RequestErrors
from gateway.endpoint.framing import Framing
from gateway.endpoint.http_caching import Fields, HTTPCaching
from gateway.endpoint.multipart import Multipart
from gateway.endpoint.negotiation import (
    EVENT_STREAM,
    JSON,
    MULTIPART,
    RESPONSE_JSON,
    SPECIFICATION,
    response_type,
    stream_type,
)
from gateway.endpoint.outcome import VARY, Outcome, send_outcome, send_whole
from gateway.endpoint.recipient import Gone, Recipient
from gateway.endpoint.refusals import refused
from gateway.endpoint.request_id import request_id_of
from gateway.endpoint.requests import (
    ALLOWED_METHODS,
    Batch,
    HTTPError,
    OperationRequest,
    given_headers,
    operations_of,
)
from gateway.endpoint.reservations import Reservations
from gateway.endpoint.response_cache import Answer
from gateway.endpoint.response_stream import ResponseStream
from gateway.endpoint.sse import EventStream
from gateway.endpoint.stream_limits import StreamLimits
from gateway.endpoint.streamed_operation import resumed, write_operation
from gateway.endpoint.websocket import serve_websocket
from schema.limits import Limits

_FRAMINGS: dict[str, Framing] = {EVENT_STREAM: EventStream(), MULTIPART: Multipart()}


class _Exchange(NamedTuple):
    """A request, what the schema adds to its answer, whoever waits for that, and whether they ask how it was made."""

    request: Request
    response: Response
    recipient: Recipient
    is_traced: bool


class GraphQLEndpoint(Answering[ContextT, RootT], Generic[ContextT, RootT]):
    """
    Serves a schema at one path.

    As in strawberry's view, `get_context` and `get_root_value` are there to be overridden, and the answer carries the
    headers, cookies and status that are set on the response which a context is given. Each operation has a context of
    its own, also in a batch; the response is the request's. Each request has an id, the client's ``X-Request-ID`` or a
    new one: it is in ``request.state.request_id``, in the answer's headers, in the log, and in the extensions of an
    INTERNAL error.

    Args:
        schema: Any strawberry schema. One with extensions is executed by strawberry, others by column.
        limits: What an operation may cost; see `Limits`.
        kept_documents: Most documents that are kept parsed and validated.
        max_body_bytes: Largest body of a request.
        max_batch: Most operations of a batch.
        streaming: What connections that stream may be.
        minimum_bytes: Size from which an answer is compressed; None for never.
    """

    def __init__(
        self,
        schema: Schema,
        *,
        limits: Limits | None = None,
        kept_documents: int = 1000,
        max_body_bytes: int = 1_000_000,
        max_batch: int = 10,
        streaming: StreamLimits | None = None,
        minimum_bytes: int | None = None,
    ) -> None:
        super().__init__(schema, limits=limits, kept_documents=kept_documents)
        self.connections = Connections(streaming or StreamLimits())
        self.caching = HTTPCaching()
        self._reservations = Reservations(self, self.connections, max_body_bytes=max_body_bytes)
        self._max_body_bytes = max_body_bytes
        self._max_batch = max_batch
        self._minimum_bytes = minimum_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, or serves one WebSocket."""
        if scope["type"] == "websocket":
            await serve_websocket(self, self.connections, scope, receive, send)
            return
        request = Request(scope, receive)
        given = given_headers(scope)
        request_id = request_id_of(given.get(b"x-request-id"))
        request.state.request_id = request_id.decode()
        headers = [(b"x-request-id", request_id)]
        if request.method == "OPTIONS":
            await send_whole(send, 204, [*headers, (b"allow", ALLOWED_METHODS.encode())])
            return
        kind: str | None = JSON
        response = await self.get_sub_response(request)
        asking = _Exchange(request, response, Recipient(receive), cache_trace.is_asked_for(given))
        outcome: Outcome | None
        try:
            if self._reservations.concerns(scope):
                await self._reservations.serve(request, receive, send, headers)
                return
            accept = b", ".join([value for name, value in scope["headers"] if name == b"accept"]).decode("latin-1")
            kind, streamed = response_type(accept), stream_type(accept) if request.method != "HEAD" else None
            if kind is None and streamed is None:
                raise _not_acceptable(accept)
            asked = await operations_of(scope, receive, max_body_bytes=self._max_body_bytes, max_batch=self._max_batch)
            if (
                streamed is not None
                and isinstance(asked, OperationRequest)
                and (streamed.is_preferred or await self.is_subscription(asked))
            ):
                await self._stream(request, receive, send, asked, streamed.kind, headers)
                return
            if kind is None:
                raise _not_acceptable(accept)
            if isinstance(asked, Batch):
                # A list is no GraphQL response, so its type is not the one of GraphQL responses.
                kind = JSON
                bodies = await asyncio.gather(*(self._item(asking, one) for one in asked.operations))
                outcome = Outcome(status=200, answer=Answer(b"[" + b",".join(bodies) + b"]"))
                if asking.recipient.is_gone:
                    outcome = None
            else:
                outcome = await self._told(asking, asked)
                if outcome.status == 400 and kind == JSON:
                    # Under plain JSON, clients take any other status for a failure between them and us.
                    outcome.status = 200
        except HTTPError as error:
            outcome = Outcome(status=error.status, answer=Answer(_refusal(request, error)))
            headers += [(name.lower().encode(), value.encode()) for name, value in error.headers.items()]
        except RequestErrors as refusal:
            # Of an operation whose answer would have come elsewhere; others are refused by _outcome.
            outcome = refused(request, refusal.errors)
        except GraphQLError as refusal:
            outcome = refused(request, (refusal,))
        except Gone:
            outcome = None
        if outcome is not None:
            if outcome.status == 200:
                outcome.status = status_of(response) or 200
            headers += [VARY, *headers_of(response)]
            await send_outcome(send, request, outcome, headers, kind or JSON, self.caching, self._minimum_bytes)
        if response.background is not None:
            await response.background()

    async def _stream(
        self, request: Request, receive: Receive, send: Send, asked: OperationRequest, kind: str, headers: Fields
    ) -> None:
        """Answers with a response that stays open."""
        framing = _FRAMINGS[kind]
        response = ResponseStream(self.connections, request, receive, send, framing, [*headers, VARY])
        await response.serve(partial(write_operation, response, framing, self, request, resumed(asked, request)))

    async def _told(self, asking: _Exchange, asked: OperationRequest) -> Outcome:
        """What becomes of one operation, with what it was made of where the request asks for that."""
        outcome = await self._outcome(asking.request, asking.response, asked, asking.recipient)
        return cache_trace.traced(outcome) if asking.is_traced else outcome

    async def _item(self, asking: _Exchange, asked: OperationRequest | HTTPError) -> bytes:
        """The answer to one operation of a batch, whatever becomes of the others; none for a client that is gone."""
        if isinstance(asked, HTTPError):
            return _refusal(asking.request, asked)
        try:
            return (await self._told(asking, asked)).answer.body
        except HTTPError as error:
            return _refusal(asking.request, error)
        except Gone:
            return b""


def _not_acceptable(accept: str) -> HTTPError:
    return HTTPError(
        406,
        "NOT_ACCEPTABLE",
        f"answers are {RESPONSE_JSON} or {JSON}, streams are {EVENT_STREAM} or {MULTIPART};subscriptionSpec="
        f"{SPECIFICATION}, Accept was {accept}",
    )


def _refusal(request: Request, error: HTTPError) -> bytes:
    return refused(request, (error,)).answer.body
