"""Mutations that run for clients which may be gone."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from gateway.endpoint.outcome import Outcome


class Writes:
    """What is being written: it is finished, whoever hears of it, because it was accepted for writing."""

    __slots__ = ("_running",)

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Outcome]] = set()

    async def outcome(self, work: Coroutine[Any, Any, Outcome]) -> Outcome:
        """What becomes of *work*, which goes on when nobody waits for it any more."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._finished)
        return await asyncio.shield(task)

    def _finished(self, task: "asyncio.Task[Outcome]") -> None:
        self._running.discard(task)
        if not task.cancelled():
            # So that nobody misses an exception which nobody waits for any more.
            task.exception()
