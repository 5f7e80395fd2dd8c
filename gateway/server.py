"""The uvicorn server of one process."""

import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from gateway.app import create_app
from gateway.config import ServerUrls, Settings
from gateway.protocols import HTTPConnection, WebSocketConnection


class Server(uvicorn.Server):
    """Says in one line where it can be reached, once it can."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[int], None]) -> None:
        super().__init__(config)
        self._announce = announce

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
        if self.started:
            self._announce(self.servers[0].sockets[0].getsockname()[1])


def config_of(
    app: ASGIApp,
    *,
    host: str,
    port: int,
    max_message_bytes: int = 1_000_000,
    log_level: str | None = None,
    grace_seconds: int | None = None,
) -> uvicorn.Config:
    """
    How uvicorn serves *app*.

    Args:
        max_message_bytes: The longest message that a WebSocket takes; a longer one closes it with 1009.
        grace_seconds: How long requests may take to finish when the server stops.
    """
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=HTTPConnection,
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


def serve(settings: Settings, urls: ServerUrls, *, begun: float, note: str = "") -> int:
    """
    Serves until a signal asks to stop, and returns the exit status.

    Args:
        begun: ``time.monotonic()`` when the command began, for the line that says how long it took.
        note: Words about what is served.
    """

    def announce(port: int) -> None:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        seconds = time.monotonic() - begun
        sys.stdout.write(f"Signal Gateway is ready after {seconds:.1f} s: http://{host}:{port}/graphql{note}\n")
        sys.stdout.flush()

    config = config_of(
        create_app(settings, urls),
        host=settings.host,
        port=settings.port,
        max_message_bytes=settings.max_body_bytes,
        log_level=settings.log_level.lower(),
        grace_seconds=settings.shutdown_grace_seconds,
    )
    server = Server(config, announce)
    try:
        server.run()
    except SystemExit:
        # uvicorn's way to say that it cannot listen; its status 3 means something else here.
        if server.started:
            raise
    return 0 if server.started else 1
