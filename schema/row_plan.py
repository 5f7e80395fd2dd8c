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
    """

    name: str
    details: FieldDetailsList
    is_typename: bool = False
    field: GraphQLField | None = None
    getter: Getter | None = None
    kind: Any = None
    leaf: Leaf | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RowPlan:
    """The fields that are selected of each row, as they are read and as graphql-core groups them."""

    fields: tuple[RowField, ...]
    grouped: GroupedFieldSet


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
        return RowField(name=name, details=details, is_typename=True)
    field = kind.fields.get(node.name.value)
    if field is None or node.arguments:
        return RowField(name=name, details=details)
    getter = getter_of(field)
    if getter is None and not hasattr(field.resolve, "bound"):
        return RowField(name=name, details=details)
    its_kind = nullable(field.type)
    leaf = Leaf(field.type) if is_leaf_type(its_kind) else None
    return RowField(name=name, details=details, field=field, getter=getter, kind=its_kind, leaf=leaf)
