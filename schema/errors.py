"""The one place that turns exceptions into GraphQL errors with a code."""

import logging

from graphql import GraphQLError, GraphQLSyntaxError

from resolvers.errors import GatewayError

logger = logging.getLogger("gateway.errors")

MASKED = "Internal error"


def client_error(error: GraphQLError) -> GraphQLError:
    """
    The error as a client may see it: with a code, and without a word that we did not write.

    An exception that nobody foresaw is logged here, with its traceback, and answered as INTERNAL.
    """
    cause = error.original_error
    if isinstance(cause, GatewayError):
        return _coded(error, cause.code)
    if cause is None or isinstance(cause, GraphQLError):
        code = (error.extensions or {}).get("code")
        return _coded(error, code or ("SYNTAX_ERROR" if isinstance(error, GraphQLSyntaxError) else "INVALID_OPERATION"))
    logger.error("unforeseen error at %s", error.path, exc_info=cause)
    return GraphQLError(MASKED, nodes=error.nodes, path=error.path, extensions={"code": "INTERNAL"})


def _coded(error: GraphQLError, code: str) -> GraphQLError:
    error.extensions = {**(error.extensions or {}), "code": code}
    return error
