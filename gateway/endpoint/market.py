"""The endpoint of the market schema."""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from gateway.endpoint.http import GraphQLEndpoint
from gateway.endpoint.operation import Operation
from gateway.endpoint.requests import OperationRequest
from schema.context import Context


class MarketEndpoint(GraphQLEndpoint[Context, None]):
    """Gives every operation a context of its own, so that nothing is answered from an earlier one."""

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """A context with fresh loaders on the services of the process."""
        return Context.of(request.state.services)

    def context_of(self, operation: Operation, asked: OperationRequest, context: Context) -> Context:
        """The same with what is known of the operation's text."""
        return replace(context, plans=operation.plans)
