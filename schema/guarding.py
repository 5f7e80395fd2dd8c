"""graphql-core's executor, which leaves no coroutine behind that nobody awaits."""

from collections.abc import Awaitable
from copy import copy
from inspect import getcoroutinelocals
from types import CoroutineType
from typing import Any

from graphql import GraphQLObjectType, GraphQLOutputType, GraphQLResolveInfo
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import Path, Undefined

from schema.unbegun import guarded, with_awaited


class GuardingExecutor(Executor[Any]):
    """An executor that makes its tasks of guarded coroutines; answers as graphql-core's does."""

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> Any:
        """The fields of an object, or what to await for them."""
        results: dict[str, Any] = {}
        awaited: list[str] = []
        is_awaitable = self.is_awaitable
        try:
            for name, details in grouped_field_set.items():
                field_path = Path(path, name, parent_type.name)
                value = self.execute_field(parent_type, source_value, details, field_path, position_context)
                if value is not Undefined:
                    results[name] = value
                    if is_awaitable(value):
                        awaited.append(name)
        except Exception:
            if awaited:
                self.settle_in_background([results[name] for name in awaited])
            raise
        return with_awaited(results, awaited) if awaited else results

    def complete_iterable_value(
        self,
        item_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        items: Any,
        position_context: Any,
    ) -> Any:
        """The items of a list, or what to await for them."""
        items = super().complete_iterable_value(item_type, field_details_list, info, path, items, position_context)
        if type(items) is CoroutineType:
            # It has not begun, and will make tasks of what is in this list.
            results = getcoroutinelocals(items)["completed_results"]
            results[:] = map(guarded, results)
        return items

    def complete_async_iterator_value(self, *of_the_list: Any, **named: Any) -> Any:
        """What to await for the items of a list that come one by one; they are guarded one by one."""
        executor = copy(self)
        executor.complete_list_item_value = executor._complete_guarded_item  # type: ignore[assignment]
        executor.complete_awaitable_list_item_value = executor._complete_guarded_later  # type: ignore[assignment]
        return Executor.complete_async_iterator_value(executor, *of_the_list, **named)

    def _complete_guarded_item(self, item: Any, complete_results: list[Any], *of_the_list: Any) -> bool:
        is_awaited = Executor.complete_list_item_value(self, item, complete_results, *of_the_list)
        if is_awaited:
            complete_results[-1] = guarded(complete_results[-1])
        return is_awaited

    def _complete_guarded_later(self, *of_the_item: Any) -> Any:
        return guarded(Executor.complete_awaitable_list_item_value(self, *of_the_item))

    def settle_in_background(self, awaitables: list[Awaitable[Any]]) -> None:
        """Awaits what has become useless by an error beside it."""
        super().settle_in_background([guarded(one) for one in awaitables])
