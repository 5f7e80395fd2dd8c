"""No execution leaves coroutines behind that nobody awaits, whenever it fails or is cancelled."""

import asyncio
import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import CORO_CLOSED, CORO_CREATED, getcoroutinestate
from typing import Any

import pytest
from graphql import parse

from schema.execution import ColumnExecutor
from schema.unbegun import close_unbegun
from tests.schema.odd_schema import SCHEMA, Act, Later, Row
from tests.schema.stock import Seen, executed, settle

_FIELDS = ["rows", "allRows", "someRows", "lateRows", "tupleOfRows", "generated", "matrix", "named", "either"]
_LATER = "later c: later"
_BELOW = f"others {{ {_LATER} others {{ {_LATER} }} besideOrNone {{ {_LATER} }} }}"
# More steps of the event loop than it takes until all that is below is there.
_STEPS = range(16)


class _Promised:
    """Rows, each of which is something to await."""

    def __init__(self, rows: list[Row]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[Any]:
        return map(self._later, self._rows)

    async def _later(self, row: Row) -> Row:
        return row


def _rows(failure: Act) -> list[Any]:
    """Rows of three levels, the second of which fails."""
    lowest = [Row(name="c"), Row(name="d")]
    below = [Row(name="a", below=lowest, beside=lowest[0]), Row(name="b", below=_Promised(lowest), beside=lowest[1])]
    return [Row(name="is well", below=below), Row(name="fails", needed=failure, below=below), Row(name="is well")]


def _query(field: str, selection: str) -> str:
    return f"{{ {field} {{ ... on Row {{ {selection} }} }} }}"


def _execution(text: str, rows: Any) -> tuple[Any, Seen]:
    seen = Seen()
    is_awaitable: Any = seen
    return ColumnExecutor.build(SCHEMA, parse(text), context_value={"rows": rows}, is_awaitable=is_awaitable), seen


@contextmanager
def _nothing_forgotten() -> Iterator[None]:
    """Fails if a coroutine was made and never awaited, also if others that were forgotten hold it."""
    gc.collect()
    gc.disable()
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            yield
            gc.collect(0)
    finally:
        gc.enable()
    assert not [str(one.message) for one in warned if "never awaited" in str(one.message)]


@pytest.mark.parametrize("field", _FIELDS)
@pytest.mark.parametrize("selection", [f"mustLater {_BELOW}", f"{_BELOW} mustLater", f"{_BELOW} mustMethod"])
async def test_what_fails_leaves_nothing_behind(field: str, selection: str) -> None:
    """However late: the fields beside it, and all that is below them, are cancelled wherever they are."""
    with _nothing_forgotten():
        for steps in _STEPS:
            rows = _rows(Act("return", Later(ValueError("late"), steps)))
            await executed(ColumnExecutor, SCHEMA, _query(field, selection), {}, {"rows": rows})


async def _cancelled(text: str, rows: Any, steps: int) -> None:
    """An execution that is cancelled after some steps of the event loop."""
    executor, seen = _execution(text, rows)

    async def run() -> None:
        await executor.execute_operation()
        await asyncio.Event().wait()

    task = asyncio.create_task(run())
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    await settle(executor, seen)


@pytest.mark.parametrize("field", _FIELDS)
async def test_what_is_cancelled_leaves_nothing_behind(field: str) -> None:
    """However late: its client went away, or its time is over."""
    with _nothing_forgotten():
        for steps in _STEPS:
            await _cancelled(_query(field, f"later {_BELOW}"), _rows(Act("return")), steps)


async def test_items_that_come_one_by_one_and_are_to_be_awaited_are_not_left_behind() -> None:
    """They are made one after the other, and then awaited together."""
    with _nothing_forgotten():
        for steps in _STEPS:
            await _cancelled(_query("generated", _LATER), _Promised(_rows(Act("return"))), steps)


@pytest.mark.parametrize("field", _FIELDS)
async def test_a_loop_that_ends_leaves_nothing_behind(field: str) -> None:
    """However early: what went on in the background after a field failed at once is cancelled."""

    async def run(steps: int) -> Seen:
        executor, seen = _execution(_query(field, f"{_BELOW} mustMethod"), _rows(Act("raise")))
        executed = executor.execute_operation()
        if asyncio.iscoroutine(executed):
            await executed
        for _ in range(steps):
            await asyncio.sleep(0)
        return seen

    with _nothing_forgotten():
        for steps in _STEPS:
            seen = await asyncio.to_thread(asyncio.run, run(steps))
            assert not seen.unbegun


async def test_without_a_loop_nothing_is_left_behind() -> None:
    """What cannot be awaited is closed."""

    def run() -> Seen:
        executor, seen = _execution(_query("rows", f"{_BELOW} mustMethod"), _rows(Act("raise")))
        executor.execute_operation()
        return seen

    with _nothing_forgotten():
        assert not (await asyncio.to_thread(run)).unbegun


def test_what_a_resolver_was_given_is_not_closed_with_it() -> None:
    """It may be somebody else's."""

    async def resolver(given: dict[str, Any]) -> Any:
        return await given["one"]

    one = Act("await")()
    of_resolver = resolver({"one": one})
    close_unbegun([of_resolver])
    assert getcoroutinestate(of_resolver) == CORO_CLOSED
    assert getcoroutinestate(one) == CORO_CREATED
    one.close()
