"""The hub: sources that are not there, streams that end, and what is left of them."""

import asyncio
import gc
from collections.abc import Sequence
from typing import Any

import pytest
from graphql import GraphQLError

from gateway.streams.message import StreamEnded
from gateway.streams.source import Change
from gateway.streams.subscriber import Subscriber
from resolvers.errors import NotFound
from resolvers.events.position import position_text
from resolvers.model.event import EventKind
from tests.gateway.streams.rows import EVERY, ROWS, row, told
from tests.gateway.streams.stage import AT_ONCE, Stage, read, rows_of, stream_of
from tests.schema.odd_schema import Act


async def test_a_source_that_cannot_be_reached_is_told() -> None:
    """To who comes, with the state when it is back; and to who is there."""
    stage = Stage()
    stage.latest.write(row("a"))
    stage.hub.start()
    stage.latest.is_there = False
    one = await stage.join(ROWS, names=["a"])
    message = await anext(one)
    assert (rows_of(message), stream_of(message)) == ([], {"status": "UNAVAILABLE"})
    later = await stage.join(ROWS, names=["a"])
    assert stream_of(await anext(later)) == {"status": "UNAVAILABLE"}
    stage.latest.is_there = True
    for waiting in (one, later):
        message = await anext(waiting)
        assert (rows_of(message), stream_of(message)) == (told(("a", 1.0)), {"status": "LIVE"})

    stage.hub.on_status([EventKind.QUOTES], is_reachable=False)
    assert stream_of(await anext(one)) == {"status": "UNAVAILABLE"}
    state = await anext(await stage.join(ROWS, names=["a"]))
    assert (rows_of(state), stream_of(state)) == (told(("a", 1.0)), {"status": "UNAVAILABLE"})
    stage.hub.on_status([EventKind.QUOTES], is_reachable=True)
    assert stream_of(await anext(one)) == {"status": "LIVE"}


async def test_a_stream_that_cannot_begin_is_ended_with_the_reason() -> None:
    """What a source says of it; what nobody foresaw is masked."""
    stage = Stage()
    source = stage.sources["rows"]

    def fail(_: Sequence[Change]) -> Sequence[Any]:
        raise NotFound("no such row")

    stage.latest.write(row("a"))
    source.make = fail
    answer = read(await anext(await stage.join(ROWS, names=["a"])))
    assert answer["errors"] == [{"message": "no such row", "path": ["rows", 0], "extensions": {"code": "NOT_FOUND"}}]
    stage.latest.state = {}
    stage.latest.reads = None  # type: ignore[assignment]
    with pytest.raises(StreamEnded) as ended:
        await anext(await stage.join(ROWS, names=["b"]))
    assert ended.value.errors[0]["extensions"] == {"code": "INTERNAL", "position": None}
    assert ended.value.errors[0]["message"] == "Internal error"


async def test_joins_and_leaves_leave_nothing_behind() -> None:
    """No task, no group, no index, no item; whenever they leave."""
    stage = Stage(settings=AT_ONCE)
    stage.latest.write(*[row(f"n{number}") for number in range(50)])
    stage.hub.start()
    staying = await stage.joined(ROWS, names=["n0"])
    tasks = len(asyncio.all_tasks())
    sizes = stage.hub.sizes
    for number in range(10_000):
        text = (ROWS if number % 2 else EVERY).replace("name price", f"name price a{number % 7}: count")
        one = await stage.join(text, names=[f"n{number % 50}"])
        if number % 3 == 0:
            await asyncio.sleep(0)
        if number % 100 == 0:
            stage.tell(stage.latest.write(row(f"n{number % 50}", float(number))))
            await stage.idle()
            one.taken()
        await one.aclose()
        await one.aclose()
    await stage.idle()
    assert stage.hub.subscribers == [staying]
    assert stage.hub.sizes == sizes
    assert len(asyncio.all_tasks()) == tasks
    gc.collect()
    assert sum(isinstance(one, Subscriber) for one in gc.get_objects()) <= 2


async def test_a_reader_that_is_cancelled_loses_no_message() -> None:
    """It may read on."""
    stage = Stage()
    stage.latest.write(row("a"))
    stage.hub.start()
    one = await stage.joined(ROWS, names=["a"])
    reading = asyncio.ensure_future(anext(one))
    await asyncio.sleep(0)
    stage.tell(stage.latest.write(row("a", 2.0)))
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert rows_of(await anext(one)) == told(("a", 2.0))


async def test_a_stream_that_is_closed_ends() -> None:
    """For a reader that waits, too."""
    stage = Stage()
    one = await stage.joined(ROWS, names=["a"])
    reading = asyncio.ensure_future(_all(one))
    await asyncio.sleep(0)
    await one.aclose()
    assert await reading == []
    assert await _all(one) == []


async def _all(one: Subscriber) -> list[Any]:
    return [message async for message in one]


async def test_a_hub_that_closes_tells_where_to_resume() -> None:
    """And lets nobody in any more."""
    stage = Stage()
    stage.latest.write(row("a"))
    stage.hub.start()
    subscribers = [await stage.joined(ROWS, names=["a"]) for _ in range(3)]
    await stage.hub.close(over_seconds=0.001)
    for one in subscribers:
        with pytest.raises(StreamEnded) as ended:
            await anext(one)
        extensions = {"code": "GOING_AWAY", "position": position_text(stage.hub.origin, {EventKind.QUOTES: 1})}
        assert ended.value.errors[0]["extensions"] == extensions
    with pytest.raises(GraphQLError, match="shutting down"):
        await stage.join(ROWS, names=["a"])
    assert stage.hub.is_idle


async def test_a_resolver_that_nobody_foresaw_is_masked_once(caplog: pytest.LogCaptureFixture) -> None:
    """One log entry for all who watch."""
    stage = Stage()
    stage.latest.write(row("a", hidden=Act("raise", 7)))
    stage.hub.start()
    subscribers = [await stage.join('subscription { rows(names: ["a"]) { method } }') for _ in range(5)]
    for one in subscribers:
        answer = read(await anext(one))
        assert answer["data"] == {"rows": [{"method": None}]}
        assert answer["errors"] == [
            {"message": "Internal error", "path": ["rows", 0, "method"], "extensions": {"code": "INTERNAL"}}
        ]
    assert len([one for one in caplog.records if one.name == "gateway.errors"]) == 1
