"""
The least that can broadcast: ``python -m loadtests.bare_broadcast``.

A WebSocket is accepted and kept. The body of a POST is sent to each of them, one after the other, and then the POST is
answered: no protocol of its own, no queue, nobody who is slow.
"""

import os

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.config import Settings
from loadtests.bare_server import Announcing, lifespan


def main() -> None:
    """Serves until a signal ends it."""
    # The same options as the gateway's own server, and uvicorn's own WebSockets that the gateway's are made of.
    config = uvicorn.Config(
        broadcasting(),
        host="127.0.0.1",
        port=0,
        log_config=None,
        access_log=False,
        log_level=os.environ.get("GATEWAY_LOG_LEVEL", "info").lower(),
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        server_header=False,
        timeout_graceful_shutdown=Settings().shutdown_grace_seconds,
    )
    Announcing(config).run()


def broadcasting() -> ASGIApp:
    """The application."""
    connected: dict[Send, None] = {}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            connected[send] = None
            while (await receive())["type"] != "websocket.disconnect":
                pass
            del connected[send]
        else:
            text = (await receive())["body"].decode()
            for one in tuple(connected):
                await one({"type": "websocket.send", "text": text})
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body"})

    return app


if __name__ == "__main__":
    main()
