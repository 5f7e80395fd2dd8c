"""One execution for all who share a selection, and one message for all who watch the same."""

import asyncio

from tests.gateway.streams.rows import ROWS, row, told
from tests.gateway.streams.stage import Stage, Waiting, rows_of, stream_of


async def test_a_selection_is_executed_once_per_beat_for_all_who_share_it() -> None:
    """10,000 subscribers with 50 selections: 50 executions of all that changed, and a context for each."""
    stage = Stage()
    names = [f"n{number}" for number in range(100)]
    stage.latest.write(*[row(name) for name in names])
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

    stage.tell(*[stage.latest.write(row(name, price)) for name in names[:10] for price in (2.0, 3.0)])
    await stage.idle()

    assert stage.hub.executions.count - before == stage.contexts - contexts == 50
    assert stage.hub.executions.items - items == 500
    taken = sum(one.taken() is not None for one in subscribers)
    assert taken == 50 * (13 + 13)  # 13 of each 100 watch one of the ten; 10,000 / 50 are 200
    for one in subscribers:
        await one.aclose()


async def test_a_group_that_waits_holds_up_no_other() -> None:
    """Its own executions follow each other, and what came meanwhile comes with the next."""
    stage = Stage()
    gate = asyncio.get_running_loop().create_future()
    stage.latest.write(row("a"))
    stage.hub.start()
    slow = await stage.joined('subscription { rows(names: ["a"]) { name price besideOrNone { name } } }')
    fast = await stage.joined(ROWS, names=["a"])

    stage.tell(stage.latest.write(row("a", 2.0, beside=Waiting(gate))))
    await asyncio.sleep(0.01)
    stage.tell(stage.latest.write(row("a", 3.0)))
    await asyncio.sleep(0.01)
    assert rows_of(fast.taken()) == told(("a", 3.0))
    assert slow.taken() is None

    gate.set_result(None)
    await stage.idle()
    message = slow.taken()
    assert [one["price"] for one in rows_of(message)] == [3.0]
    assert stream_of(message) == {"skipped": 1}


async def test_who_watches_the_same_is_sent_the_same_bytes() -> None:
    """Written once, as long as nothing else is to be said of them."""
    stage = Stage()
    stage.latest.write(row("a"))
    stage.hub.start()
    same = [await stage.joined(ROWS, names=["a", other]) for other in ("x", "y")]
    stage.tell(stage.latest.write(row("a", 2.0)))
    await stage.idle()
    one, other = [subscriber.taken() for subscriber in same]
    assert one is other is not None
    stage.tell(stage.latest.write(row("a", 3.0)))
    await stage.idle()
    assert rows_of(same[0].taken()) == told(("a", 3.0))
    stage.tell(stage.latest.write(row("a", 4.0)))
    await stage.idle()
    skipping, late = same[1].taken(), same[0].taken()
    assert (stream_of(skipping), stream_of(late)) == ({"skipped": 1}, {})
