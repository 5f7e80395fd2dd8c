"""
Coroutines that are given up before they begin.

A task that is cancelled before its first step never runs its coroutine, and nothing awaits what that was made to await:
Python warns of each of those, whenever it finds them. graphql-core makes tasks of the fields of an object and of the
items of a list, and cancels the others when one fails, which may come between the making of a task and its first step:

1. Of the fields of an object, ``a`` fails at once, and ``b``, a list, makes tasks of its items.
2. Whoever awaits the object hears of the failure of ``a``, and is to go on; the items make tasks of their own fields.
3. It goes on first, and cancels ``b`` and all that is below it, before any field of an item has begun.

An operation that is cancelled as a whole finds its tasks in that place as well.
"""

from collections.abc import Coroutine, Generator, Iterable
from inspect import CORO_CREATED, getcoroutinelocals, getcoroutinestate
from types import CoroutineType
from typing import Any, Final

from graphql.execution import Executor
from graphql.pyutils import gather_with_cancel

# Whose coroutines await nothing but what was made for them alone, and is therefore closed with them.
_OWNERS: Final = frozenset({Executor.__module__, __name__, "schema.plain_rows"})


class Guarded(Coroutine[Any, Any, Any]):
    """A coroutine for a task: one that ends before it has begun closes what it would have awaited."""

    __slots__ = ("_coroutine",)

    def __init__(self, coroutine: "CoroutineType[Any, Any, Any]") -> None:
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._coroutine.__await__()

    def send(self, value: Any, /) -> Any:
        """One step."""
        return self._coroutine.send(value)

    def throw(self, *error: Any) -> Any:
        """A step that begins with an *error*, which is the last one where it is the first."""
        held = _held(self._coroutine)
        try:
            return self._coroutine.throw(*error)
        finally:
            close_unbegun(held)

    def close(self) -> None:
        """Ends it."""
        held = _held(self._coroutine)
        self._coroutine.close()
        close_unbegun(held)


def guarded(awaitable: Any) -> Any:
    """What a task is to be made of instead of the *awaitable*."""
    return Guarded(awaitable) if type(awaitable) is CoroutineType else awaitable


async def with_awaited(results: Any, places: list[Any]) -> Any:
    """The dictionary or list *results*, once the values in some of its *places* are there."""
    if len(places) == 1:
        results[places[0]] = await results[places[0]]
    else:
        values = await gather_with_cancel(*[guarded(results[place]) for place in places])
        for place, value in zip(places, values, strict=True):
            results[place] = value
    return results


def close_unbegun(awaitables: Iterable[Any]) -> None:
    """Closes those that are coroutines and have not begun, and what they would have awaited."""
    left = list(awaitables)
    while left:
        one = left.pop()
        if type(one) is Guarded:
            one = one._coroutine
        if type(one) is CoroutineType and getcoroutinestate(one) == CORO_CREATED:
            left.extend(_held(one))
            one.close()


def _held(coroutine: "CoroutineType[Any, Any, Any]") -> list[Any]:
    """What a coroutine that has not begun would await, among other things."""
    frame = coroutine.cr_frame
    if frame is None or getcoroutinestate(coroutine) != CORO_CREATED or frame.f_globals["__name__"] not in _OWNERS:
        return []
    held: list[Any] = []
    for one in getcoroutinelocals(coroutine).values():
        if type(one) is dict:
            held.extend(one.values())
        elif type(one) is list:
            held.extend(one)
        else:
            held.append(one)
    return held
