"""Signals that end the process, so that it still undoes what it entered."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


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

    numbers = (signal.SIGTERM, signal.SIGHUP) if hasattr(signal, "SIGHUP") else (signal.SIGTERM,)
    before = {number: signal.signal(number, leave) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
