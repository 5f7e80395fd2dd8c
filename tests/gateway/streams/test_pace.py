"""A flush that takes long lets others in between."""

import asyncio

import pytest

from gateway.streams.hub_settings import HubSettings
from gateway.streams.pace import Pace
from tests.gateway.streams.stage import Stage
from tests.schema.odd_schema import Row


async def test_a_turn_is_over_when_its_time_is() -> None:
    """And the next one begins after others had theirs."""
    times = iter([10.0, 11.9, 12.0, 12.0, 13.9])
    pace = Pace(2.0, clock=lambda: next(times))
    assert [pace.is_over for _ in range(2)] == [False, True]
    others: list[int] = []
    asyncio.get_running_loop().call_soon(others.append, 1)
    await pace.rest()
    assert others == [1]
    assert not pace.is_over


@pytest.mark.parametrize(("turn_seconds", "shares"), [(0.0, True), (3600.0, False)])
async def test_other_work_goes_on_during_a_long_flush(turn_seconds: float, shares: bool) -> None:
    """Of 20 selections: between any two where each takes its whole turn."""
    stage = Stage(settings=HubSettings(beat_seconds=0.0, turn_seconds=turn_seconds))
    stage.latest.write(("a", Row(name="a")))
    stage.hub.start()
    for number in range(20):
        await stage.joined(f'subscription {{ rows(names: ["a"]) {{ name a{number}: count }} }}')
    before = stage.hub.executions.count
    seen: list[int] = []

    async def other() -> None:
        while True:
            seen.append(stage.hub.executions.count - before)
            await asyncio.sleep(0)

    task = asyncio.ensure_future(other())
    stage.tell(stage.latest.write(("a", Row(name="a", count=2))))
    await stage.idle()
    task.cancel()
    assert (set(range(1, 20)) <= set(seen)) is shares
    assert stage.hub.executions.count - before == 20
