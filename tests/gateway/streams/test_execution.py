"""What executions leave behind."""

import gc

from schema.items import ItemExecutor
from tests.gateway.streams.stage import Stage, rows_of
from tests.schema.odd_schema import Row


async def test_an_execution_leaves_nothing_to_collect() -> None:
    """Thousands of them a second are freed when they are done, and nobody has to look for them."""
    stage = Stage()
    stage.latest.write(("a", Row(name="a", price=1.0)))
    stage.hub.start()
    one = await stage.joined('subscription { rows(names: ["a"]) { name price } }')
    gc.collect()
    gc.disable()
    try:
        before = {id(each) for each in _executors()}
        count = stage.hub.executions.count
        stage.tell(stage.latest.write(("a", Row(name="a", price=2.0))))
        await stage.idle()
        assert stage.hub.executions.count == count + 1
        assert not [each for each in _executors() if id(each) not in before]
    finally:
        gc.enable()
    assert rows_of(one.taken()) == [{"name": "a", "price": 2.0}]


def _executors() -> list[ItemExecutor]:
    """Those that there are, of which other tests may have some."""
    return [one for one in gc.get_objects() if isinstance(one, ItemExecutor)]
