"""
GraphQL over HTTP, on strawberry's ASGI view: any strawberry schema, the specification to the letter.

    request -> operations (requests.py) -> document (documents.py) -> execution -> bytes

Source: GraphQL over HTTP, the working draft of the GraphQL foundation.
"""

import asyncio
import re
from collections.abc import Iterable, Mapping
from os import urandom
from typing import Any, Generic, TypeVar

from graphql import ExecutionResult, GraphQLError, OperationType
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.schema import Schema

from gateway.endpoint.carried import Carried, headers_of, status_of
from gateway.endpoint.documents import Documents, Operation
from gateway.endpoint.encoding import encoded
from gateway.endpoint.encoding import encoded
from gateway.endpoint.executing import RequestErrors, execute, unlogged
from gateway.endpoint.negotiation import JSON, RESPONSE_JSON, response_type
from gateway.endpoint.persisted import PersistedOperations
from gateway.endpoint.requests import ALLOWED_METHODS, Batch, HTTPError, OperationRequest, operations_of
from schema.errors import RequestError, client_error
from schema.limits import Limits

ContextT = TypeVar("ContextT")
RootT = TypeVar("RootT")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Answers without data are the client's mistake, but for these.
_STATUS = {"INTERNAL": 500, "UNAVAILABLE": 503}


class GraphQLEndpoint(GraphQL[ContextT, RootT], Generic[ContextT, RootT]):
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
    """

    def __init__(
        self,
        schema: Schema,
        *,
        limits: Limits | None = None,
        kept_documents: int = 1000,
        max_body_bytes: int = 1_000_000,
        max_batch: int = 10,
    ) -> None:
        super().__init__(schema, graphql_ide=None, subscription_protocols=())
        self._executable = unlogged(schema)
        self.documents = Documents(schema._schema, limits or Limits(), size=kept_documents)
        # Set by whoever has a store for it; without one, requests bring their text.
        self.persisted: PersistedOperations | None = None
        self._max_body_bytes = max_body_bytes
        self._max_batch = max_batch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, receive)
        request.state.request_id = request_id = _request_id(request.headers)
        headers = {"X-Request-ID": request_id}
        if request.method == "OPTIONS":
            await _send(send, 204, headers | {"Allow": ALLOWED_METHODS})
            return
        kind: str | None = JSON
        response = await self.get_sub_response(request)
        try:
            accept = ", ".join(request.headers.getlist("accept"))
            kind = response_type(accept)
            if kind is None:
                raise HTTPError(406, "NOT_ACCEPTABLE", f"answers are {RESPONSE_JSON} or {JSON}, Accept was {accept}")
            asked = await operations_of(scope, receive, max_body_bytes=self._max_body_bytes, max_batch=self._max_batch)
            if isinstance(asked, Batch):
                # A list is no GraphQL response, so its type is not the one of GraphQL responses.
                kind = JSON
                answers = await asyncio.gather(*(self._item(request, response, one) for one in asked.operations))
                body = b"[" + b",".join(answers) + b"]"
                status = status_of(response) or 200
            else:
                status, body = await self._answer(request, response, asked)
                if status == 200:
                    status = status_of(response) or 200
                elif status == 400 and kind == JSON:
                    # Under plain JSON, clients take any other status for a failure between them and us.
                    status = 200
        except HTTPError as error:
            status, body = error.status, _refusal(request, error)
            headers |= error.headers
        await _send(send, status, headers, body, kind or JSON, headers_of(response))
        if response.background is not None:
            await response.background()

    def context_of(self, operation: Operation, context: ContextT) -> ContextT:
        """The context of one operation, made of what `get_context` returned; for subclasses."""
        return context

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        """What the schema may set headers and a status on."""
        return Carried()

    async def _item(self, request: Request, response: Response, asked: OperationRequest | HTTPError) -> bytes:
        """The answer to one operation of a batch, whatever becomes of the others."""
        if isinstance(asked, HTTPError):
            return _refusal(request, asked)
        try:
            return (await self._answer(request, response, asked))[1]
        except HTTPError as error:
            return _refusal(request, error)

    async def _answer(self, request: Request, response: Response, asked: OperationRequest) -> tuple[int, bytes]:
        """
        The answer to one operation, and the status that says whether it was executed.

        Raises:
            HTTPError: If it has no text, or a method may not execute it.
        """
        try:
            result = await self._result(request, response, asked)
            answer: dict[str, Any] = {"data": result.data}
            if result.errors:
                answer["errors"] = _shown(request, result.errors)
            if result.extensions:
                answer["extensions"] = result.extensions
            return 200, encoded(answer)
        except HTTPError:
            raise
        except RequestErrors as refused:
            errors = refused.errors
        except GraphQLError as error:
            errors = (error,)
        except Exception as error:
            # A context, an extension or a scalar of the schema's that fails outside of any field.
            errors = (GraphQLError(str(error), original_error=error),)
        try:
            return _refused(request, errors)
        except Exception as error:
            # What an extension tells of its refusal may have no JSON either.
            return _refused(request, (GraphQLError(str(error), original_error=error),))

    async def _result(self, request: Request, response: Response, asked: OperationRequest) -> ExecutionResult:
        """
        The result of executing an operation.

        Raises:
            HTTPError: If it has no text, or a method may not execute it.
            RequestErrors: If it is not executed, for the reasons given.
        """
        text = asked.query
        if not (text or asked.document_id or "persistedQuery" in asked.extensions):
            raise HTTPError(400, "BAD_REQUEST", "query was expected, was " + ("empty" if text == "" else "not given"))
        if self.persisted is not None:
            text = await self.persisted.text_of(text, asked.extensions, asked.document_id)
        if not text:
            raise RequestError("persisted operations are not enabled, query was expected", code="BAD_REQUEST")
        document = self.documents.get(text)
        if document.errors:
            raise RequestErrors(document.errors)
        operation = document.operation(asked.operation_name)
        if operation.kind is OperationType.SUBSCRIPTION:
            raise RequestError(
                "a subscription needs a transport that streams (graphql-transport-ws or graphql-sse), not plain HTTP",
                code="TRANSPORT_NOT_SUPPORTED",
            )
        if asked.is_read_only and operation.kind is OperationType.MUTATION:
            raise HTTPError(405, "METHOD_NOT_ALLOWED", "a mutation needs POST, was GET", {"Allow": "POST"})
        self.documents.check(operation, asked.variables)
        context = self.context_of(operation, await self.get_context(request, response))
        root = await self.get_root_value(request)
        return await execute(self._executable, operation, asked.variables, context, root)


def _refused(request: Request, errors: Iterable[GraphQLError]) -> tuple[int, bytes]:
    """The status and the body of an answer without data."""
    shown = _shown(request, errors)
    return max(_STATUS.get(one["extensions"]["code"], 400) for one in shown), encoded({"errors": shown})


def _refusal(request: Request, error: HTTPError) -> bytes:
    return _refused(request, (error,))[1]


def _shown(request: Request, errors: Iterable[GraphQLError]) -> list[Any]:
    return [client_error(error, request_id=request.state.request_id).formatted for error in errors]


def _request_id(headers: Headers) -> str:
    """The client's ``X-Request-ID``, if it is one that a log line can hold, or a new one."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else urandom(16).hex()


async def _send(
    send: Send,
    status: int,
    headers: Mapping[str, str],
    body: bytes = b"",
    kind: str | None = None,
    carried: Iterable[tuple[bytes, bytes]] = (),
) -> None:
    fields = dict(headers)
    if kind is not None:
        fields |= {
            "Content-Type": f"{kind}; charset=utf-8",
            "Content-Length": str(len(body)),
            "Vary": "Accept, Accept-Encoding",
        }
    lines = [(name.lower().encode(), value.encode()) for name, value in fields.items()]
    lines.extend(carried)
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})
