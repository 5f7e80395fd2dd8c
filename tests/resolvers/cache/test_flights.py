"""One load per key within a process, for as long as anybody waits for it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from resolvers.cache.flights import Failed, Flight, Flights
from resolvers.errors import Unavailable


class Loads:
    """
    Loads that land each key with its upper case when the gate opens.

    Attributes:
        keys: What was loaded, load by load.
        ended: How loads ended.
    """

    def __init__(self) -> None:
        self.keys: list[list[str]] = []
        self.ended: list[str] = []
        self.gate = asyncio.Event()

    def begin(self) -> Callable[[Flight], Coroutine[Any, Any, None]]:
        """What a flight runs."""

        async def run(flight: Flight) -> None:
            keys = [str(key) for key in flight.seats]
            self.keys.append(keys)
            try:
                await self.gate.wait()
                for key in keys:
                    flight.land(key, key.upper())
            except asyncio.CancelledError:
                # What there is to be tidied up takes a while.
                await _turn()
                self.ended.append("given up")
                raise
            self.ended.append("landed")

        return run


async def _turn() -> None:
    """Lets everything run that can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_callers_share_what_is_under_way() -> None:
    """And load only the rest."""
    loads, flights = Loads(), Flights()
    first = asyncio.create_task(flights.get(["a", "b"], loads.begin()))
    await _turn()
    second = asyncio.create_task(flights.get(["b", "c"], loads.begin()))
    await _turn()
    loads.gate.set()
    assert await first == {"a": "A", "b": "B"}
    assert await second == {"b": "B", "c": "C"}
    assert loads.keys == [["a", "b"], ["c"]]
    assert "a" not in flights


async def test_a_cancelled_caller_leaves_the_load_to_the_others() -> None:
    """Also the one that began it."""
    loads, flights = Loads(), Flights()
    first = asyncio.create_task(flights.get(["a"], loads.begin()))
    await _turn()
    second = asyncio.create_task(flights.get(["a"], loads.begin()))
    await _turn()
    first.cancel()
    await asyncio.wait([first])
    loads.gate.set()
    assert await second == {"a": "A"}
    assert loads.ended == ["landed"]


async def test_without_callers_a_load_is_given_up() -> None:
    """And whoever comes then begins a new one, although the old one has not ended yet."""
    loads, flights = Loads(), Flights()
    first = asyncio.create_task(flights.get(["a"], loads.begin()))
    await _turn()
    first.cancel()
    await asyncio.wait([first])
    assert "a" not in flights
    second = asyncio.create_task(flights.get(["a"], loads.begin()))
    await _turn()
    loads.gate.set()
    assert await second == {"a": "A"}
    assert loads.ended == ["given up", "landed"]


async def test_a_caller_who_has_what_he_wants_does_not_end_the_storing() -> None:
    """What runs after the last key has landed runs on."""
    flights, stored = Flights(), asyncio.Event()

    async def run(flight: Flight) -> None:
        flight.land("a", "A")
        await _turn()
        stored.set()

    assert await flights.get(["a"], run) == {"a": "A"}
    assert not stored.is_set()
    async with asyncio.timeout(10):
        await stored.wait()


async def test_an_error_is_everybodys_who_waited() -> None:
    """What has landed before stays."""
    flights = Flights()

    async def run(flight: Flight) -> None:
        flight.land("a", "A")
        await asyncio.sleep(0)
        raise ValueError("b")

    found = await flights.get(["a", "b"], run)
    assert found["a"] == "A"
    assert isinstance(found["b"], Failed)
    assert isinstance(found["b"].error, ValueError)


async def test_alone_means_that_nobody_joins() -> None:
    """Neither it the others, nor the others it."""
    loads, flights = Loads(), Flights()
    tasks = [
        asyncio.create_task(flights.get(["a"], loads.begin(), alone=alone)) for alone in (False, True, True, False)
    ]
    await _turn()
    loads.gate.set()
    await asyncio.gather(*tasks)
    assert loads.keys == [["a"]] * 3


async def test_closing_gives_up_what_runs() -> None:
    """Whoever still waits hears it."""
    loads, flights = Loads(), Flights()
    waiting = asyncio.create_task(flights.get(["a"], loads.begin()))
    await _turn()
    await flights.close()
    failed = (await waiting)["a"]
    assert isinstance(failed, Failed)
    with pytest.raises(Unavailable, match="given up"):
        raise failed.error
    assert loads.ended == ["given up"]
