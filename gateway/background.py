"""Work that goes on beside the requests."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

_AGAIN_SECONDS = 0.05


@asynccontextmanager
async def in_background(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Does *work* until the context is left, and leaves it when the work has ended."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        # More than once: asyncio.wait_for of Python 3.11, through which redis-py sends, swallows a cancellation that
        # meets the end of what it waits for.
        while not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=_AGAIN_SECONDS)
        if not task.cancelled():
            task.result()
