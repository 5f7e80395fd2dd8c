"""Server-sent events, byte by byte."""

import pytest

from gateway.endpoint.sse import EventStream, complete_event, next_event
from gateway.streams.message import StreamMessage


@pytest.mark.parametrize(
    ("message", "event"),
    [
        (StreamMessage(body=b'{"data":1}'), b'event: next\ndata: {"data":1}\n\n'),
        (StreamMessage(body=b'{"data":1}', position="a-1"), b'event: next\nid: a-1\ndata: {"data":1}\n\n'),
        (StreamMessage(body=b'{\r\n "a": "\\n"\n}'), b'event: next\ndata: { "a": "\\n"}\n\n'),
        (StreamMessage(body='{"a":"ä"}'.encode()), 'event: next\ndata: {"a":"ä"}\n\n'.encode()),
    ],
    ids=str,
)
def test_a_result_is_a_next_event(message: StreamMessage, event: bytes) -> None:
    """Its position is the id; a line break between the values of its JSON would be the end of a line."""
    assert EventStream().result(message) == event


def test_the_other_parts() -> None:
    """Comments, the end with the empty data that browsers need, and a pause for who shall come back."""
    assert EventStream.opening == EventStream.beat == b":\n\n"
    assert EventStream.ending == b"event: complete\ndata:\n\n"
    assert EventStream.restart.startswith(b": ")
    assert EventStream.restart.endswith(b"\nretry: 1000\n\n")
    assert b"data:" not in EventStream.restart
    assert EventStream().failure([{"message": "m"}]) == b'event: next\ndata: {"errors":[{"message":"m"}]}\n\n'


def test_events_of_one_of_several_operations() -> None:
    """Each names its operation."""
    assert next_event('a"', b'{"data":1}') == b'event: next\ndata: {"id":"a\\"","payload":{"data":1}}\n\n'
    assert complete_event("a") == b'event: complete\ndata: {"id":"a"}\n\n'
