"""The endpoint of the market schema."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from gateway.endpoint.access import access_class
from gateway.endpoint.http import GraphQLEndpoint
from gateway.endpoint.operation import Operation
from gateway.endpoint.refusals import Connection
from gateway.endpoint.requests import OperationRequest
from gateway.streams.hub import Hub
from gateway.streams.message import Stream
from gateway.streams.paced import paced
from gateway.streams.selection import NotShared
from resolvers.errors import BadInput
from resolvers.events.position import parsed_position
from resolvers.loaders import Loaders
from resolvers.model.trace import Trace
from resolvers.services import Services
from schema.context import Context
from schema.errors import RequestError
from schema.throttle import throttle_seconds


class MarketEndpoint(GraphQLEndpoint[Context, None]):
    """Gives every operation a context of its own, so that nothing is answered from an earlier one."""

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """A context with fresh loaders on the services of the process."""
        return Context.of(request.state.services)

    def context_of(self, operation: Operation, asked: OperationRequest, context: Context) -> Context:
        """The same with what is known of the operation's text; it reads past what is held where it must."""
        services, loaders = context.services, context.loaders
        if not _has_reached(services, asked):
            loaders = Loaders(services, is_fresh=True)
        return Context(services=services, loaders=loaders, plans=operation.plans)

    async def stream(self, connection: Connection, asked: OperationRequest) -> Stream:
        """
        The stream of a subscription, from the hub of the process, whose executions it shares.

        A field that the hub does not have is streamed for this subscriber alone, by its resolver, and ends with it.

        Raises:
            StreamEnded: If there is nothing to stream, for the reasons given.
        """
        hub: Hub = connection.state.hub
        resume_from = asked.extensions.get("resumeFrom")
        if resume_from is not None and not isinstance(resume_from, str):
            raise RequestError("extensions.resumeFrom must be a position, which is a string", code="BAD_INPUT")
        operation = await self.operation(asked)
        try:
            return await hub.subscribe(
                operation, asked.variables, access=access_class(connection.scope), resume_from=resume_from
            )
        except NotShared:
            if resume_from is not None:
                raise RequestError(
                    "this stream has no positions, extensions.resumeFrom was given; subscribe anew", code="BAD_INPUT"
                ) from None
            # The hub has coerced them before.
            values: Any = operation.variables.coerced(asked.variables)
            seconds = throttle_seconds(operation.definition, values)
            return paced(await super().stream(connection, asked), seconds)

    def trace_of(self, context: Context) -> Trace:
        """What the loaders have read."""
        return context.loaders.trace

    def may_be_shared(self, request: Connection, asked: OperationRequest) -> bool:
        """Whether this process has heard of all that the client knows of."""
        return _has_reached(request.state.services, asked)


def _has_reached(services: Services, asked: OperationRequest) -> bool:
    """
    Whether this process has heard of everything up to the position in ``extensions.after``.

    Raises:
        BadInput: If that is no position.
    """
    after = asked.extensions.get("after")
    if after is None:
        return True
    if not isinstance(after, str):
        raise BadInput("extensions.after must be a position, which is a string")
    return services.events.has_reached(parsed_position(after, services.events.origin))
