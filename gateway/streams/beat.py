"""The beat: at once after a quiet while, then at intervals."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

logger = logging.getLogger("gateway.streams")


class Beat:
    """
    Calls *flush* when there is something to do, never twice at the same time.

    Args:
        seconds: From the beginning of one flush to the beginning of the next, at least.
    """

    def __init__(self, flush: Callable[[], Awaitable[None]], *, seconds: float) -> None:
        self.seconds = seconds
        self._flush = flush
        self._began = float("-inf")
        self._is_due = False
        self._handle: asyncio.Handle | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is done, and nothing is going to be."""
        return self._handle is None and self._task is None

    def soon(self) -> None:
        """Sees to it that a flush begins after this moment."""
        if self._task is not None:
            self._is_due = True
        elif self._handle is None:
            loop = asyncio.get_running_loop()
            at = self._began + self.seconds
            self._handle = loop.call_soon(self.now) if at <= loop.time() else loop.call_at(at, self.now)

    def now(self) -> None:
        """Begins a flush, whatever the time is; one that runs goes on."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        if self._task is None:
            loop = asyncio.get_running_loop()
            self._began = loop.time()
            self._task = loop.create_task(self._run())

    def stop(self) -> None:
        """Ends what is going on."""
        self._is_due = False
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        try:
            await self._flush()
        except Exception:
            logger.exception("unforeseen error of a flush")
        finally:
            self._task = None
            if self._is_due:
                self._is_due = False
                self.soon()
