"""Signals that end the process let it undo what it entered."""

import signal
from contextlib import ExitStack
from types import FrameType

import pytest

from gateway.signals import unwinding_signals


@pytest.mark.parametrize(
    ("number", "serving", "status"),
    [
        (signal.SIGTERM, True, 0),
        (signal.SIGTERM, False, 143),
        (signal.SIGHUP, True, 129),
        (signal.SIGHUP, False, 129),
    ],
)
def test_a_signal_unwinds_with_its_status(number: signal.Signals, serving: bool, status: int) -> None:
    """To be asked to stop is how serving ends; other work was interrupted."""
    undone: list[signal.Signals] = []
    stack = ExitStack()
    stack.enter_context(unwinding_signals(serving=serving))
    stack.callback(undone.append, number)
    with pytest.raises(SystemExit) as ended, stack:
        signal.raise_signal(number)
    assert (ended.value.code, undone) == (status, [number])


def test_the_handlers_before_are_put_back() -> None:
    """Also where they were somebody's own."""
    heard: list[int] = []

    def listen(number: int, _: FrameType | None) -> None:
        heard.append(number)

    before = signal.signal(signal.SIGTERM, listen)
    try:
        with unwinding_signals(serving=True):
            pass
        signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == [signal.SIGTERM]
