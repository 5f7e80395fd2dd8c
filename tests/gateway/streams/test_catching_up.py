"""Clients that come back to a field of which nothing may be missed, and have missed much."""

import asyncio
import random
from itertools import pairwise
from typing import Any

import pytest

from gateway.streams.message import StreamMessage
from gateway.streams.subscriber import Subscriber
from resolvers.model.event import EventKind
from tests.gateway.streams.every import EVERY, SLOW, position_of, prices_of, rest_of, row, settings_of
from tests.gateway.streams.stage import Stage, Waiting, read, stream_of
from tests.schema.odd_schema import Act


@pytest.mark.parametrize("kept", [0, 10_000])
async def test_what_was_missed_is_read_as_the_client_takes_it(kept: int) -> None:
    """From the source or from memory: never more than a page is executed ahead of the client, and nothing is lost."""
    stage = Stage(settings=settings_of(kept_changes=kept))
    stage.tell(*[stage.all.write(row(number)) for number in range(2_000)])
    await stage.idle()
    one = await stage.join(EVERY, resume_from=position_of(0))
    got: list[int] = []
    while len(got) < 2_000:
        await stage.idle()
        assert stage.hub.executions.items <= len(got) + 50
        assert one.outbox.size_bytes <= 20_000
        got += prices_of(one.taken())
    assert got == list(range(2_000))
    assert one.taken() is None
    # From here on it shares what is executed for all.
    other = await stage.joined(EVERY)
    count = stage.hub.executions.count
    stage.tell(stage.all.write(row(7)))
    await stage.idle()
    assert (prices_of(one.taken()), prices_of(other.taken())) == ([7], [7])
    assert stage.hub.executions.count == count + 1


async def test_what_comes_meanwhile_follows_in_its_order() -> None:
    """Who watches already is told at once."""
    stage = Stage(settings=settings_of(kept_changes=100))
    stage.tell(*[stage.all.write(row(number)) for number in range(500)])
    await stage.idle()
    one, live = await stage.join(EVERY, resume_from=position_of(0)), await stage.joined(EVERY)
    got: list[int] = []
    for number in range(500, 700):
        stage.tell(stage.all.write(row(number)))
        await stage.idle()
        assert prices_of(live.taken()) == [number]
        if number % 20 == 0 and not one.outbox.is_empty:
            got += prices_of(one.taken())
    assert len(got) == 500, "at the end it is not live yet"
    got += await rest_of(stage, one)
    assert got == list(range(700))


async def test_pages_are_read_once_for_all_who_need_them() -> None:
    """Of a hundred who come back together, each with the others at every page; by selection, not by client."""
    stage = Stage(settings=settings_of(kept_changes=0))
    for number in range(200):
        stage.all.write(row(number))
    stage.hub.start()
    clients = [await stage.join(EVERY, resume_from=position_of(0)) for _ in range(100)]
    got: dict[Subscriber, list[int]] = {one: [] for one in clients}
    while any(len(prices) < 200 for prices in got.values()):
        await stage.idle()
        for one, prices in got.items():
            message = one.taken()
            prices += [] if message is None else prices_of(message)
    assert all(prices == list(range(200)) for prices in got.values())
    assert len(stage.all.reads) == stage.hub.executions.count == 4


async def test_others_have_their_turn_between_pages() -> None:
    """However much is missed by how many."""
    stage = Stage(settings=settings_of(kept_changes=10_000, turn_seconds=0.0))
    stage.tell(*[stage.all.write(row(number)) for number in range(1_000)])
    await stage.idle()
    for number in range(30):
        text = EVERY.replace("name price", f"name price a{number}: count")
        await stage.join(text, resume_from=position_of(0))
    executed = [stage.hub.executions.items]
    while not stage.hub.is_idle:
        await asyncio.sleep(0)
        executed.append(stage.hub.executions.items)
    steps = [after - before for before, after in pairwise(executed)]
    assert sum(steps) == 30 * 50
    assert max(steps) <= 50


async def test_a_page_is_no_larger_than_what_may_wait() -> None:
    """Large items come one after the other, each once."""
    stage = Stage(settings=settings_of(max_outbox_bytes=5_000))
    for number in range(100):
        stage.all.write(row(number, f"{number:02}" * 500))
    stage.hub.start()
    one = await stage.join(EVERY, resume_from=position_of(0))
    got: list[int] = []
    while len(got) < 100:
        await stage.idle()
        assert one.outbox.size_bytes <= 5_000
        got += prices_of(one.taken())
    assert got == list(range(100))


async def test_a_client_that_never_reads_holds_one_page() -> None:
    """Whatever happens meanwhile; and it has lost nothing when it reads after all."""
    stage = Stage(settings=settings_of())
    for number in range(300):
        stage.all.write(row(number))
    stage.hub.start()
    one = await stage.join(EVERY, resume_from=position_of(0))
    await stage.idle()
    held, executed = one.outbox.size_bytes, stage.hub.executions.items
    for number in range(300, 3_000):
        stage.tell(stage.all.write(row(number)))
        await stage.idle()
    assert one.outbox.size_bytes == held
    assert stage.hub.executions.items == executed, "nothing is executed for nobody"
    assert await rest_of(stage, one) == list(range(3_000))


async def test_only_what_is_wanted_is_given_and_the_rest_is_passed_over() -> None:
    """Also pages of which nothing is; who has missed nothing is told so once."""
    stage = Stage(settings=settings_of())
    for number in range(1_000):
        stage.all.write(row(number, "b" if number in (3, 400, 999) else "a"))
    stage.hub.start()
    one = await stage.join(EVERY, resume_from=position_of(0), names=["b"])
    assert await rest_of(stage, one) == [3, 400, 999]
    nothing = await stage.join(EVERY, resume_from=position_of(0), names=["c"])
    await stage.idle()
    message = nothing.taken()
    assert (prices_of(message), stream_of(message), nothing.taken()) == ([], {}, None)
    assert message is not None
    assert message.position == position_of(1_000)


async def test_a_page_may_end_within_an_event() -> None:
    """Of more changes than fit; whoever comes back from there, wherever, gets the other part."""
    stage = Stage(settings=settings_of(max_outbox_bytes=600))
    for first in range(0, 40, 8):
        stage.all.write(*[row(number, f"n{number}") for number in range(first, first + 8)])
    got: list[int] = []
    position: str | None = position_of(0)
    while len(got) < 40:
        stage.hub = stage.new_hub()
        one = await stage.join(EVERY, resume_from=position)
        await stage.idle()
        message = one.taken()
        assert message is not None
        assert message.position != position
        got, position = got + prices_of(message), message.position
    assert got == list(range(40))


@pytest.mark.parametrize("is_other_process", [False, True])
async def test_a_message_may_end_within_an_event(is_other_process: bool) -> None:
    """An item that nulls its list is a message of its own, between those of the same event."""
    text = "subscription ($names: [String!]) { everyRow(names: $names) { price mustMethod } }"
    stage = Stage(settings=settings_of())
    one = await stage.joined(text, names=["a", "b", "c"])
    bad = Act("raise", "it")
    event = stage.all.write(row(1), row(9, "other"), row(2, "b", needed=bad), row(3, "c"), row(4))
    stage.tell(event, stage.all.write(row(5)))
    await stage.idle()
    first, second, third = one.taken(), one.taken(), one.taken()
    assert (prices_of(first), read(second)["data"], prices_of(third)) == ([1], None, [3, 4, 5])
    for message, rest in ((first, [None, [3, 4, 5]]), (second, [[3, 4, 5]]), (third, [[]])):
        assert message is not None
        if is_other_process:
            stage.hub = stage.new_hub()
        again = await stage.join(text, resume_from=message.position, names=["a", "b", "c"])
        await stage.idle()
        for part in rest:
            answer = again.taken()
            assert (None if part is None else part) == (None if read(answer)["data"] is None else prices_of(answer))
        assert again.taken() is None


async def test_a_reset_ends_a_catching_up() -> None:
    """With the present state, once what was given already is read."""
    stage = Stage(settings=settings_of(kept_changes=0))
    for number in range(200):
        stage.all.write(row(number))
    stage.hub.start()
    one = await stage.join(EVERY, resume_from=position_of(0))
    await stage.idle()
    stage.hub.on_reset([EventKind.CANDLES])
    await stage.idle()
    assert prices_of(one.taken()) == list(range(50))
    message = one.taken()
    assert (prices_of(message), stream_of(message)) == ([199], {"reset": True})
    stage.tell(stage.all.write(row(200)))
    assert await rest_of(stage, one) == [200]


async def test_a_reset_while_the_source_is_away_is_one_for_who_comes_back() -> None:
    """It waits to be told what it missed, which is gone then."""
    stage = Stage(settings=settings_of(kept_changes=0))
    stage.all.write(row(0))
    stage.hub.start()
    stage.all.is_there = False
    one = await stage.join(EVERY, resume_from=position_of(0))
    assert stream_of(await anext(one)) == {"status": "UNAVAILABLE"}
    stage.hub.on_reset([EventKind.CANDLES])
    stage.all.is_there = True
    message = await anext(one)
    assert (prices_of(message), stream_of(message)) == ([0], {"reset": True, "status": "LIVE"})


async def test_nothing_of_another_past_is_told_after_a_reset() -> None:
    """What was executed of it may be made when its numbers begin anew."""
    stage = Stage(settings=settings_of())
    one = await stage.joined(SLOW)
    gate = asyncio.get_running_loop().create_future()
    count = stage.hub.executions.count
    stage.tell(*[stage.all.write(row(number, beside=Waiting(gate))) for number in range(5)])
    while stage.hub.executions.count == count:  # noqa: ASYNC110 - it has begun
        await asyncio.sleep(0)
    stage.all.events.clear()
    stage.all.state.update([row(6)])
    stage.hub.on_reset([EventKind.CANDLES])
    message = await anext(one)
    assert (prices_of(message), stream_of(message)) == ([6], {"reset": True})
    gate.set_result(None)
    await stage.idle()
    assert one.taken() is None
    stage.tell(stage.all.write(row(7)))
    message = await anext(one)
    assert (prices_of(message), message.position) == ([7], position_of(1))


async def test_the_newest_of_another_past_is_not_told_after_a_reset() -> None:
    """Nor shown to who comes then."""
    stage = Stage(settings=settings_of())
    stage.latest.write(row(0))
    stage.hub.start()
    text = 'subscription { rows(names: ["a"]) { price besideOrNone { name } } }'
    one = await stage.joined(text)
    gate = asyncio.get_running_loop().create_future()
    count = stage.hub.executions.count
    stage.tell(*[stage.latest.write(row(number, beside=Waiting(gate))) for number in range(1, 5)])
    while stage.hub.executions.count == count:  # noqa: ASYNC110 - it has begun
        await asyncio.sleep(0)
    stage.latest.events.clear()
    stage.latest.state.update([row(6)])
    stage.hub.on_reset([EventKind.QUOTES])
    message = await anext(one)
    assert (prices_of(message), stream_of(message)) == ([6], {"reset": True})
    gate.set_result(None)
    await stage.idle()
    assert one.taken() is None
    assert prices_of(await anext(await stage.join(text))) == [6]


async def test_what_is_gone_before_it_was_read_is_a_reset() -> None:
    """A client may be slower than what is kept."""
    stage = Stage(settings=settings_of(kept_changes=0))
    for number in range(200):
        stage.all.write(row(number))
    stage.hub.start()
    one = await stage.join(EVERY, resume_from=position_of(0))
    await stage.idle()
    stage.all.kept_from = 101
    assert prices_of(one.taken()) == list(range(50))
    await stage.idle()
    message = one.taken()
    assert (prices_of(message), stream_of(message)) == ([199], {"reset": True})


async def test_a_source_that_goes_away_between_pages_is_told_once() -> None:
    """And what was missed goes on when it is back."""
    stage = Stage(settings=settings_of(kept_changes=0))
    for number in range(120):
        stage.all.write(row(number))
    stage.hub.start()
    one = await stage.join(EVERY, resume_from=position_of(0))
    await stage.idle()
    stage.all.is_there = False
    stage.hub.on_status([EventKind.CANDLES], is_reachable=False)
    got: list[tuple[list[int], dict[str, Any]]] = []

    async def read_on(seconds: float) -> None:
        async with asyncio.timeout(seconds):
            while True:
                message = await anext(one)
                got.append((prices_of(message), stream_of(message)))

    with pytest.raises(TimeoutError):
        await read_on(0.05)
    stage.all.is_there = True
    stage.hub.on_status([EventKind.CANDLES], is_reachable=True)
    with pytest.raises(TimeoutError):
        await read_on(0.05)
    assert [price for prices, _ in got for price in prices] == list(range(120))
    assert [told["status"] for _, told in got if told] == ["UNAVAILABLE", "LIVE"]


@pytest.mark.parametrize("seed", range(30))
async def test_any_order_of_reading_leaving_and_coming_back_loses_and_repeats_nothing(seed: int) -> None:
    """With events of several changes, filters, items that null their list, and two processes."""
    chance = random.Random(seed)
    stage = Stage(
        settings=settings_of(
            max_outbox_bytes=chance.choice((400, 2_000, 20_000)),
            kept_changes=chance.choice((0, 10, 1_000)),
            page_changes=chance.choice((1, 7, 50)),
            max_due_changes=chance.choice((3, 1_000)),
            turn_seconds=chance.choice((0.0, 0.005)),
        )
    )
    hubs = [stage.hub, stage.new_hub()]
    text = "subscription ($names: [String!]) { everyRow(names: $names) { price mustMethod } }"
    names = chance.choice((None, ["a"], ["a", "c"]))
    expected: list[int | None] = []
    got: list[int | None] = []
    number = 0
    stage.hub = chance.choice(hubs)
    one, position = await stage.join(text, names=names), None
    await stage.idle()
    position = _note(one.taken(), got)
    while number < 300:
        changes = []
        for _ in range(chance.choice((1, 1, 1, 4, 12))):
            name, is_bad = chance.choice("abc"), chance.random() < 0.05
            changes.append(row(number, name, **({"needed": Act("raise", "it")} if is_bad else {})))
            if names is None or name in names:
                expected.append(None if is_bad else number)
            number += 1
        event = stage.all.write(*changes)
        for hub in hubs:
            hub.on_event(event)
        for _ in range(chance.choice((0, 0, 1, 3, 30))):
            await asyncio.sleep(0)
        for _ in range(chance.choice((0, 0, 1, 5))):
            position = _note(one.taken(), got) or position
            await asyncio.sleep(0)
        if one.is_over or chance.random() < 0.15:
            await one.aclose()
            stage.hub = chance.choice(hubs)
            one = await stage.join(text, resume_from=position, names=names)
    if one.is_over:
        one = await stage.join(text, resume_from=position, names=names)
    for hub in hubs:
        await stage.idle(hub)
    while (message := one.taken()) is not None or not stage.hub.is_idle:
        _note(message, got)
        await asyncio.sleep(0)
    assert got == expected


def _note(message: StreamMessage | None, got: list[int | None]) -> str | None:
    """Notes what a message has, None for what is nulled; its position."""
    if message is None:
        return None
    got += [None] if read(message)["data"] is None else prices_of(message)
    return message.position
