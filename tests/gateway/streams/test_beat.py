"""Beats: the first event at once, the next ones together."""

import asyncio
from dataclasses import replace

from gateway.streams.hub_settings import HubSettings
from tests.gateway.streams.rows import ROWS, row, told
from tests.gateway.streams.stage import AT_ONCE, Stage, rows_of, stream_of


async def test_nobody_takes_half_of_a_beat() -> None:
    """However often others have their turns: the position of such a message would be after the other half."""
    stage = Stage(settings=replace(AT_ONCE, turn_seconds=0.0))
    stage.latest.write(row("a"), row("b"))
    stage.hub.start()
    one = await stage.joined(ROWS, names=["a", "b"])
    stage.tell(stage.latest.write(row("a", 2.0)), stage.latest.write(row("b", 2.0)))
    while (message := one.taken()) is None:  # noqa: ASYNC110 - it is there between two turns
        await asyncio.sleep(0)
    assert rows_of(message) == told(("a", 2.0), ("b", 2.0))
    await one.aclose()


async def test_the_first_event_after_a_quiet_beat_goes_out_at_once() -> None:
    """The next ones together, with the next beat."""
    stage = Stage(settings=HubSettings(beat_seconds=3600))
    stage.latest.write(row("a"), row("b"))
    stage.hub.start()
    one = await stage.joined(ROWS, names=["a", "b"])
    stage.tell(stage.latest.write(row("a", 2.0)))
    assert rows_of(await anext(one)) == told(("a", 2.0))
    count = stage.hub.executions.count

    stage.tell(stage.latest.write(row("a", 3.0)), stage.latest.write(row("b", 3.0)))
    for _ in range(10):
        await asyncio.sleep(0)
    stage.tell(stage.latest.write(row("a", 4.0)))
    assert (one.taken(), stage.hub.executions.count) == (None, count)

    stage.hub.flush()
    message = await anext(one)
    assert rows_of(message) == told(("a", 4.0), ("b", 3.0))
    assert stream_of(message) == {"skipped": 1}
    assert stage.hub.executions.count == count + 1
    await stage.hub.close()


async def test_a_beat_is_one_message() -> None:
    """For a reader that waits, whatever else has its turn meanwhile."""
    stage = Stage(settings=HubSettings(beat_seconds=0.0, turn_seconds=0.0))
    stage.latest.write(row("a"), row("b"), row("c"))
    stage.hub.start()
    one = await stage.joined(ROWS, names=["a", "b", "c"])
    reading = asyncio.ensure_future(anext(one))
    await asyncio.sleep(0)
    stage.tell(*[stage.latest.write(row(name, 2.0)) for name in "abc"])
    assert rows_of(await reading) == told(("a", 2.0), ("b", 2.0), ("c", 2.0))
