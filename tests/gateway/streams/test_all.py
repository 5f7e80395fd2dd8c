"""Fields of which every item is told."""

import asyncio
from typing import Any

from gateway.streams.hub_settings import HubSettings
from gateway.streams.source import Change
from tests.gateway.streams.rows import EVERY, row, told
from tests.gateway.streams.stage import Stage, rows_of


async def test_equal_items_arrive_each() -> None:
    """A hundred signals that select to the same bytes are a hundred."""
    stage = Stage()
    one = await stage.joined(EVERY)
    for _ in range(10):
        stage.tell(*[stage.all.write(row("a")) for _ in range(10)])
        await stage.idle()
    assert rows_of(one.taken()) == told(("a", 1.0)) * 100


async def test_the_items_of_one_event_stay_together() -> None:
    """A message between them would have a position after all of them."""
    stage = Stage(settings=HubSettings(beat_seconds=0.0, turn_seconds=0.0))
    one = await stage.joined(EVERY)
    read_: list[Any] = []

    async def poll() -> None:
        while True:
            message = one.taken()
            if message is not None:
                read_.append(rows_of(message))
            await asyncio.sleep(0)

    reading = asyncio.ensure_future(poll())
    stage.tell(stage.all.write(row("a"), row("b"), row("c")), stage.all.write(row("a")))
    await stage.idle()
    await asyncio.sleep(0)
    reading.cancel()
    assert read_ == [told(("a", 1.0), ("b", 1.0), ("c", 1.0)), told(("a", 1.0))]


async def test_audiences_of_all_may_have_conditions() -> None:
    """Asked once for all who have the same."""
    asked: list[str] = []

    def dear(change: Change) -> bool:
        asked.append(change.subject)
        return bool(change.value.price > 5)

    stage = Stage(accepts={"dear": dear})
    everybody = await stage.joined(EVERY)
    of_a = await stage.joined(EVERY, names=["a"])
    dear_ones = [await stage.joined(EVERY, like="dear") for _ in range(3)]
    dear_a = await stage.joined(EVERY, names=["a"], like="dear")
    asked.clear()
    stage.tell(stage.all.write(row("a", 9.0), row("b", 9.0)), stage.all.write(row("a", 1.0)))
    await stage.idle()
    assert rows_of(everybody.taken()) == told(("a", 9.0), ("b", 9.0), ("a", 1.0))
    assert rows_of(of_a.taken()) == told(("a", 9.0), ("a", 1.0))
    for one in dear_ones:
        assert rows_of(one.taken()) == told(("a", 9.0), ("b", 9.0))
    assert rows_of(dear_a.taken()) == told(("a", 9.0))
    assert sorted(asked) == ["a", "a", "a", "a", "b"]
