"""Signals that end the process, so that it still undoes what it entered."""

import asyncio
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

_NUMBERS = (signal.SIGTERM, signal.SIGHUP) if hasattr(signal, "SIGHUP") else (signal.SIGTERM,)


@contextmanager
def unwinding_signals(*, serving: bool) -> Iterator[None]:
    """
    Turns SIGTERM and SIGHUP into SystemExit, so that leaving the process undoes what it entered.

    A SIGTERM is how a *serving* process ends, and its status is 0. Any other one was interrupted in its work, and its
    status is that of a process which the signal killed.

    uvicorn raises a signal that it has handled once more when it is done. Without this that second one
    would end the process on the spot, and the embedded servers would stay behind.
    """

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(0 if serving and number == signal.SIGTERM else 128 + number)

    before = {number: signal.signal(number, leave) for number in _NUMBERS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run(work: Coroutine[Any, Any, T]) -> T:
    """
    Runs *work* in an event loop of its own, as `asyncio.run` does, within `unwinding_signals`.

    A handler that raises may do so in the middle of a driver's callback, which swallows it. So while a loop runs, a
    signal cancels the work instead, as the first Ctrl-C does, and raises when that has come to its end.
    """

    async def cancellable() -> T:
        loop, task, received = asyncio.get_running_loop(), asyncio.current_task(), list[int]()

        def cancel(number: int) -> None:
            received.append(number)
            if task is not None:
                task.cancel()

        before = {number: signal.getsignal(number) for number in _NUMBERS}
        for number in _NUMBERS:
            loop.add_signal_handler(number, partial(cancel, number))
        try:
            return await work
        finally:
            for number, handler in before.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler)
            if received:
                signal.raise_signal(received[0])

    return asyncio.run(cancellable())
