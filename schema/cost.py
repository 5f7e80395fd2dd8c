"""
What fields cost, declared in the schema in the style of the IBM GraphQL cost specification.

A field costs its weight for each value that it yields, and so does all that is selected below it: a list costs
its size times (weight + selection). Where the specification keeps the cost of types and of fields apart, there
is one figure here; a field's own weight takes the place of its type's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, TypeAlias

import strawberry
from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    Undefined,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_introspection_type,
    is_list_type,
    value_from_ast_untyped,
)
from graphql.utilities.coerce_input_value import coerce_default_value
from strawberry.schema_directive import Location

SCALE = 1000
"""Weights are kept in thousandths, so that sums are exact however long a list is."""

UNSIZED = 10
"""Items of a list that says nothing of its size."""

SIZE_BELOW = "size_below"
"""The key of a field's metadata that holds a `SizeBelow`."""

REFUSES = "refuses"
"""The key of a field's metadata that says that the field itself refuses a list over the limit, at its own path."""

SizeBelow: TypeAlias = Callable[[Mapping[str, Any]], int | None]
"""Size of the sized fields by the arguments as the client wrote them, where that takes more than one argument."""


@strawberry.schema_directive(
    name="cost",
    locations=[Location.FIELD_DEFINITION, Location.OBJECT, Location.SCALAR, Location.ENUM],
    description="What each value costs: 1 for an object and 0 for a leaf unless stated.",
)
class Cost:
    """A weight, as text so that fractions stay exact; at most three places."""

    weight: str = strawberry.directive_field(name="weight")


@strawberry.schema_directive(
    name="listSize",
    locations=[Location.FIELD_DEFINITION],
    description=(
        "How many items a list has: the largest of the slicing arguments (an Int, or the length of a list),"
        " or the assumed size. On a field that is no list it is the size of its sized fields, and of all lists"
        " directly below those that are no lists themselves; an item weight is what each of its items costs"
        " whether it is selected or not."
    ),
)
class ListSize:
    """The size of a list, for its cost."""

    assumed_size: int | None = strawberry.directive_field(name="assumedSize", default=strawberry.UNSET)
    slicing_arguments: list[str] | None = strawberry.directive_field(name="slicingArguments", default=strawberry.UNSET)
    sized_fields: list[str] | None = strawberry.directive_field(name="sizedFields", default=strawberry.UNSET)
    item_weight: str | None = strawberry.directive_field(name="itemWeight", default=strawberry.UNSET)
    require_one_slicing_argument: bool | None = strawberry.directive_field(
        name="requireOneSlicingArgument", default=False
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Price:
    """
    What a field costs.

    Attributes:
        weight: Of each value, in thousandths.
        lists: How many lists are around a value; most often 0 or 1.
        slicing: Arguments that bound the size; a dot leads into an input object.
        defaults: Values of arguments that are not given.
        list_arguments: Those that take a list, or one value that counts as a list of one.
        sized: Fields below that have the size, where the field is not such a list itself.
        item_weight: Of each item of the sized fields, selected or not, in thousandths.
        size_below: The size of those by all arguments, where no slicing argument is given.
        refuses: Whether the field itself refuses a list over the limit, which then costs nothing.
    """

    weight: int
    lists: int = 0
    assumed: int = UNSIZED
    slicing: tuple[str, ...] = ()
    defaults: Mapping[str, Any]
    list_arguments: frozenset[str] = frozenset()
    sized: frozenset[str] = frozenset()
    item_weight: int = 0
    size_below: SizeBelow | None = None
    refuses: bool = False
    kind: GraphQLNamedType


class Prices:
    """What the fields of a schema cost, each read once."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self._known: dict[tuple[str, str], Price] = {}
        self._of_introspection = _introspection_sizes(schema)

    def of(self, parent: GraphQLNamedType, name: str) -> Price | None:
        """The price of a field of *parent*; None for ``__typename``, which is free."""
        key = (parent.name, name)
        if key not in self._known:
            field = self.schema.get_field(parent, name)  # type: ignore[arg-type]
            if field is None or name == "__typename":
                return None
            self._known[key] = self._read(field, parent, name)
        return self._known[key]

    def _read(self, field: GraphQLField, parent: GraphQLNamedType, name: str) -> Price:
        kind, lists = get_named_type(field.type), 0
        around = get_nullable_type(field.type)
        while is_list_type(around):
            around, lists = get_nullable_type(around.of_type), lists + 1
        own, size = directive(field, "cost"), directive(field, "listSize") or {}
        of_kind = own if own is not None else directive(kind, "cost")
        default = SCALE if is_composite_type(kind) else 0
        weight = default if of_kind is None else thousandths(of_kind["weight"])
        assumed = size.get("assumedSize")
        if assumed is None and is_introspection_type(parent):
            assumed = self._of_introspection.get(name)
        definition = (field.extensions or {}).get("strawberry-definition")
        metadata: Mapping[str, Any] = getattr(definition, "metadata", None) or {}
        return Price(
            weight=weight,
            lists=lists,
            assumed=UNSIZED if assumed is None else assumed,
            slicing=tuple(size.get("slicingArguments") or ()),
            defaults={
                one: value for one, arg in field.args.items() if (value := coerce_default_value(arg)) is not Undefined
            },
            list_arguments=frozenset(
                one for one, arg in field.args.items() if is_list_type(get_nullable_type(arg.type))
            ),
            sized=frozenset(size.get("sizedFields") or ()),
            item_weight=thousandths(size.get("itemWeight") or "0"),
            size_below=metadata.get(SIZE_BELOW),
            refuses=bool(metadata.get(REFUSES)),
            kind=kind,
        )


@cache
def thousandths(weight: str) -> int:
    """
    A weight in thousandths.

    Raises:
        ValueError: If it is no number of at most three places, or below zero.
    """
    try:
        scaled = Decimal(weight) * SCALE
    except InvalidOperation:
        scaled = Decimal(-1)
    if not scaled.is_finite() or scaled < 0 or scaled != scaled.to_integral_value():
        raise ValueError(f"a weight is a number from 0 on with at most three places, was {weight!r}")
    return int(scaled)


def directive(definition: GraphQLField | GraphQLNamedType, name: str) -> dict[str, Any] | None:
    """The arguments of a directive in the schema, from strawberry or from SDL; None where there is none."""
    of_strawberry = (definition.extensions or {}).get("strawberry-definition")
    for one in getattr(of_strawberry, "directives", None) or ():
        described = getattr(type(one), "__strawberry_directive__", None)
        if described is not None and described.graphql_name == name:
            return {
                field.graphql_name: value
                for field in described.fields
                if (value := getattr(one, field.python_name)) is not strawberry.UNSET
            }
    for node in (definition.ast_node.directives if definition.ast_node else None) or ():
        if node.name.value == name:
            return {one.name.value: value_from_ast_untyped(one.value) for one in node.arguments or ()}
    return None


def _introspection_sizes(schema: GraphQLSchema) -> dict[str, int]:
    """Sizes of the lists of introspection: the types as they are, the rest as in the average type."""
    fields = [len(kind.fields) for kind in schema.type_map.values() if hasattr(kind, "fields")]
    arguments = [
        len(field.args)
        for kind in schema.type_map.values()
        for field in getattr(kind, "fields", {}).values()
        if hasattr(field, "args")
    ]
    return {
        "types": len(schema.type_map),
        "directives": len(schema.directives),
        "fields": _mean(fields),
        "inputFields": _mean(fields),
        "args": _mean(arguments),
        "enumValues": 4,
        "interfaces": 2,
        "possibleTypes": 4,
    }


def _mean(counts: list[int]) -> int:
    return -(-sum(counts) // max(1, len(counts)))
