"""Which columns a selection of fields takes, worked out once per document."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, GraphQLLeafType, GraphQLObjectType, is_leaf_type
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.values import get_argument_values
from graphql.type import GraphQLNonNull, is_list_type, is_object_type

if TYPE_CHECKING:
    from schema.execution import ColumnExecutor


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PlannedField:
    """
    One field of a selection.

    Attributes:
        name: In the answer.
        of: The field in the schema.
        constant: The value of ``__typename``.
        leaf: The type of one value; None for an object.
        is_nullable: Whether a value may be missing.
        is_list: Whether the field is a list of such values.
        fields: Those of an object; None for a leaf.
    """

    name: str
    of: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    constant: str | None = None
    leaf: GraphQLLeafType | None = None
    is_nullable: bool = False
    is_list: bool = False
    fields: "ColumnPlan | None" = None


ColumnPlan = tuple[PlannedField, ...]


def column_plan(executor: "ColumnExecutor", kind: GraphQLObjectType, details: FieldDetailsList) -> ColumnPlan | None:
    """The plan of what is selected below *details* of objects of *kind*; None where columns cannot answer it."""
    if any(one.fragment_variable_values is not None for one in details):
        return _planned(executor, kind, details)
    return executor.plans.of(
        kind,
        [one.node for one in details],
        executor.fragment_definitions,
        executor.variable_values.coerced,
        lambda: _planned(executor, kind, details),
    )


def _planned(executor: "ColumnExecutor", kind: GraphQLObjectType, details: FieldDetailsList) -> ColumnPlan | None:
    planned = []
    for name, sub in executor.collect_subfields(kind, details).grouped_field_set.items():
        one = _planned_field(executor, kind, name, sub)
        if one is None:
            return None
        planned.append(one)
    return tuple(planned)


def _planned_field(
    executor: "ColumnExecutor", kind: GraphQLObjectType, name: str, details: FieldDetailsList
) -> PlannedField | None:
    first = details[0]
    field_name = first.node.name.value
    if field_name == "__typename":
        return PlannedField(name=name, of=field_name, constant=kind.name)
    definition = kind.fields.get(field_name)
    if definition is None:
        return None
    arguments: Mapping[str, Any] = {}
    if definition.args:
        try:
            arguments = get_argument_values(
                definition,
                first.node,
                executor.variable_values,
                first.fragment_variable_values,
                executor.hide_suggestions,
            )
        except GraphQLError:
            return None
    type_: Any = nullable(definition.type)
    if is_object_type(type_):
        fields = column_plan(executor, type_, details)
        if fields is None:
            return None
        return PlannedField(name=name, of=field_name, arguments=arguments, fields=fields)
    of_type: Any = type_.of_type if is_list_type(type_) else definition.type
    leaf = nullable(of_type)
    if not is_leaf_type(leaf):
        return None
    return PlannedField(
        name=name,
        of=field_name,
        arguments=arguments,
        leaf=leaf,
        is_nullable=leaf is of_type,
        is_list=type_ is not nullable(of_type),
    )


def nullable(kind: Any) -> Any:
    """The type without its exclamation mark."""
    return kind.of_type if isinstance(kind, GraphQLNonNull) else kind
