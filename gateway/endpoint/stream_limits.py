"""What a connection that streams may be."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamLimits:
    """
    What a connection that streams may be.

    Attributes:
        max_connections: Connections that stream at the same time, in one process.
        max_operations: Operations at the same time on one of them.
        init_seconds: How long a client over WebSocket may take to send its `connection_init`.
        reserved_seconds: How long an event stream is reserved for a client that does not open it.
        ping_seconds: How often a connection is tried. A WebSocket that has said nothing by the next time is closed.
        send_seconds: How long a client may take to read what it was sent.
        retry_seconds: After which a client that was refused may try again.
        allowed_origins: Other pages than the gateway's own that may open WebSockets, as ``https://example.com``; ``*``
            for all.
    """

    max_connections: int = 10_000
    max_operations: int = 100
    init_seconds: float = 10.0
    reserved_seconds: float = 30.0
    ping_seconds: float = 20.0
    send_seconds: float = 10.0
    retry_seconds: int = 5
    allowed_origins: frozenset[str] = frozenset()
