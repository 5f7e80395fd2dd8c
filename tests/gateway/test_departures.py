"""Connections that go away together."""

import asyncio
import logging
from itertools import pairwise

import pytest

from gateway.departures import Departures


async def test_a_few_leave_in_each_turn() -> None:
    """In the order in which they came; others have theirs in between."""
    departures = Departures.of(asyncio.get_running_loop())
    assert Departures.of(asyncio.get_running_loop()) is departures
    left: list[int] = []
    for number in range(50):
        departures.add(lambda number=number: left.append(number))  # type: ignore[misc]
    counts = [0]
    for _ in range(6):
        await asyncio.sleep(0)
        counts.append(len(left))
    assert [after - before for before, after in pairwise(counts) if after > before] == [20, 20, 10]
    assert left == list(range(50))


async def test_who_comes_while_others_leave_follows_them() -> None:
    """Also one that is added by another's leave, when nobody else is left."""
    departures = Departures()
    left: list[str] = []

    def last_but_one() -> None:
        left.append("last but one")
        departures.add(lambda: left.append("last"))

    for _ in range(20):
        departures.add(lambda: left.append("first"))
    departures.add(last_but_one)
    for _ in range(6):
        await asyncio.sleep(0)
    assert left == ["first"] * 20 + ["last but one", "last"]


async def test_one_that_fails_keeps_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged as everything is that fails in the loop."""
    departures = Departures()
    left: list[int] = []

    def fail() -> None:
        raise RuntimeError("odd")

    departures.add(fail)
    for number in range(30):
        departures.add(lambda number=number: left.append(number))  # type: ignore[misc]
    with caplog.at_level(logging.ERROR, "asyncio"):
        for _ in range(6):
            await asyncio.sleep(0)
    assert [str(one.exc_info[1]) for one in caplog.records if one.exc_info] == ["odd"]
    assert left == list(range(30))
