"""The server's end of a connection, where it offers more than ASGI, as `gateway.http_connection` does."""

from collections.abc import MutableMapping
from typing import Any, Protocol, cast


class GoneError(Exception):
    """Nobody reads any more."""


class Wire(Protocol):
    """Of any connection."""

    def abort(self) -> None:
        """Ends the connection at once, whatever its client has not read."""


class TextWire(Wire, Protocol):
    """Of a WebSocket."""

    @property
    def is_writable(self) -> bool:
        """Whether a text need not wait, and there is still somebody to send it to."""

    def write(self, text: bytes) -> None:
        """Sends a text as a frame; only while it need not wait."""

    def write_frame(self, frame: bytes) -> None:
        """Sends a frame, as `text_frame` makes it."""


def wire_of(scope: MutableMapping[str, Any]) -> Wire | None:
    """The end of an HTTP connection; None with another server than the gateway's own."""
    return cast("Wire | None", scope.get("extensions", {}).get("gateway.wire"))


def text_wire_of(scope: MutableMapping[str, Any]) -> TextWire | None:
    """The end of a WebSocket."""
    return cast("TextWire | None", wire_of(scope))
