"""Work beside the requests: it ends when its context does."""

import asyncio

import pytest

from gateway.background import in_background


async def test_work_ends_with_its_context() -> None:
    """Also work that does not hear the first time, as libraries of ours do not."""
    asked = 0

    async def stubborn() -> None:
        nonlocal asked
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                asked += 1
                if asked == 3:
                    raise

    async with asyncio.timeout(10), in_background(stubborn()):
        await asyncio.sleep(0)
    assert asked == 3


async def test_an_error_of_the_work_is_not_lost() -> None:
    """It comes where the context is left."""

    async def failing() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        async with in_background(failing()):
            await asyncio.sleep(0.01)
