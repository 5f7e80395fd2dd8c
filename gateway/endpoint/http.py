"""
GraphQL over HTTP, on strawberry's ASGI view: any strawberry schema, the specification to the letter.

    request -> operations (requests.py) -> document (documents.py) -> execution -> bytes

Source: GraphQL over HTTP, the working draft of the GraphQL foundation.
"""

import asyncio
import time
from collections.abc import Hashable, Iterable
from typing import Any, Generic, NamedTuple, TypeVar

from graphql import GraphQLError, OperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.schema import Schema

from gateway.endpoint.access import access_class
from gateway.endpoint.carried import Carried, headers_of, is_untouched, status_of
from gateway.endpoint.documents import Documents
from gateway.endpoint.encoding import encoded
from gateway.endpoint.executing import RequestErrors, execute, unlogged
from gateway.endpoint.http_caching import HTTPCaching
from gateway.endpoint.negotiation import JSON, RESPONSE_JSON, response_type
from gateway.endpoint.operation import Operation
from gateway.endpoint.outcome import RESPONSE_TIER, VARY, Outcome, send_outcome, send_whole
from gateway.endpoint.persisted import PersistedOperations
from gateway.endpoint.recipient import Gone, Recipient
from gateway.endpoint.request_id import request_id_of
from gateway.endpoint.requests import ALLOWED_METHODS, Batch, HTTPError, OperationRequest, operations_of
from gateway.endpoint.response_cache import Answer, ResponseCache
from resolvers.model.trace import Trace
from schema.errors import RequestError, client_error
from schema.limits import Limits

ContextT = TypeVar("ContextT")
RootT = TypeVar("RootT")

# Answers without data are the client's mistake, but for these.
_STATUS = {"INTERNAL": 500, "UNAVAILABLE": 503}


class _Exchange(NamedTuple):
    """A request, what the schema adds to its answer, and whoever waits for that."""

    request: Request
    response: Response
    recipient: Recipient


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
        # Set by whoever hears of changes; without one, each operation is executed.
        self.responses: ResponseCache | None = None
        self.caching = HTTPCaching()
        self._max_body_bytes = max_body_bytes
        self._max_batch = max_batch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, receive)
        request_id = request_id_of(request.headers.get("x-request-id", "").encode("latin-1"))
        request.state.request_id = request_id.decode()
        headers = [(b"x-request-id", request_id)]
        if request.method == "OPTIONS":
            await send_whole(send, 204, [*headers, (b"allow", ALLOWED_METHODS.encode())])
            return
        kind: str | None = JSON
        response = await self.get_sub_response(request)
        asking = _Exchange(request, response, Recipient(receive))
        outcome: Outcome | None
        try:
            accept = ", ".join(request.headers.getlist("accept"))
            kind = response_type(accept)
            if kind is None:
                raise HTTPError(406, "NOT_ACCEPTABLE", f"answers are {RESPONSE_JSON} or {JSON}, Accept was {accept}")
            asked = await operations_of(scope, receive, max_body_bytes=self._max_body_bytes, max_batch=self._max_batch)
            if isinstance(asked, Batch):
                # A list is no GraphQL response, so its type is not the one of GraphQL responses.
                kind = JSON
                bodies = await asyncio.gather(*(self._item(asking, one) for one in asked.operations))
                outcome = Outcome(status=200, answer=Answer(b"[" + b",".join(bodies) + b"]"))
                if asking.recipient.is_gone:
                    outcome = None
            else:
                outcome = await self._outcome(asking, asked)
                if outcome.status == 400 and kind == JSON:
                    # Under plain JSON, clients take any other status for a failure between them and us.
                    outcome.status = 200
        except HTTPError as error:
            outcome = Outcome(status=error.status, answer=Answer(_refusal(request, error)))
            headers += [(name.lower().encode(), value.encode()) for name, value in error.headers.items()]
        except Gone:
            outcome = None
        if outcome is not None:
            if outcome.status == 200:
                outcome.status = status_of(response) or 200
            headers += [VARY, *headers_of(response)]
            await send_outcome(send, request, outcome, headers, kind or JSON, self.caching)
        if response.background is not None:
            await response.background()

    def context_of(self, operation: Operation, asked: OperationRequest, context: ContextT) -> ContextT:
        """The context of one operation, made of what `get_context` returned; for subclasses."""
        return context

    def trace_of(self, context: ContextT) -> Trace | None:
        """What was read in a context; without it an answer is never kept."""
        return None

    def may_be_shared(self, request: Request, asked: OperationRequest) -> bool:
        """Whether an answer that was made for somebody else may be given."""
        return True

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        """What the schema may set headers and a status on."""
        return Carried()

    async def _item(self, asking: _Exchange, asked: OperationRequest | HTTPError) -> bytes:
        """The answer to one operation of a batch, whatever becomes of the others; none for a client that is gone."""
        if isinstance(asked, HTTPError):
            return _refusal(asking.request, asked)
        try:
            return (await self._outcome(asking, asked)).answer.body
        except HTTPError as error:
            return _refusal(asking.request, error)
        except Gone:
            return b""

    async def _outcome(self, asking: _Exchange, asked: OperationRequest) -> Outcome:
        """
        What becomes of one operation.

        Raises:
            HTTPError: If it has no text, or a method may not execute it.
            Gone: If it was stopped, because nobody waits for it any more.
        """
        request = asking.request
        try:
            operation = await self._operation(asked)
            responses = self.responses
            key = None if responses is None else self._key(request, operation, asked)
            if responses is None or key is None:
                return await self._executed(asking, operation, asked)
            return await self._shared(responses, key, asking, operation, asked)
        except (HTTPError, Gone):
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

    async def _operation(self, asked: OperationRequest) -> Operation:
        """
        The operation that is asked for, which may be executed.

        Raises:
            HTTPError: If it has no text, or a method may not execute it.
            RequestErrors: If its document cannot be executed, for the reasons given.
            RequestError: If it may not be executed.
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
        return operation

    def _key(self, request: Request, operation: Operation, asked: OperationRequest) -> Hashable:
        """What equal operations of equal clients have in common; None where an answer is nobody else's."""
        if not operation.policy.max_age or not self.may_be_shared(request, asked):
            return None
        variables = operation.canonical(asked.variables)
        return None if variables is None else (operation.key, variables, access_class(request.scope))

    async def _shared(
        self, responses: ResponseCache, key: Hashable, asking: _Exchange, operation: Operation, asked: OperationRequest
    ) -> Outcome:
        """The outcome of an operation whose answer others may share, executed where there is none yet."""
        own: list[Outcome] = []

        async def make() -> Answer | None:
            own.append(await self._executed(asking, operation, asked))
            return own[0].answer if own[0].may_be_kept else None

        answer = await responses.answer(key, make)
        if not own:
            assert answer is not None  # noqa: S101 - only one that was made here is not to be shared
            return Outcome(status=200, answer=answer, key=key, tiers=RESPONSE_TIER)
        if answer is not None:
            own[0].key = key
        return own[0]

    async def _executed(self, asking: _Exchange, operation: Operation, asked: OperationRequest) -> Outcome:
        request, response, recipient = asking
        context = self.context_of(operation, asked, await self.get_context(request, response))
        root = await self.get_root_value(request)
        executing = execute(self._executable, operation, asked.variables, context, root)
        # What was accepted for writing is done, whoever hears of it.
        result = await (executing if operation.kind is OperationType.MUTATION else recipient.while_waiting(executing))
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = _shown(request, result.errors)
        if result.extensions:
            answer["extensions"] = result.extensions
        body = encoded(answer)
        trace = self.trace_of(context)
        if trace is None:
            return Outcome(status=200, answer=Answer(body))
        now = time.time()
        return Outcome(
            status=200,
            answer=Answer(
                body, made=now, until=min(trace.until, now + operation.policy.max_age), subjects=trace.revisions
            ),
            tiers=trace.tiers,
            may_be_kept=not result.errors and is_untouched(response),
        )


def _refused(request: Request, errors: Iterable[GraphQLError]) -> Outcome:
    """The outcome of an operation that was not executed."""
    shown = _shown(request, errors)
    status = max(_STATUS.get(one["extensions"]["code"], 400) for one in shown)
    return Outcome(status=status, answer=Answer(encoded({"errors": shown})))


def _refusal(request: Request, error: HTTPError) -> bytes:
    return _refused(request, (error,)).answer.body


def _shown(request: Request, errors: Iterable[GraphQLError]) -> list[Any]:
    return [client_error(error, request_id=request.state.request_id).formatted for error in errors]
