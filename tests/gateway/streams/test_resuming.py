"""Clients that fall behind, come back, or have to begin anew."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from graphql import GraphQLError

from gateway.streams.hub_settings import HubSettings
from gateway.streams.message import StreamEnded
from resolvers.events.position import position_text
from resolvers.model.event import EventKind
from tests.gateway.streams.rows import EVERY, ROWS, row, told
from tests.gateway.streams.stage import AT_ONCE, Stage, rows_of, stream_of


async def test_a_client_that_does_not_read_all_is_ended_and_told_where_to_resume() -> None:
    """It holds no more than its outbox, others get everything, and it gets the rest when it comes back."""
    stage = Stage(settings=HubSettings(beat_seconds=0.0, max_outbox_bytes=5_000))
    slow, fast = await stage.joined(EVERY), await stage.joined(EVERY)
    stage.tell(stage.all.write(row("a", 0.5)))
    await stage.idle()
    last = slow.taken()
    assert last is not None
    got = rows_of(fast.taken())
    for number in range(200):
        stage.tell(stage.all.write(row("a", float(number))))
        await stage.idle()
        got += rows_of(fast.taken())
        assert slow.outbox.size_bytes <= 5_200
    with pytest.raises(StreamEnded) as ended:
        await anext(slow)
    (error,) = ended.value.errors
    assert error["extensions"] == {"code": "TOO_SLOW", "limit": "max_outbox_bytes", "position": last.position}
    assert len(stage.hub.subscribers) == 1
    assert len(got) == 201

    again = await stage.join(EVERY, resume_from=last.position)
    rest: list[Any] = []
    while len(rest) < 200:
        rest += rows_of(await anext(again))
        assert again.outbox.size_bytes <= 5_000
    assert rest == got[1:]


async def test_a_client_that_does_not_read_the_newest_is_conflated() -> None:
    """It holds one item of each subject, and is told how many it missed."""
    stage = Stage()
    stage.latest.write(row("a"), row("b"))
    stage.hub.start()
    slow = await stage.joined(ROWS, names=["a", "b"])
    for number in range(500):
        stage.tell(stage.latest.write(row("a", float(number)), row("b", float(number))))
        await stage.idle()
    assert slow.outbox.size_bytes < 100
    message = slow.taken()
    assert rows_of(message) == told(("a", 499.0), ("b", 499.0))
    assert stream_of(message) == {"skipped": 998}


@pytest.mark.parametrize("is_other_process", [False, True])
async def test_who_comes_back_gets_what_it_missed(is_other_process: bool) -> None:
    """From what the hub remembers, or from the source."""
    stage = Stage()
    stage.latest.write(row("a"), row("b"))
    stage.hub.start()
    state = await anext(await stage.join(ROWS, names=["a", "b"]))
    every = await anext(await stage.join(EVERY))
    stage.tell(
        *[stage.latest.write(row("a", float(number))) for number in range(5)],
        stage.latest.write(row("c")),
        *[stage.all.write(row("a", float(number))) for number in range(5)],
    )
    await stage.idle()
    if is_other_process:
        stage.hub = stage.new_hub()
    reads = len(stage.latest.reads)

    back = await stage.join(ROWS, names=["a", "b"], resume_from=state.position)
    all_back = await stage.join(EVERY, resume_from=every.position)
    message = await anext(back)
    assert rows_of(message) == told(("a", 4.0))
    assert stream_of(message) == {"skipped": 4}
    assert rows_of(await anext(all_back)) == told(*[("a", float(number)) for number in range(5)])
    assert len(stage.latest.reads) == reads + is_other_process

    stage.tell(stage.latest.write(row("b", 7.0)), stage.all.write(row("b", 7.0)))
    assert rows_of(await anext(back)) == told(("b", 7.0))
    assert rows_of(await anext(all_back)) == told(("b", 7.0))
    nothing = await anext(await stage.join(ROWS, names=["a", "b"], resume_from=back.position))
    assert (rows_of(nothing), stream_of(nothing)) == ([], {})


@pytest.mark.parametrize("text", [ROWS, EVERY])
async def test_what_is_no_longer_held_is_a_reset(text: str) -> None:
    """And the present state; a position of a database that is gone too, and one that no event has."""
    stage = Stage()
    market = stage.latest if text is ROWS else stage.all
    for number in range(10):
        market.write(row("a", float(number)))
    market.kept_from = 6
    stage.hub.start()
    for origin, number in ((stage.hub.origin, 3), ("ffffffff", 9), (stage.hub.origin, 5000)):
        resume_from = position_text(origin, {market.kind: number})
        message = await anext(await stage.join(text, names=["a"], resume_from=resume_from))
        assert rows_of(message) == told(("a", 9.0))
        assert stream_of(message) == {"reset": True}
        assert message.position == position_text(stage.hub.origin, {market.kind: 10})


async def test_a_position_that_is_none_is_refused() -> None:
    """Before anything begins."""
    stage = Stage()
    for text in ("", "AAAA", position_text(stage.hub.origin, {EventKind.CANDLES: 1})):
        with pytest.raises(GraphQLError) as refused:
            await stage.join(ROWS, names=["a"], resume_from=text)
        assert isinstance(refused.value.original_error, Exception)
    assert stage.hub.subscribers == []


@pytest.mark.parametrize("text", [ROWS, EVERY])
async def test_events_that_were_missed_for_good_are_a_reset_for_all(text: str) -> None:
    """Everybody gets the present state, and then what follows; of all, after what was promised."""
    stage = Stage()
    market = stage.latest if text is ROWS else stage.all
    market.write(row("a"))
    stage.hub.start()
    subscribers = [await stage.joined(text, names=["a"]) for _ in range(3)]
    stage.tell(market.write(row("a", 2.0)))
    await stage.idle()
    market.write(row("a", 3.0))  # which nobody hears of
    reads = len(market.reads)
    stage.hub.on_reset([market.kind])
    stage.tell(market.write(row("a", 4.0)))
    await stage.idle()
    stage.tell(market.write(row("a", 5.0)))
    await stage.idle()
    assert len(market.reads) == reads + 1
    for one in subscribers:
        if text is EVERY:
            assert rows_of(one.taken()) == told(("a", 2.0))
        first, second = one.taken(), one.taken()
        assert rows_of(first) == told(("a", 4.0))
        assert stream_of(first) == {"reset": True}
        assert rows_of(second) == told(("a", 5.0))
        assert stream_of(second) == {}


@pytest.mark.parametrize("text", [ROWS, EVERY])
async def test_a_state_that_was_read_before_a_reset_is_not_given(text: str) -> None:
    """What was missed may have come between."""
    stage = Stage()
    market = stage.latest if text is ROWS else stage.all
    market.write(row("a", 1.0))
    stage.hub.start()
    market.gate.clear()
    one = await stage.join(text, names=["a"])
    await asyncio.sleep(0.001)
    market.write(row("a", 2.0))  # which nobody hears of
    stage.hub.on_reset([market.kind])
    market.gate.set()
    message = await anext(one)
    assert rows_of(message) == told(("a", 2.0))
    assert stream_of(message) == {"reset": True}
    await stage.idle()
    assert one.taken() is None


async def test_what_is_being_told_when_everybody_begins_anew_is_dropped() -> None:
    """Its numbers may be those of another database, and higher than the new state's."""
    stage = Stage(settings=replace(AT_ONCE, turn_seconds=0.0))
    market = stage.latest
    market.write(row("a"), row("b"))
    stage.hub.start()
    one = await stage.joined(ROWS, names=["a", "b"])
    executions = stage.hub.executions.count
    stage.tell(*[market.write(row(name, price)) for name in "ab" for price in (2.0, 3.0)])
    while stage.hub.executions.count == executions:  # noqa: ASYNC110 - it is told between two turns
        await asyncio.sleep(0)
    market.events.clear()
    market.state.update([row("a", 7.0), row("b", 7.0)])
    stage.hub.on_reset([market.kind])
    await stage.idle()
    message = one.taken()
    assert rows_of(message) == told(("a", 7.0), ("b", 7.0))
    assert stream_of(message) == {"reset": True}
    assert one.taken() is None
    await one.aclose()
