"""Computing beside the event loop."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Threads:
    """
    Some threads for what takes more than a moment; used by one engine, and closed with it.

    Args:
        lanes: So many of them at most are busy with the parts of one thing. Small calls of NumPy spend their time in
            the interpreter, which is one: four threads take half as long again as one does with the same.
    """

    def __init__(self, count: int, *, lanes: int) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="engine")
        self._lanes = asyncio.Semaphore(lanes)

    async def __call__(self, work: Callable[[], R]) -> R:
        """What *work* returns."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def each(self, work: Callable[[T], R], many: Sequence[T], *, at_once: int) -> list[R | Exception]:
        """What *work* makes of each, in their order, or the error that it raises; so many in one go of a thread."""

        def attempt(one: T) -> R | Exception:
            try:
                return work(one)
            except Exception as error:  # it is told to whoever asked, who knows of which one it is
                return error

        def attempts(start: int) -> list[R | Exception]:
            return [attempt(one) for one in many[start : start + at_once]]

        async def go(start: int) -> list[R | Exception]:
            async with self._lanes:
                return await asyncio.get_running_loop().run_in_executor(self._pool, attempts, start)

        goes = [go(start) for start in range(0, len(many), at_once)]
        return [found for part in await asyncio.gather(*goes) for found in part]

    def close(self) -> None:
        """Leaves what has not begun undone; what has takes some milliseconds more."""
        self._pool.shutdown(wait=False, cancel_futures=True)
