"""The answers to operations that were executed or refused, with their errors as clients may see them."""

from collections.abc import Iterable
from typing import Any, TypeAlias

from graphql import ExecutionResult, GraphQLError
from starlette.requests import Request
from starlette.websockets import WebSocket

from gateway.endpoint.encoding import encoded
from gateway.endpoint.executing import RequestErrors
from gateway.endpoint.outcome import Outcome
from gateway.endpoint.response_cache import Answer
from schema.errors import client_error

Connection: TypeAlias = Request | WebSocket
"""What an operation came with; its state has a `request_id`."""

# Answers without data are the client's mistake, but for these.
_STATUS = {"INTERNAL": 500, "UNAVAILABLE": 503}


def errors_of(error: Exception) -> Iterable[GraphQLError]:
    """Why an operation was not executed; there may be several reasons."""
    if isinstance(error, RequestErrors):
        return error.errors
    if isinstance(error, GraphQLError):
        return (error,)
    # A context, an extension or a scalar of the schema's that fails outside of any field.
    return (GraphQLError(str(error), original_error=error),)


def body_of(request: Connection, result: ExecutionResult) -> bytes:
    """The answer to an operation that was executed."""
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = shown_errors(request, result.errors)
    if result.extensions:
        answer["extensions"] = result.extensions
    return encoded(answer)


def refused(request: Connection, errors: Iterable[GraphQLError]) -> Outcome:
    """The outcome of an operation that was not executed."""
    shown = shown_errors(request, errors)
    status = max(_STATUS.get(one["extensions"]["code"], 400) for one in shown)
    return Outcome(status=status, answer=Answer(encoded({"errors": shown})))


def shown_errors(request: Connection, errors: Iterable[GraphQLError]) -> list[Any]:
    """Errors as a client may see them."""
    return [client_error(error, request_id=request.state.request_id).formatted for error in errors]
