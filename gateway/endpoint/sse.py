"""
Server-sent events as graphql-sse has them, without I/O.

Source: the protocol's text, PROTOCOL.md of github.com/enisdenjo/graphql-sse, and the HTML standard (9.2).
"""

from typing import Any, Final

import orjson

from gateway.endpoint.encoding import encoded
from gateway.endpoint.negotiation import EVENT_STREAM
from gateway.streams.message import StreamMessage

# A pause for clients that were not told another: browsers wait 3 s otherwise, and forget nobody else's backlog.
_RETRY_MILLISECONDS: Final = 1000


class EventStream:
    """The results of one operation, as graphql-sse's distinct connections mode has them."""

    content_type = EVENT_STREAM.encode() + b"; charset=utf-8"
    opening = b":\n\n"
    beat = b":\n\n"
    # A browser's EventSource takes no notice of an event without data.
    ending = b"event: complete\ndata:\n\n"
    restart = (
        b": the server restarts; connect again, with the last id as Last-Event-ID\nretry: %d\n\n" % _RETRY_MILLISECONDS
    )

    def result(self, message: StreamMessage) -> bytes:
        """A `next` event; its id is the result's position."""
        return _event(b"next", message.body, message.position)

    def failure(self, errors: list[dict[str, Any]]) -> bytes:
        """A `next` event with errors alone; the protocol has no other."""
        return _event(b"next", encoded({"errors": errors}))


def next_event(id_: str, body: bytes) -> bytes:
    """A result of one of several operations on one connection, whose positions are in the results alone."""
    return _event(b"next", b'{"id":' + orjson.dumps(id_) + b',"payload":' + body + b"}")


def complete_event(id_: str) -> bytes:
    """The end of one of several operations on one connection."""
    return _event(b"complete", orjson.dumps({"id": id_}))


def _event(kind: bytes, data: bytes, position: str | None = None) -> bytes:
    # In JSON a line break is never part of a value.
    if b"\n" in data or b"\r" in data:
        data = data.replace(b"\n", b"").replace(b"\r", b"")
    if position is None:
        return b"event: " + kind + b"\ndata: " + data + b"\n\n"
    return b"event: " + kind + b"\nid: " + position.encode() + b"\ndata: " + data + b"\n\n"
