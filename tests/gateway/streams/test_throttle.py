"""Streams whose clients want fewer messages."""

from tests.gateway.streams.rows import ROWS, row, told
from tests.gateway.streams.stage import Stage, rows_of, stream_of


async def test_ten_rates_share_one_execution() -> None:
    """Each has its own time; what changed in between is one message."""
    now = 0.0
    stage = Stage()
    stage.hub = stage.new_hub(clock=lambda: now)
    stage.latest.write(row("a"))
    stage.hub.start()
    subscribers = [
        await stage.joined(ROWS.replace(") {", f") @throttle(ms: {100 * number}) {{", 1), names=["a"])
        for number in range(10)
    ]
    assert stage.hub.executions.count == 1
    for step in range(1, 11):
        now = 0.1 * step - 0.01
        stage.tell(stage.latest.write(row("a", float(step + 1))))
        await stage.idle()
        if step == 5:
            taken = [one.taken() for one in subscribers]
            assert [message is not None for message in taken] == [number < 5 for number in range(10)]
            assert [stream_of(message) for message in taken[:5]] == [{"skipped": 4}] * 5
    assert stage.hub.executions.count == 11
    now = 2.0
    assert [stream_of(one.taken()) for one in subscribers] == [{"skipped": 4}] * 5 + [{"skipped": 9}] * 5
    for one in subscribers:
        await one.aclose()


async def test_a_throttled_subscriber_is_woken_when_its_time_has_come() -> None:
    """By itself, without another event."""
    stage = Stage()
    stage.latest.write(row("a"))
    stage.hub.start()
    one = await stage.joined(ROWS.replace(") {", ") @throttle(ms: 20) {", 1), names=["a"])
    stage.tell(stage.latest.write(row("a", 2.0)))
    await stage.idle()
    assert one.taken() is None
    assert rows_of(await anext(one)) == told(("a", 2.0))
    await one.aclose()
