"""The hub, with clients that join, fall behind, leave and come back."""

import asyncio
import gc
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from graphql import GraphQLError

from gateway.streams.hub_settings import HubSettings
from gateway.streams.message import StreamEnded, StreamMessage
from gateway.streams.source import Change
from gateway.streams.subscriber import Subscriber
from resolvers.errors import NotFound
from resolvers.events.position import position_text
from resolvers.model.event import EventKind
from tests.gateway.streams.stage import AT_ONCE, Stage, Waiting, read, rows_of, stream_of
from tests.schema.odd_schema import Act, Row

_ROWS = "subscription ($names: [String!]!) { rows(names: $names) { name price } }"
_EVERY = "subscription ($names: [String!], $like: String) { everyRow(names: $names, like: $like) { name price } }"


def _row(name: str, price: float = 1.0, **more: Any) -> tuple[str, Row]:
    return name, Row(name=name, price=price, **more)


def _told(*rows: tuple[str, float]) -> list[dict[str, Any]]:
    return [{"name": name, "price": price} for name, price in rows]


# --- sharing


async def test_a_selection_is_executed_once_per_beat_for_all_who_share_it() -> None:
    """10,000 subscribers with 50 selections: 50 executions of all that changed, and a context for each."""
    stage = Stage()
    names = [f"n{number}" for number in range(100)]
    stage.latest.write(*[_row(name) for name in names])
    stage.hub.start()
    subscribers = []
    for number in range(10_000):
        text = f"subscription ($names: [String!]!) {{ rows(names: $names) {{ name price a{number % 50}: count }} }}"
        watched = [names[(number // 50 + step) % 100] for step in range(4)]
        subscribers.append(await stage.join(text, names=watched))
    await stage.idle()
    assert len(stage.latest.reads) == 1  # they all came in one moment
    assert all(one.taken() is not None for one in subscribers)
    before, contexts, items = stage.hub.executions.count, stage.contexts, stage.hub.executions.items

    stage.tell(*[stage.latest.write(_row(name, price)) for name in names[:10] for price in (2.0, 3.0)])
    await stage.idle()

    assert stage.hub.executions.count - before == stage.contexts - contexts == 50
    assert stage.hub.executions.items - items == 500
    told = sum(one.taken() is not None for one in subscribers)
    assert told == 50 * (13 + 13)  # 13 of each 100 watch one of the ten; 10,000 / 50 are 200
    for one in subscribers:
        await one.aclose()


async def test_ten_rates_share_one_execution() -> None:
    """Each has its own time; what changed in between is one message."""
    now = 0.0
    stage = Stage()
    stage.hub = stage.new_hub(clock=lambda: now)
    stage.latest.write(_row("a"))
    stage.hub.start()
    subscribers = [
        await stage.joined(_ROWS.replace(") {", f") @throttle(ms: {100 * number}) {{", 1), names=["a"])
        for number in range(10)
    ]
    assert stage.hub.executions.count == 1
    for step in range(1, 11):
        now = 0.1 * step - 0.01
        stage.tell(stage.latest.write(_row("a", float(step + 1))))
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
    stage.latest.write(_row("a"))
    stage.hub.start()
    one = await stage.joined(_ROWS.replace(") {", ") @throttle(ms: 20) {", 1), names=["a"])
    stage.tell(stage.latest.write(_row("a", 2.0)))
    await stage.idle()
    assert one.taken() is None
    assert rows_of(await anext(one)) == _told(("a", 2.0))
    await one.aclose()


async def test_a_group_that_waits_holds_up_no_other() -> None:
    """Its own executions follow each other, and what came meanwhile comes with the next."""
    stage = Stage()
    gate = asyncio.get_running_loop().create_future()
    stage.latest.write(_row("a"))
    stage.hub.start()
    slow = await stage.joined('subscription { rows(names: ["a"]) { name price besideOrNone { name } } }')
    fast = await stage.joined(_ROWS, names=["a"])

    stage.tell(stage.latest.write(_row("a", 2.0, beside=Waiting(gate))))
    await asyncio.sleep(0.01)
    stage.tell(stage.latest.write(_row("a", 3.0)))
    await asyncio.sleep(0.01)
    assert rows_of(fast.taken()) == _told(("a", 3.0))
    assert slow.taken() is None

    gate.set_result(None)
    await stage.idle()
    message = slow.taken()
    assert [one["price"] for one in rows_of(message)] == [3.0]
    assert stream_of(message) == {"skipped": 1}


async def test_nobody_takes_half_of_a_beat() -> None:
    """However often others have their turns: the position of such a message would be after the other half."""
    stage = Stage(settings=replace(AT_ONCE, turn_seconds=0.0))
    stage.latest.write(_row("a"), _row("b"))
    stage.hub.start()
    one = await stage.joined(_ROWS, names=["a", "b"])
    stage.tell(stage.latest.write(_row("a", 2.0)), stage.latest.write(_row("b", 2.0)))
    while (message := one.taken()) is None:  # noqa: ASYNC110 - it is there between two turns
        await asyncio.sleep(0)
    assert rows_of(message) == _told(("a", 2.0), ("b", 2.0))
    await one.aclose()


# --- sinks


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
    stage.latest.write(_row("a"))
    stage.hub.start()
    one = await stage.joined(_ROWS, names=["a"])
    one.sink = sent = _Sent()
    stage.tell(stage.latest.write(_row("a", 2.0)))
    await stage.idle()
    assert sent.messages == []  # nobody waits

    assert rows_of(await anext(one)) == _told(("a", 2.0))
    reading = asyncio.ensure_future(anext(one))
    for price in (3.0, 4.0):
        await asyncio.sleep(0)
        stage.tell(stage.latest.write(_row("a", price)))
        await stage.idle()
    assert sent.prices == [3.0, 4.0]
    assert not reading.done()

    sent.is_open = False
    stage.tell(stage.latest.write(_row("a", 5.0)))
    await stage.idle()
    sent.is_open = True
    # It was woken for that one, so the next is not given past it.
    stage.tell(stage.latest.write(_row("a", 6.0)))
    assert rows_of(await reading) == _told(("a", 5.0))
    await stage.idle()
    assert rows_of(one.taken()) == _told(("a", 6.0))
    assert sent.prices == [3.0, 4.0]
    await one.aclose()


async def test_a_sink_is_given_messages_when_their_time_has_come() -> None:
    """The reader is not woken for them."""
    stage = Stage()
    stage.latest.write(_row("a"))
    stage.hub.start()
    one = await stage.joined(_ROWS.replace(") {", ") @throttle(ms: 20) {", 1), names=["a"])
    one.sink = sent = _Sent()
    reading = asyncio.ensure_future(anext(one))
    await asyncio.sleep(0)
    for price in (2.0, 3.0):
        stage.tell(stage.latest.write(_row("a", price)))
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
    one = await stage.joined(_EVERY)
    one.sink = sent = _Sent()
    reading = asyncio.ensure_future(anext(one))
    await asyncio.sleep(0)
    for price in (1.0, 2.0, 2.0):
        stage.tell(stage.all.write(_row("a", price)))
        await stage.idle()
    assert sent.prices == [1.0, 2.0, 2.0]
    await one.aclose()
    with pytest.raises(StopAsyncIteration):
        await reading


# --- the beat


async def test_the_first_event_after_a_quiet_beat_goes_out_at_once() -> None:
    """The next ones together, with the next beat."""
    stage = Stage(settings=HubSettings(beat_seconds=3600))
    stage.latest.write(_row("a"), _row("b"))
    stage.hub.start()
    one = await stage.joined(_ROWS, names=["a", "b"])
    stage.tell(stage.latest.write(_row("a", 2.0)))
    assert rows_of(await anext(one)) == _told(("a", 2.0))
    count = stage.hub.executions.count

    stage.tell(stage.latest.write(_row("a", 3.0)), stage.latest.write(_row("b", 3.0)))
    for _ in range(10):
        await asyncio.sleep(0)
    stage.tell(stage.latest.write(_row("a", 4.0)))
    assert (one.taken(), stage.hub.executions.count) == (None, count)

    stage.hub.flush()
    message = await anext(one)
    assert rows_of(message) == _told(("a", 4.0), ("b", 3.0))
    assert stream_of(message) == {"skipped": 1}
    assert stage.hub.executions.count == count + 1
    await stage.hub.close()


async def test_a_beat_is_one_message() -> None:
    """For a reader that waits, whatever else has its turn meanwhile."""
    stage = Stage(settings=HubSettings(beat_seconds=0.0, turn_seconds=0.0))
    stage.latest.write(_row("a"), _row("b"), _row("c"))
    stage.hub.start()
    one = await stage.joined(_ROWS, names=["a", "b", "c"])
    reading = asyncio.ensure_future(anext(one))
    await asyncio.sleep(0)
    stage.tell(*[stage.latest.write(_row(name, 2.0)) for name in "abc"])
    assert rows_of(await reading) == _told(("a", 2.0), ("b", 2.0), ("c", 2.0))


async def test_who_watches_the_same_is_sent_the_same_bytes() -> None:
    """Written once, as long as nothing else is to be said of them."""
    stage = Stage()
    stage.latest.write(_row("a"))
    stage.hub.start()
    same = [await stage.joined(_ROWS, names=["a", other]) for other in ("x", "y")]
    stage.tell(stage.latest.write(_row("a", 2.0)))
    await stage.idle()
    one, other = [subscriber.taken() for subscriber in same]
    assert one is other is not None
    stage.tell(stage.latest.write(_row("a", 3.0)))
    await stage.idle()
    assert rows_of(same[0].taken()) == _told(("a", 3.0))
    stage.tell(stage.latest.write(_row("a", 4.0)))
    await stage.idle()
    skipping, late = same[1].taken(), same[0].taken()
    assert (stream_of(skipping), stream_of(late)) == ({"skipped": 1}, {})


# --- snapshot, then live


async def test_the_first_message_is_the_present_state() -> None:
    """In the order that was asked for; an empty list is one."""
    stage = Stage()
    stage.latest.write(_row("a"), _row("b"))
    stage.hub.start()
    assert rows_of(await anext(await stage.join(_ROWS, names=["b", "x", "a", "b"]))) == _told(("b", 1.0), ("a", 1.0))
    assert rows_of(await anext(await stage.join(_ROWS, names=["x"]))) == []
    assert rows_of(await anext(await stage.join(_ROWS, names=[]))) == []
    assert rows_of(await anext(await stage.join(_EVERY))) == []


@pytest.mark.parametrize("text", [_ROWS, _EVERY])
async def test_no_event_is_lost_or_repeated_between_the_state_and_what_follows(text: str) -> None:
    """Those that the state has are dropped, those after it are told, in whatever order they arrive."""
    stage = Stage()
    market = stage.latest if text is _ROWS else stage.all
    market.write(_row("a", 1.0))
    stage.hub.start()
    market.gate.clear()
    before = market.write(_row("a", 2.0))
    one = await stage.join(text, names=["a"])
    await asyncio.sleep(0.001)  # it reads: the state is that of event 2
    assert market.reads == [("a",)]
    stage.tell(before, market.write(_row("a", 3.0)))
    await asyncio.sleep(0.001)
    market.gate.set()
    await stage.idle()
    stage.tell(market.write(_row("a", 4.0)))
    await stage.idle()

    first, second = one.taken(), one.taken()
    assert rows_of(first) == _told(("a", 2.0))
    assert first is not None
    assert first.position == position_text(stage.hub.origin, {market.kind: 2})
    assert rows_of(second) == (_told(("a", 4.0)) if text is _ROWS else _told(("a", 3.0), ("a", 4.0)))
    assert stream_of(second) == ({"skipped": 1} if text is _ROWS else {})
    assert one.taken() is None


async def test_events_of_the_state_that_arrive_late_are_dropped() -> None:
    """The process is behind the database."""
    stage = Stage()
    stage.latest.write(_row("a", 1.0))
    stage.hub.start()
    late = stage.latest.write(_row("a", 2.0))
    one = await stage.joined(_ROWS, names=["a"])
    stage.tell(late, stage.latest.write(_row("b", 2.0)))
    await stage.idle()
    assert one.taken() is None
    stage.tell(stage.latest.write(_row("a", 3.0)))
    await stage.idle()
    assert stream_of(one.taken()) == {}


async def test_who_comes_later_is_given_what_the_hub_holds() -> None:
    """Nothing is read, and nothing executed again; also for another selection of the same subjects."""
    stage = Stage()
    stage.latest.write(_row("a"), _row("b"))
    stage.hub.start()
    await stage.joined(_ROWS, names=["a", "b"])
    stage.tell(stage.latest.write(_row("a", 2.0)))
    await stage.idle()
    reads, count = len(stage.latest.reads), stage.hub.executions.count

    late = await stage.join(_ROWS, names=["b", "a"])
    message = await anext(late)
    assert rows_of(message) == _told(("b", 1.0), ("a", 2.0))
    assert message.position == position_text(stage.hub.origin, {EventKind.QUOTES: 2})
    assert (len(stage.latest.reads), stage.hub.executions.count) == (reads, count)

    other = await stage.join(_ROWS.replace("name price", "price"), names=["a"])
    assert rows_of(await anext(other)) == [{"price": 2.0}]
    assert len(stage.latest.reads) == reads


async def test_who_watches_again_what_nobody_watched_meanwhile_reads_it() -> None:
    """An item is not held for nobody: it would not be kept up."""
    stage = Stage()
    stage.latest.write(_row("a"))
    stage.hub.start()
    await (await stage.joined(_ROWS, names=["a"])).aclose()
    stage.tell(stage.latest.write(_row("a", 2.0)))
    assert rows_of(await anext(await stage.join(_ROWS, names=["a"]))) == _told(("a", 2.0))


# --- all


async def test_equal_items_arrive_each() -> None:
    """A hundred signals that select to the same bytes are a hundred."""
    stage = Stage()
    one = await stage.joined(_EVERY)
    for _ in range(10):
        stage.tell(*[stage.all.write(_row("a")) for _ in range(10)])
        await stage.idle()
    assert rows_of(one.taken()) == _told(("a", 1.0)) * 100


async def test_the_items_of_one_event_stay_together() -> None:
    """A message between them would have a position after all of them."""
    stage = Stage(settings=HubSettings(beat_seconds=0.0, turn_seconds=0.0))
    one = await stage.joined(_EVERY)
    read_: list[Any] = []

    async def poll() -> None:
        while True:
            message = one.taken()
            if message is not None:
                read_.append(rows_of(message))
            await asyncio.sleep(0)

    reading = asyncio.ensure_future(poll())
    stage.tell(stage.all.write(_row("a"), _row("b"), _row("c")), stage.all.write(_row("a")))
    await stage.idle()
    await asyncio.sleep(0)
    reading.cancel()
    assert read_ == [_told(("a", 1.0), ("b", 1.0), ("c", 1.0)), _told(("a", 1.0))]


async def test_audiences_of_all_may_have_conditions() -> None:
    """Asked once for all who have the same."""
    asked: list[str] = []

    def dear(change: Change) -> bool:
        asked.append(change.subject)
        return bool(change.value.price > 5)

    stage = Stage(accepts={"dear": dear})
    everybody = await stage.joined(_EVERY)
    of_a = await stage.joined(_EVERY, names=["a"])
    dear_ones = [await stage.joined(_EVERY, like="dear") for _ in range(3)]
    dear_a = await stage.joined(_EVERY, names=["a"], like="dear")
    asked.clear()
    stage.tell(stage.all.write(_row("a", 9.0), _row("b", 9.0)), stage.all.write(_row("a", 1.0)))
    await stage.idle()
    assert rows_of(everybody.taken()) == _told(("a", 9.0), ("b", 9.0), ("a", 1.0))
    assert rows_of(of_a.taken()) == _told(("a", 9.0), ("a", 1.0))
    for one in dear_ones:
        assert rows_of(one.taken()) == _told(("a", 9.0), ("b", 9.0))
    assert rows_of(dear_a.taken()) == _told(("a", 9.0))
    assert sorted(asked) == ["a", "a", "a", "a", "b"]


# --- falling behind


async def test_a_client_that_does_not_read_all_is_ended_and_told_where_to_resume() -> None:
    """It holds no more than its outbox, others get everything, and it gets the rest when it comes back."""
    stage = Stage(settings=HubSettings(beat_seconds=0.0, max_outbox_bytes=5_000))
    slow, fast = await stage.joined(_EVERY), await stage.joined(_EVERY)
    stage.tell(stage.all.write(_row("a", 0.5)))
    await stage.idle()
    last = slow.taken()
    assert last is not None
    got = rows_of(fast.taken())
    for number in range(200):
        stage.tell(stage.all.write(_row("a", float(number))))
        await stage.idle()
        got += rows_of(fast.taken())
        assert slow.outbox.size_bytes <= 5_200
    with pytest.raises(StreamEnded) as ended:
        await anext(slow)
    (error,) = ended.value.errors
    assert error["extensions"] == {"code": "TOO_SLOW", "limit": "max_outbox_bytes", "position": last.position}
    assert len(stage.hub.subscribers) == 1
    assert len(got) == 201

    again = await stage.join(_EVERY, resume_from=last.position)
    rest: list[Any] = []
    while len(rest) < 200:
        rest += rows_of(await anext(again))
        assert again.outbox.size_bytes <= 5_000
    assert rest == got[1:]


async def test_a_client_that_does_not_read_the_newest_is_conflated() -> None:
    """It holds one item of each subject, and is told how many it missed."""
    stage = Stage()
    stage.latest.write(_row("a"), _row("b"))
    stage.hub.start()
    slow = await stage.joined(_ROWS, names=["a", "b"])
    for number in range(500):
        stage.tell(stage.latest.write(_row("a", float(number)), _row("b", float(number))))
        await stage.idle()
    assert slow.outbox.size_bytes < 100
    message = slow.taken()
    assert rows_of(message) == _told(("a", 499.0), ("b", 499.0))
    assert stream_of(message) == {"skipped": 998}


# --- resuming


@pytest.mark.parametrize("is_other_process", [False, True])
async def test_who_comes_back_gets_what_it_missed(is_other_process: bool) -> None:
    """From what the hub remembers, or from the source."""
    stage = Stage()
    stage.latest.write(_row("a"), _row("b"))
    stage.hub.start()
    state = await anext(await stage.join(_ROWS, names=["a", "b"]))
    every = await anext(await stage.join(_EVERY))
    stage.tell(
        *[stage.latest.write(_row("a", float(number))) for number in range(5)],
        stage.latest.write(_row("c")),
        *[stage.all.write(_row("a", float(number))) for number in range(5)],
    )
    await stage.idle()
    if is_other_process:
        stage.hub = stage.new_hub()
    reads = len(stage.latest.reads)

    back = await stage.join(_ROWS, names=["a", "b"], resume_from=state.position)
    all_back = await stage.join(_EVERY, resume_from=every.position)
    message = await anext(back)
    assert rows_of(message) == _told(("a", 4.0))
    assert stream_of(message) == {"skipped": 4}
    assert rows_of(await anext(all_back)) == _told(*[("a", float(number)) for number in range(5)])
    assert len(stage.latest.reads) == reads + is_other_process

    stage.tell(stage.latest.write(_row("b", 7.0)), stage.all.write(_row("b", 7.0)))
    assert rows_of(await anext(back)) == _told(("b", 7.0))
    assert rows_of(await anext(all_back)) == _told(("b", 7.0))
    nothing = await anext(await stage.join(_ROWS, names=["a", "b"], resume_from=back.position))
    assert (rows_of(nothing), stream_of(nothing)) == ([], {})


@pytest.mark.parametrize("text", [_ROWS, _EVERY])
async def test_what_is_no_longer_held_is_a_reset(text: str) -> None:
    """And the present state; a position of a database that is gone too, and one that no event has."""
    stage = Stage()
    market = stage.latest if text is _ROWS else stage.all
    for number in range(10):
        market.write(_row("a", float(number)))
    market.kept_from = 6
    stage.hub.start()
    for origin, number in ((stage.hub.origin, 3), ("ffffffff", 9), (stage.hub.origin, 5000)):
        resume_from = position_text(origin, {market.kind: number})
        message = await anext(await stage.join(text, names=["a"], resume_from=resume_from))
        assert rows_of(message) == _told(("a", 9.0))
        assert stream_of(message) == {"reset": True}
        assert message.position == position_text(stage.hub.origin, {market.kind: 10})


async def test_a_position_that_is_none_is_refused() -> None:
    """Before anything begins."""
    stage = Stage()
    for text in ("", "AAAA", position_text(stage.hub.origin, {EventKind.CANDLES: 1})):
        with pytest.raises(GraphQLError) as refused:
            await stage.join(_ROWS, names=["a"], resume_from=text)
        assert isinstance(refused.value.original_error, Exception)
    assert stage.hub.subscribers == []


@pytest.mark.parametrize("text", [_ROWS, _EVERY])
async def test_events_that_were_missed_for_good_are_a_reset_for_all(text: str) -> None:
    """Everybody gets the present state, and then what follows; of all, after what was promised."""
    stage = Stage()
    market = stage.latest if text is _ROWS else stage.all
    market.write(_row("a"))
    stage.hub.start()
    subscribers = [await stage.joined(text, names=["a"]) for _ in range(3)]
    stage.tell(market.write(_row("a", 2.0)))
    await stage.idle()
    market.write(_row("a", 3.0))  # which nobody hears of
    reads = len(market.reads)
    stage.hub.on_reset([market.kind])
    stage.tell(market.write(_row("a", 4.0)))
    await stage.idle()
    stage.tell(market.write(_row("a", 5.0)))
    await stage.idle()
    assert len(market.reads) == reads + 1
    for one in subscribers:
        if text is _EVERY:
            assert rows_of(one.taken()) == _told(("a", 2.0))
        first, second = one.taken(), one.taken()
        assert rows_of(first) == _told(("a", 4.0))
        assert stream_of(first) == {"reset": True}
        assert rows_of(second) == _told(("a", 5.0))
        assert stream_of(second) == {}


@pytest.mark.parametrize("text", [_ROWS, _EVERY])
async def test_a_state_that_was_read_before_a_reset_is_not_given(text: str) -> None:
    """What was missed may have come between."""
    stage = Stage()
    market = stage.latest if text is _ROWS else stage.all
    market.write(_row("a", 1.0))
    stage.hub.start()
    market.gate.clear()
    one = await stage.join(text, names=["a"])
    await asyncio.sleep(0.001)
    market.write(_row("a", 2.0))  # which nobody hears of
    stage.hub.on_reset([market.kind])
    market.gate.set()
    message = await anext(one)
    assert rows_of(message) == _told(("a", 2.0))
    assert stream_of(message) == {"reset": True}
    await stage.idle()
    assert one.taken() is None


async def test_what_is_being_told_when_everybody_begins_anew_is_dropped() -> None:
    """Its numbers may be those of another database, and higher than the new state's."""
    stage = Stage(settings=replace(AT_ONCE, turn_seconds=0.0))
    market = stage.latest
    market.write(_row("a"), _row("b"))
    stage.hub.start()
    one = await stage.joined(_ROWS, names=["a", "b"])
    executions = stage.hub.executions.count
    stage.tell(*[market.write(_row(name, price)) for name in "ab" for price in (2.0, 3.0)])
    while stage.hub.executions.count == executions:  # noqa: ASYNC110 - it is told between two turns
        await asyncio.sleep(0)
    market.events.clear()
    market.state.update([_row("a", 7.0), _row("b", 7.0)])
    stage.hub.on_reset([market.kind])
    await stage.idle()
    message = one.taken()
    assert rows_of(message) == _told(("a", 7.0), ("b", 7.0))
    assert stream_of(message) == {"reset": True}
    assert one.taken() is None
    await one.aclose()


# --- a source that is not there


async def test_a_source_that_cannot_be_reached_is_told() -> None:
    """To who comes, with the state when it is back; and to who is there."""
    stage = Stage()
    stage.latest.write(_row("a"))
    stage.hub.start()
    stage.latest.is_there = False
    one = await stage.join(_ROWS, names=["a"])
    message = await anext(one)
    assert (rows_of(message), stream_of(message)) == ([], {"status": "UNAVAILABLE"})
    later = await stage.join(_ROWS, names=["a"])
    assert stream_of(await anext(later)) == {"status": "UNAVAILABLE"}
    stage.latest.is_there = True
    for waiting in (one, later):
        message = await anext(waiting)
        assert (rows_of(message), stream_of(message)) == (_told(("a", 1.0)), {"status": "LIVE"})

    stage.hub.on_status([EventKind.QUOTES], is_reachable=False)
    assert stream_of(await anext(one)) == {"status": "UNAVAILABLE"}
    state = await anext(await stage.join(_ROWS, names=["a"]))
    assert (rows_of(state), stream_of(state)) == (_told(("a", 1.0)), {"status": "UNAVAILABLE"})
    stage.hub.on_status([EventKind.QUOTES], is_reachable=True)
    assert stream_of(await anext(one)) == {"status": "LIVE"}


async def test_a_stream_that_cannot_begin_is_ended_with_the_reason() -> None:
    """What a source says of it; what nobody foresaw is masked."""
    stage = Stage()
    source = stage.sources["rows"]

    def fail(_: Sequence[Change]) -> Sequence[Any]:
        raise NotFound("no such row")

    stage.latest.write(_row("a"))
    source.make = fail
    answer = read(await anext(await stage.join(_ROWS, names=["a"])))
    assert answer["errors"] == [{"message": "no such row", "path": ["rows", 0], "extensions": {"code": "NOT_FOUND"}}]
    stage.latest.state = {}
    stage.latest.reads = None  # type: ignore[assignment]
    with pytest.raises(StreamEnded) as ended:
        await anext(await stage.join(_ROWS, names=["b"]))
    assert ended.value.errors[0]["extensions"] == {"code": "INTERNAL", "position": None}
    assert ended.value.errors[0]["message"] == "Internal error"


# --- the end


async def test_joins_and_leaves_leave_nothing_behind() -> None:
    """No task, no group, no index, no item; whenever they leave."""
    stage = Stage(settings=AT_ONCE)
    stage.latest.write(*[_row(f"n{number}") for number in range(50)])
    stage.hub.start()
    staying = await stage.joined(_ROWS, names=["n0"])
    tasks = len(asyncio.all_tasks())
    sizes = stage.hub.sizes
    for number in range(10_000):
        text = (_ROWS if number % 2 else _EVERY).replace("name price", f"name price a{number % 7}: count")
        one = await stage.join(text, names=[f"n{number % 50}"])
        if number % 3 == 0:
            await asyncio.sleep(0)
        if number % 100 == 0:
            stage.tell(stage.latest.write(_row(f"n{number % 50}", float(number))))
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
    stage.latest.write(_row("a"))
    stage.hub.start()
    one = await stage.joined(_ROWS, names=["a"])
    reading = asyncio.ensure_future(anext(one))
    await asyncio.sleep(0)
    stage.tell(stage.latest.write(_row("a", 2.0)))
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert rows_of(await anext(one)) == _told(("a", 2.0))


async def test_a_stream_that_is_closed_ends() -> None:
    """For a reader that waits, too."""
    stage = Stage()
    one = await stage.joined(_ROWS, names=["a"])
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
    stage.latest.write(_row("a"))
    stage.hub.start()
    subscribers = [await stage.joined(_ROWS, names=["a"]) for _ in range(3)]
    await stage.hub.close(over_seconds=0.001)
    for one in subscribers:
        with pytest.raises(StreamEnded) as ended:
            await anext(one)
        extensions = {"code": "GOING_AWAY", "position": position_text(stage.hub.origin, {EventKind.QUOTES: 1})}
        assert ended.value.errors[0]["extensions"] == extensions
    with pytest.raises(GraphQLError, match="shutting down"):
        await stage.join(_ROWS, names=["a"])
    assert stage.hub.is_idle


async def test_a_resolver_that_nobody_foresaw_is_masked_once(caplog: pytest.LogCaptureFixture) -> None:
    """One log entry for all who watch."""
    stage = Stage()
    stage.latest.write(_row("a", hidden=Act("raise", 7)))
    stage.hub.start()
    subscribers = [await stage.join('subscription { rows(names: ["a"]) { method } }') for _ in range(5)]
    for one in subscribers:
        answer = read(await anext(one))
        assert answer["data"] == {"rows": [{"method": None}]}
        assert answer["errors"] == [
            {"message": "Internal error", "path": ["rows", 0, "method"], "extensions": {"code": "INTERNAL"}}
        ]
    assert len([one for one in caplog.records if one.name == "gateway.errors"]) == 1


# --- a field that is no list


_SINGLE = "subscription ($name: String!) { single(names: [$name]) { name price } }"


def _single(message: StreamMessage) -> Any:
    return (read(message)["data"] or {}).get("single")


async def test_a_field_may_be_one_object() -> None:
    """Its state, and then each change; conflated changes are counted."""
    stage = Stage()
    stage.latest.write(_row("a"))
    stage.hub.start()
    one = await stage.join(_SINGLE, name="a")
    assert _single(await anext(one)) == {"name": "a", "price": 1.0}
    stage.tell(stage.latest.write(_row("a", 2.0)), stage.latest.write(_row("a", 3.0)))
    message = await anext(one)
    assert _single(message) == {"name": "a", "price": 3.0}
    assert stream_of(message) == {"skipped": 1}


async def test_one_object_is_repeated_for_who_comes_back_or_hears_a_status() -> None:
    """It cannot be an empty list; changes that were missed are counted as ever."""
    stage = Stage()
    stage.latest.write(_row("a"))
    stage.hub.start()
    position = (await anext(await stage.join(_SINGLE, name="a"))).position
    stage.tell(stage.latest.write(_row("b")))
    again = await stage.join(_SINGLE, position, name="a")
    message = await anext(again)
    assert (_single(message), stream_of(message)) == ({"name": "a", "price": 1.0}, {})
    assert message.position != position
    stage.tell(stage.latest.write(_row("a", 2.0)), stage.latest.write(_row("a", 3.0)))
    message = await anext(await stage.join(_SINGLE, message.position, name="a"))
    assert (_single(message), stream_of(message)) == ({"name": "a", "price": 3.0}, {"skipped": 1})
    await anext(again)
    stage.hub.on_status([EventKind.QUOTES], is_reachable=False)
    message = await anext(again)
    assert (_single(message), stream_of(message)) == ({"name": "a", "price": 3.0}, {"status": "UNAVAILABLE"})


async def test_what_comes_while_an_unchanged_object_is_read_is_counted() -> None:
    """A position from which nothing was missed, and two events between the look at them and the state."""
    stage = Stage()
    stage.latest.write(_row("a"))
    stage.hub.start()
    position = (await anext(await stage.join(_SINGLE, name="a"))).position
    stage.latest.gate.clear()
    again = await stage.join(_SINGLE, position, name="a")
    events = [stage.latest.write(_row("a", price)) for price in (2.0, 3.0)]
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
    stage.tell(stage.latest.write(_row("a")))
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
