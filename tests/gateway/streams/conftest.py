"""Streams whose hub is at rest when a test is over."""

import asyncio
from collections.abc import AsyncIterator

import pytest

_PATIENCE_SECONDS = 5.0


@pytest.fixture(autouse=True)
async def rest() -> AsyncIterator[None]:
    """No test leaves anything at work: a source that is asked again at once takes a processor until the run ends."""
    loop = asyncio.get_running_loop()
    before = asyncio.all_tasks()
    yield
    end = loop.time() + _PATIENCE_SECONDS
    while left := asyncio.all_tasks() - before - {asyncio.current_task()}:
        assert loop.time() < end, left
        await asyncio.sleep(0.01)
