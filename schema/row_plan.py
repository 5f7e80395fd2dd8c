"""How each field of a list of plain objects is read, worked out once per document."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import GraphQLField, GraphQLObjectType, is_leaf_type
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet

from schema.column_plan import nullable
from schema.getters import Getter, getter_of
from schema.leaf_column import Leaf

if TYPE_CHECKING:
    from schema.execution import ColumnExecutor


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RowField:
    """
    One field of a selection.

    Attributes:
        name: In the answer.
        details: Where it is selected.
        is_typename: Whether it is ``__typename``.
        field: That of the schema, where all rows may be read at once; None where each is executed.
        getter: What reads it; None where that has to be bound to the context of an operation first.
        kind: Its type without its exclamation mark.
        leaf: The same type, if it is a leaf.
        is_steady: Whether an object that does not change always has the same value of it, whoever asks.
    """

    name: str
    details: FieldDetailsList
    is_typename: bool = False
    field: GraphQLField | None = None
    getter: Getter | None = None
    kind: Any = None
    leaf: Leaf | None = None
    is_steady: bool = False


class RowPlan:
    """
    What is selected of each row.

    Attributes:
        fields: As they are read.
        grouped: As graphql-core groups them.
    """

    __slots__ = ("_is_steady", "fields", "grouped")

    def __init__(self, fields: tuple[RowField, ...], grouped: GroupedFieldSet) -> None:
        self.fields = fields
        self.grouped = grouped
        self._is_steady: bool | None = None

    def is_steady(self, executor: "ColumnExecutor") -> bool:
        """Whether objects that do not change always have the same text, whoever asks."""
        if self._is_steady is None:
            self._is_steady = all(_is_steady(executor, one) for one in self.fields)
        return self._is_steady


def _is_steady(executor: "ColumnExecutor", one: RowField) -> bool:
    return one.is_steady and (
        one.is_typename or one.leaf is not None or row_plan(executor, one.kind, one.details).is_steady(executor)
    )


def row_plan(executor: "ColumnExecutor", kind: GraphQLObjectType, details: FieldDetailsList) -> RowPlan:
    """The plan of what is selected below *details* of objects of *kind*."""
    if any(one.fragment_variable_values is not None for one in details):
        return _planned(executor, kind, details)
    return executor.plans.of(
        ("rows", kind),
        # Not the fields themselves: what is selected below them does not depend on their arguments.
        [one.node.selection_set for one in details if one.node.selection_set is not None],
        executor.fragment_definitions,
        executor.variable_values.coerced,
        lambda: _planned(executor, kind, details),
    )


def _planned(executor: "ColumnExecutor", kind: GraphQLObjectType, details: FieldDetailsList) -> RowPlan:
    grouped = executor.collect_subfields(kind, details).grouped_field_set
    return RowPlan(tuple([_planned_field(kind, name, its) for name, its in grouped.items()]), grouped)


def _planned_field(kind: GraphQLObjectType, name: str, details: FieldDetailsList) -> RowField:
    node = details[0].node
    if node.name.value == "__typename":
        return RowField(name=name, details=details, is_typename=True, is_steady=True)
    field = kind.fields.get(node.name.value)
    if field is None or node.arguments:
        return RowField(name=name, details=details)
    getter = getter_of(field)
    if getter is None and not hasattr(field.resolve, "bound"):
        return RowField(name=name, details=details)
    its_kind = nullable(field.type)
    return RowField(
        name=name,
        details=details,
        field=field,
        getter=getter,
        kind=its_kind,
        leaf=Leaf(field.type) if is_leaf_type(its_kind) else None,
        is_steady=getter is not None or hasattr(field.resolve, "is_steady"),
    )
