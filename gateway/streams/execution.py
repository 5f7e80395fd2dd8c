"""Executes a selection once, as a list, for all who share it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, GraphQLSchema
from strawberry.execution import optimized_is_awaitable

from gateway.streams.item import Item, item_of
from gateway.streams.selection import Selection
from gateway.streams.whole import executable
from resolvers.errors import Unavailable
from schema.items import CompletedItem, ItemExecutor
from schema.plans import Plans

NewContext = Callable[[Plans], Any]


@dataclass(slots=True, eq=False)
class Executions:
    """
    Executes selections, each time with a context of its own.

    Attributes:
        new_context: Makes a context with fresh loaders, so that nothing is answered from an earlier event.
        most_seconds: How long an execution may take.
        count: How many executions there were.
        items: How many items they had.
    """

    schema: GraphQLSchema
    new_context: NewContext
    most_seconds: float
    count: int = 0
    items: int = 0

    def begin(
        self, selection: Selection, plans: Plans, objects: Sequence[Any], numbers: Sequence[int]
    ) -> list[Item] | Awaitable[list[Item]]:
        """The items that *objects* become, of the events *numbers*; something to await where a resolver waits."""
        self.count += 1
        self.items += len(objects)
        try:
            executor = self._executor(selection, plans)
            started = executor.started([executable(one) for one in objects])
            if optimized_is_awaitable(started):
                return self._awaited(executor, started, numbers)
            items = _finished(executor, started, numbers)
            executor.dissolve()
        except Exception as error:
            return _failed(error, numbers)
        return items

    async def _awaited(self, executor: ItemExecutor, started: Awaitable[Any], numbers: Sequence[int]) -> list[Item]:
        # A resolver that never answers would be waited for by everybody who has the selection.
        deadline = asyncio.timeout(self.most_seconds)
        try:
            async with deadline:
                return _finished(executor, await started, numbers)
        except asyncio.CancelledError:
            if _is_cancelled():
                raise
            # A resolver has waited for something that somebody else has cancelled.
            return _failed(RuntimeError("a resolver was cancelled"), numbers)
        except Exception as error:
            if not deadline.expired():
                return _failed(error, numbers)
            seconds = f"{self.most_seconds:g} s"
            return _failed(Unavailable(f"the selected fields of this item were not there within {seconds}"), numbers)

    def _executor(self, selection: Selection, plans: Plans) -> ItemExecutor:
        executor: Any = ItemExecutor.build(
            self.schema,
            selection.document,
            context_value=self.new_context(plans),
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]
        )
        executor.plans = plans
        return executor  # type: ignore[no-any-return]


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _finished(executor: ItemExecutor, values: Any, numbers: Sequence[int]) -> list[Item]:
    return [item_of(one, number) for one, number in zip(executor.finished(values), numbers, strict=True)]


def _failed(error: Exception, numbers: Sequence[int]) -> list[Item]:
    """Items of an execution that failed as a whole: each subscriber hears of it, none waits in vain."""
    cause = GraphQLError(str(error), original_error=error)
    return [item_of(CompletedItem(value=None, errors=(((), cause),)), number) for number in numbers]
