"""Signals that end the process, so that it still undoes what it entered."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def unwinding_signals() -> Iterator[None]:
    """
    Turns SIGTERM and SIGHUP into SystemExit, so that leaving the process undoes what it entered.

    uvicorn raises a signal that it has handled once more when it is done. Without this that second one
    would end the process on the spot, and the embedded servers would stay behind.
    """

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(0 if number == signal.SIGTERM else 128 + number)

    numbers = (signal.SIGTERM, signal.SIGHUP) if hasattr(signal, "SIGHUP") else (signal.SIGTERM,)
    before = {number: signal.signal(number, leave) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
