"""
``gateway serve``, watched: ``python -m loadtests.watched_gateway serve``.

Every answer says how far the process had heard of events when it was asked (``X-Heard``), the reader of events can be
held and let go (``/watched/hold``, ``/watched/go``), and what the tiers counted can be read (``/watched/counts``), as
can what there is of streams (``/watched/streams``) and which of their objects are alive (``/watched/objects``).
"""

import asyncio
import gc
import sys
from collections import Counter
from collections.abc import MutableMapping
from dataclasses import asdict
from typing import Any, ClassVar

import orjson
from starlette.types import Message, Receive, Scope, Send

import gateway.following
import gateway.server
from gateway.app import create_app
from gateway.cli import main
from gateway.endpoint.front import Front, Kept
from gateway.endpoint.reservation import Reservation
from gateway.endpoint.response_stream import ResponseStream
from gateway.endpoint.transport_ws import Begun
from gateway.streams.group import Group
from gateway.streams.subscriber import Subscriber
from gateway.websocket_connection import WebSocketConnection
from resolvers.events.reader import Reader
from resolvers.events.streams import Entry

_OF_STREAMS = (Begun, Group, Reservation, ResponseStream, Subscriber, WebSocketConnection)


class HeldReader(Reader):
    """A reader that hears nothing while it is held; what its own process writes moves revisions nevertheless."""

    may_go: ClassVar[asyncio.Event]

    async def start(self) -> None:
        """As usual."""
        HeldReader.may_go = asyncio.Event()
        self.may_go.set()
        await super().start()

    async def _turn(self) -> None:
        await self.may_go.wait()
        await super()._turn()

    async def _take(self, entry: Entry) -> None:
        # It may have been waiting for this when it was held.
        await self.may_go.wait()
        await super()._take(entry)


class Watched:
    """The application, and a view of what it is doing."""

    def __init__(self, app: Front) -> None:
        self.connections = app.connections
        self.path = app.path
        self.max_request_bytes = app.max_request_bytes
        self._app = app

    def kept(self, scope: MutableMapping[str, Any], body: bytes) -> Kept | None:
        """What was answered before, with how far the process had heard."""
        kept = self._app.kept(scope, body)
        return kept and kept._replace(headers=[*kept.headers, _heard(scope["state"]["services"])])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a question about the process, or passes a request on and says how far it had heard."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        services = scope["state"]["services"]
        if scope["path"].startswith("/watched/"):
            await _sent(send, self._told(scope["path"], scope["state"]))
            return
        heard = _heard(services)

        async def saying(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], heard]}
            await send(message)

        await self._app(scope, receive, saying)

    def _told(self, path: str, state: Any) -> Any:
        if path == "/watched/hold":
            HeldReader.may_go.clear()
        elif path == "/watched/go":
            HeldReader.may_go.set()
        elif path == "/watched/streams":
            return {"tasks": len(asyncio.all_tasks()), "connections": len(self.connections), **state["hub"].sizes}
        elif path == "/watched/objects":
            gc.collect()
            return Counter(type(one).__name__ for one in gc.get_objects() if isinstance(one, _OF_STREAMS))
        else:
            tiers = [[noun, name, count] for noun, name, count in state["services"].tiers.counters]
            return {"tiers": tiers, "responses": asdict(self._app._cache.counts)}
        return {}


def _heard(services: Any) -> tuple[bytes, bytes]:
    """The header that says how far the process has heard."""
    return b"x-heard", b",".join(b"%s=%d" % (kind.value.encode(), n) for kind, n in services.events.position.items())


async def _sent(send: Send, value: Any) -> None:
    body = orjson.dumps(value)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def watched(*arguments: Any) -> Watched:
    """The gateway's application, watched."""
    return Watched(create_app(*arguments))


if __name__ == "__main__":
    gateway.following.Reader = HeldReader  # type: ignore[attr-defined]
    gateway.server.create_app = watched  # type: ignore[attr-defined, assignment]
    sys.exit(main())
