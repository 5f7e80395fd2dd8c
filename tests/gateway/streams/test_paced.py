"""A stream of one subscriber, at the pace that it asks for."""

from collections.abc import AsyncGenerator
from typing import cast

from gateway.streams.message import Stream, StreamMessage
from gateway.streams.paced import paced


class _Clock:
    """Seconds that pass when somebody sleeps, or is slow."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class _Source:
    """Messages that take a while each, and a note of their end."""

    def __init__(self, clock: _Clock, *seconds: float) -> None:
        self.is_closed = False
        self._clock = clock
        self._seconds = seconds

    async def stream(self) -> AsyncGenerator[StreamMessage, None]:
        try:
            for number, seconds in enumerate(self._seconds):
                self._clock.now += seconds
                yield StreamMessage(body=b"%d" % number)
        finally:
            self.is_closed = True


async def test_no_message_is_early_and_none_is_left_out() -> None:
    """The first one comes at once, one that took longer than the pace as well."""
    clock = _Clock()
    source = _Source(clock, 0.0, 0.25, 2.0, 0.5)
    stream = paced(cast("Stream", source.stream()), 1.0, clock=lambda: clock.now, sleep=clock.sleep)
    assert [message.body async for message in stream] == [b"0", b"1", b"2", b"3"]
    assert clock.slept == [0.75, 0.5]
    assert source.is_closed


async def test_who_leaves_ends_the_source() -> None:
    """Also in the middle; without a pace the stream is the source itself."""
    clock = _Clock()
    source = _Source(clock, 0.0, 0.0)
    stream = paced(cast("Stream", source.stream()), 1.0, clock=lambda: clock.now, sleep=clock.sleep)
    assert (await anext(stream)).body == b"0"
    await stream.aclose()
    assert source.is_closed
    own = cast("Stream", source.stream())
    assert paced(own, 0.0) is own
    await own.aclose()
