"""Lists that are told as a whole: again when they say something else, and to those who come as they are then."""

from collections.abc import Sequence
from typing import Any

import pytest

from gateway.streams.source import Change
from gateway.streams.whole import Whole
from tests.gateway.streams.stage import Stage, rows_of, stream_of
from tests.schema.odd_schema import Row

_WHOLE = 'subscription { wholeRows(names: ["a"]) { name price } }'
_COUNTS = 'subscription { wholeRows(names: ["a"]) { count } }'


class _Clocked:
    """
    A market whose lists have rows with the names that are written, and prices that are the time.

    Attributes:
        changes_at: When the clock itself changes what they say.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.now = 1.0
        self.changes_at = 100.0
        stage.sources["wholeRows"].make = self._made

    def write(self, *names: str) -> None:
        """Stores a list and tells of it."""
        self.stage.tell(self.stage.latest.write(("a", names)))

    def _made(self, changes: Sequence[Change]) -> list[Any]:
        until = self.changes_at
        return [
            Whole(
                items=[Row(name=name, price=self.now) for name in one.value],
                said=one.value,
                is_present=lambda: self.now < until,
            )
            for one in changes
        ]


@pytest.fixture
def market() -> _Clocked:
    """With a list of two."""
    stage = Stage()
    market = _Clocked(stage)
    stage.latest.write(("a", ("x", "y")))
    stage.hub.start()
    return market


def _said(message: Any) -> list[tuple[str, float]]:
    return [(one["name"], one["price"]) for one in rows_of(message)]


async def test_all_of_it_comes_again_when_it_says_something_else(market: _Clocked) -> None:
    """And nothing when an event leaves it as it is, whatever the clock has made of its prices; that is counted."""
    stage = market.stage
    one = await stage.join(_WHOLE)
    await stage.idle()
    assert _said(one.taken()) == [("x", 1.0), ("y", 1.0)]
    for market.now in (2.0, 3.0):
        market.write("x", "y")
        await stage.idle()
        assert one.taken() is None
    market.now = 4.0
    market.write("y", "x")
    await stage.idle()
    message = one.taken()
    assert _said(message) == [("y", 4.0), ("x", 4.0)]
    assert stream_of(message) == {"skipped": 2}
    market.write()
    await stage.idle()
    assert _said(one.taken()) == []


async def test_who_comes_is_shown_the_present(market: _Clocked) -> None:
    """What is held as long as the clock leaves it, and read anew from then on; nobody else hears of that."""
    stage = market.stage
    first = await stage.joined(_WHOLE)
    market.now = 2.0
    second = await stage.join(_WHOLE)
    await stage.idle()
    assert _said(second.taken()) == [("x", 1.0), ("y", 1.0)]
    reads = len(stage.latest.reads)
    market.now, market.changes_at = 100.0, 200.0
    third = await stage.join(_WHOLE)
    await stage.idle()
    assert _said(third.taken()) == [("x", 100.0), ("y", 100.0)]
    assert len(stage.latest.reads) == reads + 1
    assert (first.taken(), second.taken()) == (None, None)


async def test_after_somebody_was_shown_a_later_one_everybody_is_told(market: _Clocked) -> None:
    """Lest the next event take who came last back to what the others were told before; once."""
    stage = market.stage
    first = await stage.joined(_WHOLE)
    market.now, market.changes_at = 100.0, 300.0
    later = await stage.joined(_WHOLE)
    market.now = 101.0
    market.write("x", "y")
    await stage.idle()
    for one in (first, later):
        assert _said(one.taken()) == [("x", 101.0), ("y", 101.0)]
    market.now = 102.0
    market.write("x", "y")
    await stage.idle()
    assert (first.taken(), later.taken()) == (None, None)


async def test_who_comes_back_is_shown_the_present(market: _Clocked) -> None:
    """Changed or not; and is told with everybody else from then on."""
    stage = market.stage
    first = await stage.joined(_WHOLE)
    position = first.position
    market.now = 2.0
    back = await stage.join(_WHOLE, position)
    await stage.idle()
    assert _said(back.taken()) == [("x", 2.0), ("y", 2.0)]
    market.now = 3.0
    market.write("x")
    market.write("x", "z")
    await stage.idle()
    later = await stage.join(_WHOLE, position)
    await stage.idle()
    for one in (back, later):
        message = one.taken()
        assert _said(message) == [("x", 3.0), ("z", 3.0)]
        assert stream_of(message) == {"skipped": 1}


async def test_after_somebody_came_back_everybody_is_told(market: _Clocked) -> None:
    """As after who is shown a later one in the first place: whether he has missed something or not."""
    stage = market.stage
    first = await stage.joined(_WHOLE)
    for missed in (False, True):
        position = first.position
        if missed:
            market.write("x")
            await stage.idle()
            assert first.taken() is not None
        market.now += 1
        back = await stage.joined(_WHOLE, position)
        market.now += 1
        market.write(*(("x",) if missed else ("x", "y")))
        await stage.idle()
        for one in (first, back):
            assert {price for _, price in _said(one.taken())} == {market.now}
        await back.aclose()


async def test_who_selects_no_more_hears_no_more(market: _Clocked) -> None:
    """A list whose selected bytes are the same is not sent again, although it says something else."""
    stage = market.stage
    one = await stage.joined(_COUNTS)
    market.write("x", "z")
    await stage.idle()
    assert one.taken() is None
    market.write("x")
    await stage.idle()
    assert len(rows_of(one.taken())) == 1
