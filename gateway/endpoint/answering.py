"""
From an operation that a client asks for to what becomes of it, whatever carries the question and the answer.

    operation asked for -> its text (persisted.py) -> document (documents.py) -> execution -> bytes
"""

import time
from collections.abc import AsyncGenerator, Hashable
from functools import partial
from typing import Any, Generic, TypeVar, cast

from graphql import OperationType
from starlette.responses import Response
from strawberry.asgi import GraphQL
from strawberry.schema import Schema

from gateway.endpoint.access import access_class
from gateway.endpoint.carried import Carried, is_untouched
from gateway.endpoint.documents import Documents
from gateway.endpoint.encoding import encoded
from gateway.endpoint.executing import RequestErrors, execute, unlogged
from gateway.endpoint.operation import Operation
from gateway.endpoint.outcome import Outcome
from gateway.endpoint.persisted import PersistedOperations
from gateway.endpoint.recipient import Gone, Recipient
from gateway.endpoint.refusals import Connection, body_of, errors_of, refused, shown_errors
from gateway.endpoint.requests import HTTPError, OperationRequest
from gateway.endpoint.response_cache import Answer, ResponseCache
from gateway.endpoint.shared_outcome import shared_outcome
from gateway.endpoint.single_result import SingleResult
from gateway.endpoint.subscribing import subscribe
from gateway.endpoint.writes import Writes
from gateway.streams.message import Stream, StreamEnded, StreamMessage
from resolvers.model.trace import Trace
from schema.errors import RequestError
from schema.limits import Limits

ContextT = TypeVar("ContextT")
RootT = TypeVar("RootT")

_NEEDS_A_STREAM = (
    "a subscription needs a transport that streams: graphql-transport-ws over WebSocket, or over HTTP an Accept of "
    'text/event-stream (graphql-sse) or multipart/mixed;subscriptionSpec="1.0"; plain HTTP answers once'
)


class Answering(GraphQL[ContextT, RootT], Generic[ContextT, RootT]):
    """
    Executes what is asked of one schema, each operation with a context of its own.

    Args:
        schema: Any strawberry schema. One with extensions is executed by strawberry, others by column.
        limits: What an operation may cost; see `Limits`.
        kept_documents: Most documents that are kept parsed and validated.
    """

    def __init__(self, schema: Schema, *, limits: Limits | None = None, kept_documents: int = 1000) -> None:
        super().__init__(schema, graphql_ide=None, subscription_protocols=())
        self._executable = unlogged(schema)
        self.documents = Documents(schema._schema, limits or Limits(), size=kept_documents)
        # Set by whoever has a store for it; without one, requests bring their text.
        self.persisted: PersistedOperations | None = None
        # Set by whoever hears of changes; without one, each operation is executed.
        self.responses: ResponseCache | None = None
        self._writes = Writes()

    def context_of(self, operation: Operation, asked: OperationRequest, context: ContextT) -> ContextT:
        """The context of one operation, made of what `get_context` returned; for subclasses."""
        return context

    def trace_of(self, context: ContextT) -> Trace | None:
        """What was read in a context; without it an answer is never kept."""
        return None

    def may_be_shared(self, request: Connection, asked: OperationRequest) -> bool:
        """Whether an answer that was made for somebody else may be given."""
        return True

    async def get_sub_response(self, request: Connection) -> Response:
        """What the schema may set headers and a status on."""
        return Carried()

    async def welcome(self, connection: Connection, payload: dict[str, Any]) -> dict[str, Any] | None:
        """
        What a client over WebSocket is told when its connection begins; for subclasses.

        Args:
            payload: What the client says of itself, in its `connection_init`; it is in the connection's state, too.

        Raises:
            RequestError: If it may not begin; its message is the reason of the close.
        """
        return None

    async def stream(self, connection: Connection, asked: OperationRequest) -> Stream:
        """
        The results of a subscription.

        Each event is executed with a context of its own: what an operation's loaders hold would answer every later
        event from the first one's.

        Raises:
            StreamEnded: If there is nothing to stream, for the reasons given. Any other exception has the same effect,
                and is told as its kind is everywhere.
        """
        return cast("Stream", self._events(connection, asked))

    async def results(self, connection: Connection, asked: OperationRequest) -> Stream:
        """
        The results of an operation of any kind: one of a query or a mutation.

        Raises:
            StreamEnded: If it is not executed, for the reasons given.
        """
        try:
            operation = await self.operation(asked)
            if operation.kind is OperationType.SUBSCRIPTION:
                return await self.stream(connection, asked)
            response = await self.get_sub_response(connection)
            work = self._answered(connection, response, operation, asked)
            outcome = await (self._writes.outcome(work) if operation.kind is OperationType.MUTATION else work)
            return SingleResult(outcome, response)
        except StreamEnded:
            raise
        except Exception as error:
            raise self.ended(connection, error) from None

    def ended(self, connection: Connection, error: Exception) -> StreamEnded:
        """The end of a stream by *error*, as a client may see it."""
        shown = shown_errors(connection, errors_of(error))
        try:
            encoded(shown)
        except Exception as unfit:
            # What an extension tells of its refusal may have no JSON.
            shown = shown_errors(connection, errors_of(unfit))
        return StreamEnded(shown)

    async def _events(self, connection: Connection, asked: OperationRequest) -> AsyncGenerator[StreamMessage, None]:
        response = await self.get_sub_response(connection)
        operation = await self.operation(asked)

        async def context() -> ContextT:
            return self.context_of(operation, asked, await self.get_context(connection, response))

        root = await self.get_root_value(connection)
        events = subscribe(self._executable, operation, asked.variables, context, root)
        try:
            async for result in events:
                yield StreamMessage(body=body_of(connection, result))
        except Exception as error:
            raise self.ended(connection, error) from None
        finally:
            await events.aclose()

    async def _outcome(
        self, request: Connection, response: Response, asked: OperationRequest, recipient: Recipient | None = None
    ) -> Outcome:
        """
        What becomes of one operation.

        Args:
            recipient: Whoever waits for it; a query for one that is gone is stopped.

        Raises:
            HTTPError: If it has no text, or a method may not execute it.
            Gone: If it was stopped, because nobody waits for it any more.
        """
        try:
            operation = await self.operation(asked)
            if operation.kind is OperationType.SUBSCRIPTION:
                raise RequestError(_NEEDS_A_STREAM, code="TRANSPORT_NOT_SUPPORTED")
            return await self._answered(request, response, operation, asked, recipient)
        except (HTTPError, Gone):
            raise
        except Exception as error:
            errors = errors_of(error)
        try:
            return refused(request, errors)
        except Exception as error:
            # What an extension tells of its refusal may have no JSON either.
            return refused(request, errors_of(error))

    async def operation(self, asked: OperationRequest) -> Operation:
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
        if asked.is_read_only and operation.kind is OperationType.MUTATION:
            raise HTTPError(405, "METHOD_NOT_ALLOWED", "a mutation needs POST, was GET", {"Allow": "POST"})
        self.documents.check(operation, asked.variables)
        return operation

    async def is_subscription(self, asked: OperationRequest) -> bool:
        """Whether a subscription is asked for that may be executed."""
        try:
            return (await self.operation(asked)).kind is OperationType.SUBSCRIPTION
        except Exception:
            # Whoever answers it finds the same, and tells it.
            return False

    async def _answered(
        self,
        request: Connection,
        response: Response,
        operation: Operation,
        asked: OperationRequest,
        recipient: Recipient | None = None,
    ) -> Outcome:
        """The outcome of a query or a mutation: kept, of somebody else's execution, or executed."""
        execution = partial(self._executed, request, response, operation, asked, recipient)
        responses = self.responses
        key = None if responses is None else self._key(request, operation, asked)
        return await (execution() if responses is None or key is None else shared_outcome(responses, key, execution))

    def _key(self, request: Connection, operation: Operation, asked: OperationRequest) -> Hashable:
        """What equal operations of equal clients have in common; None where an answer is nobody else's."""
        if not operation.policy.max_age or not self.may_be_shared(request, asked):
            return None
        variables = operation.canonical(asked.variables)
        return None if variables is None else (operation.key, variables, access_class(request.scope))

    async def _executed(
        self,
        request: Connection,
        response: Response,
        operation: Operation,
        asked: OperationRequest,
        recipient: Recipient | None,
    ) -> Outcome:
        context = self.context_of(operation, asked, await self.get_context(request, response))
        root = await self.get_root_value(request)
        executing = execute(self._executable, operation, asked.variables, context, root)
        # What was accepted for writing is done, whoever hears of it.
        if recipient is None or operation.kind is OperationType.MUTATION:
            result = await executing
        else:
            result = await recipient.while_waiting(executing)
        body = body_of(request, result)
        trace = self.trace_of(context)
        if trace is None:
            return Outcome(status=200, answer=Answer(body), tiers={})
        now = time.time()
        return Outcome(
            status=200,
            answer=Answer(
                body, made=now, until=min(trace.until, now + operation.policy.max_age), subjects=trace.revisions
            ),
            tiers=trace.tiers,
            may_be_kept=not result.errors and is_untouched(response),
        )
