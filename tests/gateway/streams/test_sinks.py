"""What a sink is given, and what a reader takes himself."""

import asyncio

import pytest

from gateway.streams.message import StreamEnded, StreamMessage
from tests.gateway.streams.rows import EVERY, ROWS, row, told
from tests.gateway.streams.stage import Stage, rows_of, stream_of


class _Sent:
    """A sink that a test opens and closes."""

    def __init__(self) -> None:
        self.is_open = True
        self.messages: list[StreamMessage] = []

    def send(self, message: StreamMessage) -> None:
        """Notes a message."""
        self.messages.append(message)

    @property
    def prices(self) -> list[float]:
        """What was told."""
        return [row["price"] for message in self.messages for row in rows_of(message)]


async def test_a_sink_is_given_what_there_is_while_it_is_open() -> None:
    """Whoever waits for the next message gets what a closed one does not take, and the order stays."""
    stage = Stage()
    stage.latest.write(row("a"))
    stage.hub.start()
    one = await stage.joined(ROWS, names=["a"])
    one.sink = sent = _Sent()
    stage.tell(stage.latest.write(row("a", 2.0)))
    await stage.idle()
    assert sent.messages == []  # nobody waits

    assert rows_of(await anext(one)) == told(("a", 2.0))
    reading = asyncio.ensure_future(anext(one))
    for price in (3.0, 4.0):
        await asyncio.sleep(0)
        stage.tell(stage.latest.write(row("a", price)))
        await stage.idle()
    assert sent.prices == [3.0, 4.0]
    assert not reading.done()

    sent.is_open = False
    stage.tell(stage.latest.write(row("a", 5.0)))
    await stage.idle()
    sent.is_open = True
    # It was woken for that one, so the next is not given past it.
    stage.tell(stage.latest.write(row("a", 6.0)))
    assert rows_of(await reading) == told(("a", 5.0))
    await stage.idle()
    assert rows_of(one.taken()) == told(("a", 6.0))
    assert sent.prices == [3.0, 4.0]
    await one.aclose()


async def test_a_sink_is_given_messages_when_their_time_has_come() -> None:
    """The reader is not woken for them."""
    stage = Stage()
    stage.latest.write(row("a"))
    stage.hub.start()
    one = await stage.joined(ROWS.replace(") {", ") @throttle(ms: 20) {", 1), names=["a"])
    one.sink = sent = _Sent()
    reading = asyncio.ensure_future(anext(one))
    await asyncio.sleep(0)
    for price in (2.0, 3.0):
        stage.tell(stage.latest.write(row("a", price)))
        await stage.idle()
    assert sent.messages == []
    while not sent.messages:  # noqa: ASYNC110 - it comes by the clock
        await asyncio.sleep(0.001)
    assert sent.prices == [3.0]
    assert stream_of(sent.messages[0]) == {"skipped": 1}
    assert not reading.done()
    one.end({"message": "over", "extensions": {"code": "ANY"}})
    with pytest.raises(StreamEnded) as ended:
        await reading
    assert ended.value.errors[0]["extensions"]["position"] == sent.messages[0].position
    await one.aclose()


async def test_a_sink_takes_everything_of_all() -> None:
    """In order, what the reader had and what it is given."""
    stage = Stage()
    stage.hub.start()
    one = await stage.joined(EVERY)
    one.sink = sent = _Sent()
    reading = asyncio.ensure_future(anext(one))
    await asyncio.sleep(0)
    for price in (1.0, 2.0, 2.0):
        stage.tell(stage.all.write(row("a", price)))
        await stage.idle()
    assert sent.prices == [1.0, 2.0, 2.0]
    await one.aclose()
    with pytest.raises(StopAsyncIteration):
        await reading
