"""
The server's end of a WebSocket, which offers the application a little more than ASGI does.

In ``scope["extensions"]["gateway.wire"]``: a connection whose client reads nothing can be ended at once, which closing
cannot do, as it waits for what was written before; and it takes text as the bytes that it is sent as.
"""

import logging
from functools import partial
from struct import pack
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from gateway.burst import Burst
from gateway.departures import Departures

# uvicorn tells of each WebSocket that opens.
_quiet = logging.getLogger("uvicorn.error.websockets")
_quiet.setLevel(logging.WARNING)

# As much as a transport takes before it says that it is enough.
_MOST_WAITING_BYTES: Final = 65_536


class WebSocketConnection(WebSocketsSansIOProtocol):
    """A WebSocket connection; its messages are never compressed, so one byte string can serve every client."""

    # What every frame takes, side by side. In a dictionary of forty it is in as many places of memory, and where a
    # thousand connections are written to, none of them is in the processor's caches.
    __slots__ = ("_burst", "_takes_more", "_waiting", "_waiting_bytes", "close_sent", "transport")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.logger = self.conn.logger = _quiet
        self._burst = Burst.of(self.loop)
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._takes_more = True

    async def run_asgi(self) -> None:
        """Runs the application for this connection."""
        extensions: Any = self.scope["extensions"]
        extensions["gateway.wire"] = self
        await super().run_asgi()

    @property
    def is_writable(self) -> bool:
        """Whether a text need not wait, and there is still somebody to send it to."""
        return (
            self._takes_more
            and self._waiting_bytes < _MOST_WAITING_BYTES
            and not (self.close_sent or self.transport.is_closing())
        )

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client has gone: the connection is closed, in turn with others."""
        Departures.of(self.loop).add(self.transport.close)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed; where nobody has closed it in turn, whoever serves it hears of it in turn."""
        if exc is None:
            super().connection_lost(None)
        else:
            Departures.of(self.loop).add(partial(super().connection_lost, exc))

    def pause_writing(self) -> None:
        """The transport has enough."""
        super().pause_writing()
        self._takes_more = False

    def resume_writing(self) -> None:
        """It takes more."""
        super().resume_writing()
        self._takes_more = True

    def write(self, text: bytes) -> None:
        """Sends a text as a frame; only while it need not wait."""
        self.write_frame(text_frame(text))

    def write_frame(self, frame: bytes) -> None:
        """Sends a frame, as `text_frame` makes it, at the end of this turn of the event loop."""
        self._waiting.append(frame)
        self._waiting_bytes += len(frame)
        if len(self._waiting) == 1:
            self._burst.add(self)

    def flush(self) -> None:
        """Writes the frames that wait."""
        if not self._waiting:
            return
        waiting = self._waiting[0] if len(self._waiting) == 1 else b"".join(self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0
        if not self.transport.is_closing():
            self.transport.write(waiting)

    async def send(self, message: Any) -> None:
        """Sends what ASGI has, after the frames that wait."""
        self.flush()
        await super().send(message)

    def shutdown(self) -> None:
        """Closes the connection, after the frames that wait."""
        self.flush()
        super().shutdown()

    def abort(self) -> None:
        """Ends the connection at once."""
        self.transport.abort()


def text_frame(text: bytes) -> bytes:
    """A text as one frame of RFC 6455, of a server and so without a mask."""
    size = len(text)
    if size < 126:
        return pack("!BB", 0x81, size) + text
    if size < 65_536:
        return pack("!BBH", 0x81, 126, size) + text
    return pack("!BBQ", 0x81, 127, size) + text
