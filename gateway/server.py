"""The uvicorn server of one process."""

import asyncio
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import cast

import uvicorn
from starlette.types import ASGIApp

from gateway.app import create_app
from gateway.config import ServerUrls, Settings
from gateway.endpoint.connections import Connections
from gateway.garbage import Garbage
from gateway.http_connection import Answers, HTTPConnection
from gateway.lifespan import Feed
from gateway.websocket_connection import WebSocketConnection

_STEP_SECONDS = 0.1
_TICKS_PER_SECOND = 10


class Server(uvicorn.Server):
    """
    Says in one line where it can be reached, once it can, and ends streams before it stops.

    Args:
        announce: Called with the port.
        connections: Those that stream.
        spread_seconds: Over how long they are ended when the server stops; at most half of its grace is taken.
        garbage: Looked for every second.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        announce: Callable[[int], None] | None = None,
        *,
        connections: Connections | None = None,
        spread_seconds: float = 0.0,
        garbage: Garbage | None = None,
    ) -> None:
        super().__init__(config)
        self._garbage = garbage
        self._announce = announce
        self._connections = connections
        self._spread_seconds = spread_seconds

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stops gracefully for a terminal that was closed too, which uvicorn does not listen to."""
        if not hasattr(signal, "SIGHUP"):
            with super().capture_signals():
                yield
            return
        before = signal.signal(signal.SIGHUP, self.handle_exit)
        try:
            with super().capture_signals():
                yield
        finally:
            signal.signal(signal.SIGHUP, before)
        if signal.SIGHUP in self._captured_signals:
            signal.raise_signal(signal.SIGHUP)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to listen."""
        await super().startup(sockets)
        if self.started and self._announce is not None:
            self._announce(self.servers[0].sockets[0].getsockname()[1])

    async def on_tick(self, counter: int) -> bool:
        """What is done ten times a second."""
        if self._garbage is not None and counter % _TICKS_PER_SECOND == 0:
            self._garbage.look()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stops: no new connections, an end for those that stream, and what is left of the grace for requests."""
        begun, grace = time.monotonic(), self.config.timeout_graceful_shutdown
        for server in self.servers:
            server.close()
        if self._connections is not None:
            spread = self._spread_seconds if grace is None else min(self._spread_seconds, grace / 2)
            closing = asyncio.create_task(self._connections.close(spread))
            # A second Ctrl-C has no patience.
            while not closing.done() and not self.force_exit:
                await asyncio.wait((closing,), timeout=_STEP_SECONDS)
            closing.cancel()
        if grace is not None:
            self.config.timeout_graceful_shutdown = max(0, grace - int(time.monotonic() - begun))
        await super().shutdown(sockets)


def config_of(
    app: ASGIApp,
    *,
    host: str,
    port: int,
    max_message_bytes: int = 1_000_000,
    log_level: str | None = None,
    grace_seconds: int | None = None,
    answers: Answers | None = None,
) -> uvicorn.Config:
    """
    How uvicorn serves *app*.

    Args:
        answers: What of it may have been answered before.
        max_message_bytes: The longest message that a WebSocket takes; a longer one closes it with 1009.
        grace_seconds: How long requests may take to finish when the server stops.
    """
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=cast("type[asyncio.Protocol]", partial(HTTPConnection, answers=answers)),
        ws=WebSocketConnection,
        ws_max_size=max_message_bytes,
        # A compressor of its own costs each connection some 40 KiB, and each message a compression.
        ws_per_message_deflate=False,
        # The endpoint's own pings tell more: that a client's program is there, not only its network.
        ws_ping_interval=None,
        log_config=None,
        access_log=False,
        log_level=log_level,
        server_header=False,
        timeout_graceful_shutdown=grace_seconds,
    )


def serve(settings: Settings, urls: ServerUrls, *, begun: float, note: str = "", feeds: Sequence[Feed] = ()) -> int:
    """
    Serves until a signal asks to stop, and returns the exit status.

    Args:
        begun: ``time.monotonic()`` when the command began, for the line that says how long it took.
        note: Words about what is served.
        feeds: Bring data in meanwhile, or make something of it.
    """

    def announce(port: int) -> None:
        garbage.start()
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        seconds = time.monotonic() - begun
        sys.stdout.write(f"Signal Gateway is ready after {seconds:.1f} s: http://{host}:{port}/graphql{note}\n")
        sys.stdout.flush()

    garbage = Garbage()
    app = create_app(settings, urls, feeds)
    config = config_of(
        app,
        host=settings.host,
        port=settings.port,
        max_message_bytes=settings.max_body_bytes,
        log_level=settings.log_level.lower(),
        grace_seconds=settings.shutdown_grace_seconds,
        answers=app,
    )
    server = Server(
        config,
        announce,
        connections=app.connections,
        spread_seconds=settings.shutdown_spread_seconds,
        garbage=garbage,
    )
    try:
        server.run()
    except SystemExit:
        # uvicorn's way to say that it cannot listen; its status 3 means something else here.
        if server.started:
            raise
    return 0 if server.started else 1
