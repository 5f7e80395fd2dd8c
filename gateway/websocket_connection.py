"""
The server's end of a WebSocket, which offers the application a little more than ASGI does.

In ``scope["extensions"]["gateway.wire"]``: a connection whose client reads nothing can be ended at once, which closing
cannot do, as it waits for what was written before; and it takes text as the bytes that it is sent as.
"""

import logging
from struct import pack
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

# uvicorn tells of each WebSocket that opens.
_quiet = logging.getLogger("uvicorn.error.websockets")
_quiet.setLevel(logging.WARNING)


class WebSocketConnection(WebSocketsSansIOProtocol):
    """A WebSocket connection; its messages are never compressed, so one byte string can serve every client."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.logger = self.conn.logger = _quiet

    async def run_asgi(self) -> None:
        """Runs the application for this connection."""
        extensions: Any = self.scope["extensions"]
        extensions["gateway.wire"] = self
        await super().run_asgi()

    @property
    def is_writable(self) -> bool:
        """Whether a text need not wait, and there is still somebody to send it to."""
        return self.writable.is_set() and not (self.close_sent or self.disconnected or self.transport.is_closing())

    def write(self, text: bytes) -> None:
        """Sends a text frame; only while it need not wait."""
        self.transport.write(text_frame(text))

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
