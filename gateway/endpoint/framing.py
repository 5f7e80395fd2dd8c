"""How the results of one operation are written into an HTTP response that stays open."""

from typing import Any, Protocol

from gateway.streams.message import StreamMessage


class Framing(Protocol):
    """A way to write results; each part is bytes that a client can take by themselves."""

    content_type: bytes

    opening: bytes
    """Sent with the headers, because some clients take notice of those only when something follows."""

    beat: bytes
    """Sent when there was nothing to send for a while, so that nobody in between takes the connection for dead."""

    ending: bytes
    """After the last result."""

    restart: bytes
    """Instead of an ending, when the server stops: it makes clients connect again."""

    def result(self, message: StreamMessage) -> bytes:
        """One result."""

    def failure(self, errors: list[dict[str, Any]]) -> bytes:
        """What an operation that is not executed, or whose source fails, has instead of a result."""
