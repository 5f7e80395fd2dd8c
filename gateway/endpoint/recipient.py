"""Whoever waits for an answer, or does so no more."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.types import Receive

T = TypeVar("T")

# Most operations end before it is worth asking whether somebody waits for them.
_ASKED_AFTER_SECONDS = 0.05


class Gone(Exception):
    """Nobody waits for the answer any more."""


class Recipient:
    """
    The client of one request.

    Whether it is still there is asked only when something runs for longer than most do: a task that listens takes
    7 µs, a timer that is cancelled again 1.

    Args:
        receive: Of the request, whose body was read.
    """

    __slots__ = ("_listening", "_receive", "_running", "_timer", "is_gone")

    def __init__(self, receive: Receive) -> None:
        self.is_gone = False
        self._receive = receive
        self._running: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._listening: asyncio.Task[None] | None = None

    async def while_waiting(self, work: Coroutine[Any, Any, T]) -> T:
        """
        What *work* returns; it is cancelled when the client goes away.

        Raises:
            Gone: If it did. Somebody else's cancellation, such as the server's at its end, stays one.
        """
        if self.is_gone:
            work.close()
            raise Gone
        task: asyncio.Task[Any] = asyncio.current_task()  # type: ignore[assignment]
        if not self._running:
            self._timer = asyncio.get_running_loop().call_later(_ASKED_AFTER_SECONDS, self._listen)
        self._running.add(task)
        try:
            return await work
        except asyncio.CancelledError:
            gone: bool = self.is_gone
            if gone and task.uncancel() == 0:
                raise Gone from None
            raise
        finally:
            self._running.discard(task)
            if not self._running:
                self._rest()

    def _listen(self) -> None:
        self._listening = asyncio.create_task(self._farewell())

    async def _farewell(self) -> None:
        """Waits until the client goes away, and cancels what runs for it."""
        while (await self._receive())["type"] != "http.disconnect":
            pass  # a body that nobody has read, as of GET
        self.is_gone = True
        for task in self._running:
            task.cancel()

    def _rest(self) -> None:
        """Listens no longer: nothing runs that could be stopped."""
        if self._timer is not None:
            self._timer.cancel()
        if self._listening is not None:
            self._listening.cancel()
        self._timer = self._listening = None
