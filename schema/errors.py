"""
The one place that turns exceptions into GraphQL errors with a code.

    GraphQLError
    ├── GraphQLSyntaxError       SYNTAX_ERROR        a document that cannot be read
    ├── from validation          INVALID_OPERATION   a document that this schema cannot answer
    ├── RequestError             its own code        a request that is answered before anything is executed
    │   ├── LimitExceeded        LIMIT_EXCEEDED      an operation that is larger than one may be
    │   └── of a transport       its own code        what is wrong before GraphQL begins, as HTTP's status 415
    ├── around a GatewayError    its own code        a resolver that says what is wrong
    └── around anything else     INTERNAL            what nobody foresaw: masked, and logged
"""

import logging

from graphql import GraphQLError, GraphQLSyntaxError

from resolvers.errors import GatewayError

logger = logging.getLogger("gateway.errors")

INTERNAL = "INTERNAL"
MASKED = "Internal error"

# The largest whole number that every JSON reader takes exactly.
_LARGEST = 2**53 - 1


class RequestError(GraphQLError):
    """A request that cannot be executed; its answer has no data."""

    def __init__(self, message: str, *, code: str, extensions: dict[str, object] | None = None) -> None:
        super().__init__(message, extensions={**(extensions or {}), "code": code})


class LimitExceeded(RequestError):
    """
    An operation that is larger than one may be.

    Args:
        limit: The limit's name in `schema.limits.Limits`.
        found: What the operation had; a count that was broken off is the least it can have had.
        what: The fact in words, as in ``the operation costs 1,200,000``.
    """

    def __init__(self, limit: str, *, maximum: int, found: int, what: str) -> None:
        super().__init__(
            f"{what}, the limit {limit} is {maximum:,}",
            code="LIMIT_EXCEEDED",
            extensions={"limit": limit, "maximum": maximum, "found": min(found, _LARGEST)},
        )


def client_error(error: GraphQLError, request_id: str | None = None) -> GraphQLError:
    """
    The error as a client may see it: with a code, and without a word that we did not write.

    An exception that nobody foresaw is logged here, with its traceback and the id of the request, and
    answered as INTERNAL with that id, by which whoever reads the log finds it.
    """
    cause = error.original_error
    if isinstance(cause, GatewayError):
        return _coded(error, cause.code)
    if cause is None or isinstance(cause, GraphQLError):
        code = (error.extensions or {}).get("code")
        return _coded(error, code or ("SYNTAX_ERROR" if isinstance(error, GraphQLSyntaxError) else "INVALID_OPERATION"))
    of_request = "" if request_id is None else f" of request {request_id}"
    logger.error("unforeseen error at %s%s", error.path, of_request, exc_info=cause)
    extensions = {"code": INTERNAL} if request_id is None else {"code": INTERNAL, "requestId": request_id}
    return GraphQLError(MASKED, nodes=error.nodes, path=error.path, extensions=extensions)


def _coded(error: GraphQLError, code: str) -> GraphQLError:
    error.extensions = {**(error.extensions or {}), "code": code}
    return error
