"""How a process tells others what its caches do."""

import asyncio
import os
import socket
import time
from collections.abc import Callable

from gateway.endpoint.response_cache import ResponseCache
from resolvers.cache.reports import Figures, Reports
from resolvers.cache.tiers import Tiers

_LIVES = 3
"""How many reports a process may miss before it counts as ended."""


def figures_of(tiers: Tiers, responses: ResponseCache) -> Figures:
    """What the caches of a process hold and have done, each named ``NOUN.WHAT``."""
    figures: dict[str, int] = {}
    for noun in tiers.nouns:
        memory = tiers.memory(noun)
        figures[f"{noun.name}.held"] = len(memory)
        figures[f"{noun.name}.bytes"] = memory.size_bytes
    for name, what, count in tiers.counters:
        figures[f"{name}.{what}"] = count
    figures |= {"response.held": len(responses), "response.bytes": responses.size_bytes}
    counts = responses.counts
    figures |= {f"response.{what}": getattr(counts, what) for what in counts.__slots__}
    if tiers.redis is not None:
        figures |= {f"troubles.{trouble.value}": count for trouble, count in tiers.redis.troubles.counts.items()}
    return figures


async def report(
    tiers: Tiers, responses: ResponseCache, *, seconds: float, clock: Callable[[], float] = time.time
) -> None:
    """Tells the figures every so many *seconds*, at once for the first time, until it is cancelled."""
    if tiers.redis is None:
        return
    process, began = f"{socket.gethostname()}-{os.getpid()}", clock()
    while True:
        # Anew each time: the database may have become another one.
        reports = Reports(tiers.redis, tiers.origin, life_seconds=_LIVES * seconds)
        await reports.tell(process, {"process.seconds": int(clock() - began), **figures_of(tiers, responses)})
        await asyncio.sleep(seconds)
