"""GraphQL over HTTP on strawberry's ASGI view: our context, our errors, our JSON."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse
from strawberry.types import ExecutionResult

from schema.build import build_schema
from schema.context import Context
from schema.errors import client_error


class GraphQLEndpoint(GraphQL[Context, None]):
    """Serves the schema at one path, by POST and GET."""

    def __init__(self) -> None:
        super().__init__(build_schema(), graphql_ide="graphiql", subscription_protocols=())

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """A context of its own for every request, so that nothing is answered from an earlier one."""
        return Context.of(request.state.services)

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        """The answer with every error mapped to its code, and what we did not write masked."""
        if result.errors:
            result.errors = [client_error(error) for error in result.errors]
        return await super().process_result(request, result)

    def encode_json(self, data: object) -> Any:
        """JSON as bytes; orjson needs a tenth of the time of the standard library's."""
        return orjson.dumps(data)
