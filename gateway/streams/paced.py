"""A stream of one subscriber, at the pace that it asks for."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import cast

from gateway.streams.message import Stream, StreamMessage

Sleep = Callable[[float], Awaitable[None]]


def paced(
    stream: Stream, seconds: float, *, clock: Callable[[], float] = time.monotonic, sleep: Sleep = asyncio.sleep
) -> Stream:
    """The messages of *stream*, all of them, each at least so many *seconds* after the one before."""
    return cast("Stream", _paced(stream, seconds, clock, sleep)) if seconds else stream


async def _paced(
    stream: Stream, seconds: float, clock: Callable[[], float], sleep: Sleep
) -> AsyncGenerator[StreamMessage, None]:
    next_at = clock()
    try:
        async for message in stream:
            early = next_at - clock()
            if early > 0:
                await sleep(early)
            next_at = clock() + seconds
            yield message
    finally:
        await stream.aclose()
