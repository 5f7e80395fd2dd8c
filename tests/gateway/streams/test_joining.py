"""The present state, and then what follows it."""

import asyncio

import pytest

from resolvers.events.position import position_text
from resolvers.model.event import EventKind
from tests.gateway.streams.rows import EVERY, ROWS, row, told
from tests.gateway.streams.stage import Stage, rows_of, stream_of


async def test_the_first_message_is_the_present_state() -> None:
    """In the order that was asked for; an empty list is one."""
    stage = Stage()
    stage.latest.write(row("a"), row("b"))
    stage.hub.start()
    assert rows_of(await anext(await stage.join(ROWS, names=["b", "x", "a", "b"]))) == told(("b", 1.0), ("a", 1.0))
    assert rows_of(await anext(await stage.join(ROWS, names=["x"]))) == []
    assert rows_of(await anext(await stage.join(ROWS, names=[]))) == []
    assert rows_of(await anext(await stage.join(EVERY))) == []


@pytest.mark.parametrize("text", [ROWS, EVERY])
async def test_no_event_is_lost_or_repeated_between_the_state_and_what_follows(text: str) -> None:
    """Those that the state has are dropped, those after it are told, in whatever order they arrive."""
    stage = Stage()
    market = stage.latest if text is ROWS else stage.all
    market.write(row("a", 1.0))
    stage.hub.start()
    market.gate.clear()
    before = market.write(row("a", 2.0))
    one = await stage.join(text, names=["a"])
    await asyncio.sleep(0.001)  # it reads: the state is that of event 2
    assert market.reads == [("a",)]
    stage.tell(before, market.write(row("a", 3.0)))
    await asyncio.sleep(0.001)
    market.gate.set()
    await stage.idle()
    stage.tell(market.write(row("a", 4.0)))
    await stage.idle()

    first, second = one.taken(), one.taken()
    assert rows_of(first) == told(("a", 2.0))
    assert first is not None
    assert first.position == position_text(stage.hub.origin, {market.kind: 2})
    assert rows_of(second) == (told(("a", 4.0)) if text is ROWS else told(("a", 3.0), ("a", 4.0)))
    assert stream_of(second) == ({"skipped": 1} if text is ROWS else {})
    assert one.taken() is None


async def test_events_of_the_state_that_arrive_late_are_dropped() -> None:
    """The process is behind the database."""
    stage = Stage()
    stage.latest.write(row("a", 1.0))
    stage.hub.start()
    late = stage.latest.write(row("a", 2.0))
    one = await stage.joined(ROWS, names=["a"])
    stage.tell(late, stage.latest.write(row("b", 2.0)))
    await stage.idle()
    assert one.taken() is None
    stage.tell(stage.latest.write(row("a", 3.0)))
    await stage.idle()
    assert stream_of(one.taken()) == {}


async def test_who_comes_later_is_given_what_the_hub_holds() -> None:
    """Nothing is read, and nothing executed again; also for another selection of the same subjects."""
    stage = Stage()
    stage.latest.write(row("a"), row("b"))
    stage.hub.start()
    await stage.joined(ROWS, names=["a", "b"])
    stage.tell(stage.latest.write(row("a", 2.0)))
    await stage.idle()
    reads, count = len(stage.latest.reads), stage.hub.executions.count

    late = await stage.join(ROWS, names=["b", "a"])
    message = await anext(late)
    assert rows_of(message) == told(("b", 1.0), ("a", 2.0))
    assert message.position == position_text(stage.hub.origin, {EventKind.QUOTES: 2})
    assert (len(stage.latest.reads), stage.hub.executions.count) == (reads, count)

    other = await stage.join(ROWS.replace("name price", "price"), names=["a"])
    assert rows_of(await anext(other)) == [{"price": 2.0}]
    assert len(stage.latest.reads) == reads


async def test_who_watches_again_what_nobody_watched_meanwhile_reads_it() -> None:
    """An item is not held for nobody: it would not be kept up."""
    stage = Stage()
    stage.latest.write(row("a"))
    stage.hub.start()
    await (await stage.joined(ROWS, names=["a"])).aclose()
    stage.tell(stage.latest.write(row("a", 2.0)))
    assert rows_of(await anext(await stage.join(ROWS, names=["a"]))) == told(("a", 2.0))
