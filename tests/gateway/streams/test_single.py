"""Streams of a field that is no list."""

from typing import Any

from gateway.streams.message import StreamMessage
from resolvers.model.event import EventKind
from tests.gateway.streams.rows import row
from tests.gateway.streams.stage import Stage, read, stream_of

_SINGLE = "subscription ($name: String!) { single(names: [$name]) { name price } }"


def _single(message: StreamMessage) -> Any:
    return (read(message)["data"] or {}).get("single")


async def test_a_field_may_be_one_object() -> None:
    """Its state, and then each change; conflated changes are counted."""
    stage = Stage()
    stage.latest.write(row("a"))
    stage.hub.start()
    one = await stage.join(_SINGLE, name="a")
    assert _single(await anext(one)) == {"name": "a", "price": 1.0}
    stage.tell(stage.latest.write(row("a", 2.0)), stage.latest.write(row("a", 3.0)))
    message = await anext(one)
    assert _single(message) == {"name": "a", "price": 3.0}
    assert stream_of(message) == {"skipped": 1}


async def test_one_object_is_repeated_for_who_comes_back_or_hears_a_status() -> None:
    """It cannot be an empty list; changes that were missed are counted as ever."""
    stage = Stage()
    stage.latest.write(row("a"))
    stage.hub.start()
    position = (await anext(await stage.join(_SINGLE, name="a"))).position
    stage.tell(stage.latest.write(row("b")))
    again = await stage.join(_SINGLE, position, name="a")
    message = await anext(again)
    assert (_single(message), stream_of(message)) == ({"name": "a", "price": 1.0}, {})
    assert message.position != position
    stage.tell(stage.latest.write(row("a", 2.0)), stage.latest.write(row("a", 3.0)))
    message = await anext(await stage.join(_SINGLE, message.position, name="a"))
    assert (_single(message), stream_of(message)) == ({"name": "a", "price": 3.0}, {"skipped": 1})
    await anext(again)
    stage.hub.on_status([EventKind.QUOTES], is_reachable=False)
    message = await anext(again)
    assert (_single(message), stream_of(message)) == ({"name": "a", "price": 3.0}, {"status": "UNAVAILABLE"})


async def test_what_comes_while_an_unchanged_object_is_read_is_counted() -> None:
    """A position from which nothing was missed, and two events between the look at them and the state."""
    stage = Stage()
    stage.latest.write(row("a"))
    stage.hub.start()
    position = (await anext(await stage.join(_SINGLE, name="a"))).position
    stage.latest.gate.clear()
    again = await stage.join(_SINGLE, position, name="a")
    events = [stage.latest.write(row("a", price)) for price in (2.0, 3.0)]
    stage.latest.gate.set()
    message = await anext(again)
    stage.tell(*events)
    assert (_single(message), stream_of(message)) == ({"name": "a", "price": 3.0}, {"skipped": 1})
    await stage.idle()
    assert again.taken() is None


async def test_one_object_that_there_is_not_is_an_error() -> None:
    """Because nothing is stored of it, or because nobody can know; the stream goes on."""
    stage = Stage()
    stage.hub.start()
    one = await stage.join(_SINGLE, name="a")
    message = read(await anext(one))
    assert message["data"] is None
    assert message["errors"][0]["extensions"] == {"code": "NOT_FOUND"}
    stage.tell(stage.latest.write(row("a")))
    assert _single(await anext(one)) == {"name": "a", "price": 1.0}
    stage.latest.is_there = False
    other = await stage.join(_SINGLE, name="b")
    message = read(await anext(other))
    assert message["errors"] == [
        {
            "message": "the source of this stream cannot be reached now",
            "path": ["single"],
            "extensions": {"code": "UNAVAILABLE"},
        }
    ]
    assert message["extensions"]["stream"] == {"status": "UNAVAILABLE"}
    # It is asked for again and again, as long as somebody waits.
    await other.aclose()
