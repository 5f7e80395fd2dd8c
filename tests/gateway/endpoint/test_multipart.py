"""Multipart responses, byte by byte."""

import json
from email.parser import BytesParser

from gateway.endpoint.multipart import Multipart
from gateway.streams.message import StreamMessage


def test_parts_are_whole_when_they_are_sent() -> None:
    """Each ends with the delimiter that tells a client so."""
    framing = Multipart()
    for part in (framing.opening, framing.beat, framing.result(StreamMessage(body=b"{}")), framing.failure([])):
        assert part.endswith(b"}\r\n--graphql")


def test_a_response_is_a_multipart_message() -> None:
    """As a reader of such messages has it, and with what Apollo's protocol puts into the parts."""
    framing = Multipart()
    body = b"".join(
        (
            framing.opening,
            framing.result(StreamMessage(body=b'{"data":{"a":1}}', position="p")),
            framing.beat,
            framing.failure([{"message": "m"}]),
            framing.ending,
        )
    )
    message = BytesParser().parsebytes(b"Content-Type: " + framing.content_type + b"\r\n\r\n" + body)
    parts = [part.get_payload() for part in message.walk() if part.get_content_type() == "application/json"]
    assert [json.loads(str(one)) for one in parts] == [
        {},
        {"payload": {"data": {"a": 1}}},
        {},
        {"payload": {"data": None, "errors": [{"message": "m"}]}},
    ]
    assert framing.content_type == b'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'


def test_a_restart_leaves_the_message_without_an_end() -> None:
    """Which Apollo's RetryLink takes for a failure of the network, and asks again."""
    assert Multipart.restart == b""
