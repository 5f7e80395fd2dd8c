"""GraphQL over WebSocket: who may connect, and what a connection begins with."""

from typing import Any

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from gateway.endpoint.answering import Answering
from gateway.endpoint.connections import Connections
from gateway.endpoint.encoding import encoded
from gateway.endpoint.open_socket import OpenSocket
from gateway.endpoint.origins import is_allowed
from gateway.endpoint.request_id import request_id_of
from gateway.endpoint.requests import HTTPError
from gateway.endpoint.transport_ws import SUBPROTOCOL, Close
from schema.errors import RequestError

# One of the registered codes after which clients connect again.
_TRY_AGAIN = 1013


async def serve_websocket(
    endpoint: Answering[Any, Any], connections: Connections, scope: Scope, receive: Receive, send: Send
) -> None:
    """Serves one connection from its handshake on."""
    websocket = WebSocket(scope, receive, send)
    websocket.state.request_id = request_id_of(websocket.headers.get("x-request-id", "").encode("latin-1")).decode()
    await receive()
    origin, host = websocket.headers.get("origin"), websocket.headers.get("host", "")
    if not is_allowed(origin, host, connections.limits.allowed_origins):
        await _forbid(websocket, origin or "")
        return
    is_spoken = SUBPROTOCOL in scope["subprotocols"]
    await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL if is_spoken else None})
    socket = OpenSocket(endpoint, connections, websocket, receive, send)
    if not is_spoken:
        await socket.close(Close(4406, "Subprotocol not acceptable"))
        return
    try:
        connections.add(socket)
    except HTTPError as refused:
        # As a close, because a browser does not tell its page why a handshake was refused.
        await socket.close(Close(_TRY_AGAIN, refused.message))
        return
    try:
        await socket.serve()
    finally:
        connections.discard(socket)


async def _forbid(websocket: WebSocket, origin: str) -> None:
    if "websocket.http.response" not in websocket.scope.get("extensions", {}):
        await websocket.send({"type": "websocket.close"})
        return
    error = RequestError(
        f"a page of {origin[:100]} may not connect; GATEWAY_ALLOWED_ORIGINS names those that may",
        code="ORIGIN_NOT_ALLOWED",
    )
    headers = [(b"content-type", b"application/json; charset=utf-8")]
    await websocket.send({"type": "websocket.http.response.start", "status": 403, "headers": headers})
    await websocket.send({"type": "websocket.http.response.body", "body": encoded({"errors": [error.formatted]})})
