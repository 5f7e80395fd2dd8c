"""Executes a root field once for a list of objects, so that each of its items can be sent by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphql import GraphQLError, GraphQLField, GraphQLList, GraphQLNonNull, GraphQLObjectType
from graphql.execution.collect_fields import FieldDetailsList, collect_fields
from graphql.pyutils import Path

from schema.column_plan import nullable
from schema.execution import ColumnExecutor
from schema.whole import is_item_list

ItemPath = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CompletedItem:
    """
    One item of a list, as an execution of its own would have completed it.

    Attributes:
        value: What orjson writes; None for null.
        errors: Each with its path below the item, in the order in which they were met.
    """

    value: Any
    errors: tuple[tuple[ItemPath, GraphQLError], ...] = ()


class ItemExecutor(ColumnExecutor):
    """
    An executor of an operation with one root field, which is a list, or one item of many; a list may be such an item.

    An item that fails is null by itself, whatever the list's type says of null: what it nulls around it depends on the
    items that it is sent with.
    """

    splits = True

    def started(self, objects: Sequence[Any]) -> Any:
        """
        The values of the items that *objects* become, or what to await for them.

        An exception among the objects is one that its item fails with.
        """
        root, name, details, field = self._root
        path = Path(None, name, root.name)
        info = self.build_resolve_info(field, [one.node for one in details], root, path)
        kind: GraphQLList[Any] = GraphQLList(nullable(_item_type(field)))
        return self.complete_list_value(kind, details, info, path, list(objects), None)

    def finished(self, values: Sequence[Any]) -> list[CompletedItem]:
        """The items of *values*, each with its errors."""
        if not self.collected_errors.errors and None not in values:
            return [CompletedItem(value=value) for value in values]
        errors: dict[int, list[tuple[ItemPath, GraphQLError]]] = {}
        for error in self.collected_errors.errors:
            place: list[Any] = error.path or []
            errors.setdefault(place[1], []).append((tuple(place[2:]), error))
        if isinstance(_item_type(self._root[3]), GraphQLNonNull):
            for number, value in enumerate(values):
                if value is None and number not in errors:
                    errors[number] = [((), self._missing(number))]
        return [CompletedItem(value=value, errors=tuple(errors.get(number, ()))) for number, value in enumerate(values)]

    def dissolve(self) -> None:
        """
        Lets go of what refers back to it, when nothing is executed any more.

        So it is freed there and then: the collector of garbage would have to find thirty objects for each execution,
        and takes milliseconds at a time for those of a thousand.
        """
        del self.async_helpers

    def _missing(self, number: int) -> GraphQLError:
        """The error of a null where none may be, in the words of graphql-core."""
        root, name, details, _ = self._root
        cause = TypeError(f"Cannot return null for non-nullable field {root.name}.{details[0].node.name.value}.")
        return GraphQLError(str(cause), [one.node for one in details], path=[name, number], original_error=cause)

    @cached_property
    def _root(self) -> tuple[GraphQLObjectType, str, FieldDetailsList, GraphQLField]:
        """The root type, and of the root field the response name, the nodes and the definition."""
        root: Any = self.schema.get_root_type(self.operation.operation)
        fields = collect_fields(self.schema, self.fragments, self.variable_values, root, self.operation)
        ((name, details),) = fields.grouped_field_set.items()
        field: Any = self.schema.get_field(root, details[0].node.name.value)
        return root, name, details, field


def _item_type(field: GraphQLField) -> Any:
    """The type of the items of a field; of one that is no list, or is told as a whole, it is the field's."""
    kind: Any = nullable(field.type)
    return kind.of_type if is_item_list(field) else field.type
