"""Executes a selection once, as a list, for all who share it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, GraphQLSchema
from strawberry.execution import optimized_is_awaitable

from gateway.streams.item import Item, item_of
from gateway.streams.selection import Selection
from schema.items import CompletedItem, ItemExecutor
from schema.plans import Plans

NewContext = Callable[[Plans], Any]


@dataclass(slots=True, eq=False)
class Executions:
    """
    Executes selections, each time with a context of its own.

    Attributes:
        new_context: Makes a context with fresh loaders, so that nothing is answered from an earlier event.
        count: How many executions there were.
        items: How many items they had.
    """

    schema: GraphQLSchema
    new_context: NewContext
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
            started = executor.started(objects)
            if optimized_is_awaitable(started):
                return _awaited(executor, started, numbers)
            return _finished(executor, started, numbers)
        except Exception as error:
            return _failed(error, numbers)

    def _executor(self, selection: Selection, plans: Plans) -> ItemExecutor:
        executor: Any = ItemExecutor.build(
            self.schema,
            selection.document,
            context_value=self.new_context(plans),
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]
        )
        executor.plans = plans
        return executor  # type: ignore[no-any-return]


async def _awaited(executor: ItemExecutor, started: Awaitable[Any], numbers: Sequence[int]) -> list[Item]:
    try:
        return _finished(executor, await started, numbers)
    except Exception as error:
        return _failed(error, numbers)


def _finished(executor: ItemExecutor, values: Any, numbers: Sequence[int]) -> list[Item]:
    return [item_of(one, number) for one, number in zip(executor.finished(values), numbers, strict=True)]


def _failed(error: Exception, numbers: Sequence[int]) -> list[Item]:
    """Items of an execution that failed as a whole: each subscriber hears of it, none waits in vain."""
    cause = GraphQLError(str(error), original_error=error)
    return [item_of(CompletedItem(value=None, errors=(((), cause),)), number) for number in numbers]
