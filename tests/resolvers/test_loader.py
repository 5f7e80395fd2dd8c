"""One batch for what is asked for in one moment, and one caller's end is his alone."""

import asyncio
import gc
from collections.abc import Sequence
from inspect import isawaitable
from typing import Any

import pytest

from resolvers.loader import Loader
from resolvers.reading.reads import MISSING, Missing


class Numbers:
    """A batch that knows the numbers below ten, records what it is asked, and answers when the gate opens."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.stopped: list[list[int]] = []
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def squares(self, keys: Sequence[int]) -> dict[int, int]:
        """The squares of *keys*."""
        self.asked.append(list(keys))
        self.begun.set()
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.stopped.append(list(keys))
            raise
        if -1 in keys:
            raise ValueError("no square of -1")
        return {key: key * key for key in keys if key < 10}


async def test_what_is_asked_for_at_once_is_one_batch() -> None:
    """In the order of the keys, each once, None for unknown ones; what is known is not asked again."""
    numbers = Numbers()
    loader: Loader[int, int] = Loader(numbers.squares)
    assert await loader.load_many([3, 50, 2, 3]) == [9, None, 4, 9]
    assert list(await asyncio.gather(loader.load(2), loader.load(4))) == [4, 16]
    assert numbers.asked == [[3, 50, 2], [4]]
    assert await loader.load_many([]) == []


async def test_what_is_at_hand_is_used_at_once() -> None:
    """Everything else is read together; behind one who waits nobody is served first."""
    numbers = Numbers()
    loader: Loader[int, int] = Loader(numbers.squares, lambda key: key * key if key < 3 else MISSING)
    assert loader.then(2, lambda found: (found or 0) + 1) == 5
    later = [loader.then(key, lambda found: (found or 0) + 1) for key in (3, 4, 50)]
    assert all(isawaitable(one) for one in later)
    assert list(await asyncio.gather(*later)) == [10, 17, 1]  # type: ignore[arg-type]
    assert numbers.asked == [[3, 4, 50]]
    assert loader.then(3, str) == "9"
    numbers.gate.clear()
    waiting = asyncio.ensure_future(loader.load(5))
    await asyncio.sleep(0)
    behind = loader.then(1, str)
    assert isawaitable(behind)
    numbers.gate.set()
    assert await behind == "1"
    assert await waiting == 25


async def test_an_error_of_what_is_made_is_its_callers() -> None:
    """At once or later."""

    def refuse(found: int | None) -> int:
        raise LookupError(f"of {found}")

    loader: Loader[int, int] = Loader(Numbers().squares, lambda key: key if key < 3 else MISSING)
    with pytest.raises(LookupError, match="of 2"):
        loader.then(2, refuse)
    with pytest.raises(LookupError, match="of 9"):
        await loader.then(3, refuse)  # type: ignore[misc]


async def test_one_callers_cancellation_is_not_anothers() -> None:
    """Both wait for the same key; one gives up, the other gets it."""
    numbers = Numbers()
    numbers.gate.clear()
    loader: Loader[int, int] = Loader(numbers.squares)
    impatient, patient = asyncio.create_task(loader.load(3)), asyncio.create_task(loader.load(3))
    await numbers.begun.wait()
    impatient.cancel()
    await asyncio.wait([impatient])
    numbers.gate.set()
    assert impatient.cancelled()
    assert await patient == 9
    assert numbers.asked == [[3]]


async def test_a_batch_that_nobody_waits_for_is_stopped() -> None:
    """By the last one who gives up; who asks later begins anew."""
    numbers = Numbers()
    numbers.gate.clear()
    loader: Loader[int, int] = Loader(numbers.squares)
    waiting = [asyncio.create_task(one) for one in (loader.load(3), loader.load(4), loader.load_many([3, 5]))]
    await numbers.begun.wait()
    for task in waiting:
        assert numbers.stopped == []
        task.cancel()
        await asyncio.wait([task])
    await asyncio.sleep(0)
    assert numbers.stopped == [[3, 4, 5]]
    numbers.gate.set()
    assert await loader.load_many([3, 6]) == [9, 36]
    assert numbers.asked == [[3, 4, 5], [3, 6]]


async def test_a_batch_that_nobody_waits_for_does_not_begin() -> None:
    """Given up in the moment in which it was asked for; with others it holds what they ask for."""
    numbers = Numbers()
    loader: Loader[int, int] = Loader(numbers.squares)
    task = asyncio.create_task(loader.load(3))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    for _ in range(5):
        await asyncio.sleep(0)
    assert numbers.asked == []
    task, other = asyncio.create_task(loader.load(3)), asyncio.create_task(loader.load(4))
    await asyncio.sleep(0)
    task.cancel()
    assert await other == 16
    assert await loader.load(3) == 9


async def test_what_is_asked_anew_is_not_touched_by_the_stopped_batch() -> None:
    """It may fail as it ends, say because PostgreSQL is gone, when the same key is on its way again."""
    asked: list[list[int]] = []
    begun, ending = asyncio.Event(), asyncio.Event()

    async def squares(keys: Sequence[int]) -> dict[int, int]:
        asked.append(list(keys))
        if len(asked) == 1:
            begun.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                await ending.wait()
                raise ValueError("gone") from None
        return {key: key * key for key in keys}

    loader: Loader[int, int] = Loader(squares)
    task = asyncio.create_task(loader.load(3))
    await begun.wait()
    task.cancel()
    await asyncio.wait([task])
    again = asyncio.create_task(loader.load(3))
    await asyncio.sleep(0)
    ending.set()
    assert await again == 9
    assert asked == [[3], [3]]


async def test_an_error_that_nobody_waits_for_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """One caller has gone, the other gets a value of the same batch."""
    begun, gate = asyncio.Event(), asyncio.Event()

    async def halves(keys: Sequence[int]) -> dict[int, Any]:
        begun.set()
        await gate.wait()
        return {key: ValueError("odd") if key % 2 else key // 2 for key in keys}

    loader: Loader[int, Any] = Loader(halves)
    impatient, patient = asyncio.create_task(loader.load(3)), asyncio.create_task(loader.load(4))
    await begun.wait()
    impatient.cancel()
    await asyncio.wait([impatient])
    gate.set()
    assert await patient == 2
    del loader, impatient, patient  # which hold the error
    gc.collect()
    assert caplog.records == []


async def test_an_error_of_a_batch_is_everybodys() -> None:
    """Each key of the batch fails with it."""
    loader: Loader[int, int] = Loader(Numbers().squares)
    ends = await asyncio.gather(loader.load(-1), loader.load(2), return_exceptions=True)
    assert [str(end) for end in ends] == ["no square of -1"] * 2
    with pytest.raises(ValueError, match="no square"):
        await loader.load(-1)


async def test_what_is_held_waits_for_nobody_but_those_before_it() -> None:
    """No batch for what is there; behind one that is not, everything comes in the order of the asking."""
    numbers, looks = Numbers(), list[int]()

    def held(key: int) -> int | Missing:
        looks.append(key)
        return -key if key < 3 else MISSING

    loader: Loader[int, int] = Loader(numbers.squares, held)
    assert await loader.load_many([1, 2, 1]) == [-1, -2, -1]
    assert numbers.asked == []
    # Each is looked for once, and is the same for the whole operation.
    assert looks == [1, 2]
    assert await loader.load_many([0, 4, 1, -2, 3]) == [0, 16, -1, 4, 9]
    assert numbers.asked == [[4, -2, 3]]
    assert await loader.load_many([4, -2, 0]) == [16, 4, 0]
    assert numbers.asked == [[4, -2, 3]]
