"""
Multipart responses to subscriptions as Apollo's clients understand them, without I/O.

Source: "Multipart HTTP protocol for GraphQL Subscriptions", documentation of Apollo's router.
"""

from typing import Any, Final

from gateway.endpoint.encoding import encoded
from gateway.endpoint.negotiation import MULTIPART, SPECIFICATION
from gateway.streams.message import StreamMessage

# A client knows that a part is whole when it reads the delimiter after it, so that follows each part at once.
_DELIMITER: Final = b"\r\n--graphql"
_HEADERS: Final = b"\r\ncontent-type: application/json\r\n\r\n"
_END: Final = b"--\r\n"


def _part(content: bytes) -> bytes:
    return _HEADERS + content + _DELIMITER


class Multipart:
    """The results of one operation."""

    content_type = f'{MULTIPART};boundary="graphql";subscriptionSpec={SPECIFICATION}'.encode()
    beat = _part(b"{}")
    opening = _DELIMITER + beat
    ending = _END
    # No end: what is cut off is a failure of the network, after which Apollo's RetryLink asks again. An error of the
    # protocol would make it do so too, but it then aborts the request and leaves that unhandled.
    restart = b""

    def result(self, message: StreamMessage) -> bytes:
        """A part; its position is in the result alone."""
        return _part(b'{"payload":' + message.body + b"}")

    def failure(self, errors: list[dict[str, Any]]) -> bytes:
        """A part with errors alone."""
        return _part(encoded({"payload": {"data": None, "errors": errors}}))
