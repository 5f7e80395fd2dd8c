"""Signals that end the process let it undo what it entered."""

import asyncio
import signal
from contextlib import ExitStack
from types import FrameType

import pytest

from gateway.signals import run, unwinding_signals


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


def test_work_in_a_loop_is_cancelled_and_undone_before_the_signal_is_raised() -> None:
    """Wherever in the loop the signal arrives."""
    undone: list[str] = []

    async def work() -> None:
        try:
            asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGTERM)
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            undone.append("work")

    with pytest.raises(SystemExit) as ended, unwinding_signals(serving=False):
        run(work())
    assert (ended.value.code, undone) == (143, ["work"])


def test_work_that_is_left_alone_has_its_result() -> None:
    """And the handlers of before are in force again."""

    async def work() -> int:
        return 5

    with unwinding_signals(serving=False):
        before = signal.getsignal(signal.SIGTERM)
        assert run(work()) == 5
        assert signal.getsignal(signal.SIGTERM) is before
