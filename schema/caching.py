"""
How long an answer may be kept, declared in the schema with ``@cacheControl`` in the style of Apollo's directive.

The life of an answer is the shortest of all fields that its operation selects. Apollo takes 0 for every object
without a hint; here only root fields must have one, on themselves or on their type, and what is below them
inherits it.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import strawberry
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_introspection_type,
)
from strawberry.schema_directive import Location

from schema.cost import directive

# What a schema says of itself changes with a release.
_INTROSPECTION_SECONDS = 86_400


@strawberry.enum(name="CacheControlScope", description="Who may share an answer.")
class CacheScope(Enum):
    """PRIVATE answers are never kept."""

    PUBLIC = strawberry.enum_value("PUBLIC", description="Everybody of the same access class.")
    PRIVATE = strawberry.enum_value("PRIVATE", description="Nobody but who has asked.")


@strawberry.schema_directive(
    name="cacheControl",
    locations=[Location.FIELD_DEFINITION, Location.OBJECT, Location.INTERFACE],
    description="For how many seconds an answer with this field may be kept, at most, and for whom.",
)
class CacheControl:
    """The hint of a field, or of all fields that return a type."""

    max_age: int | None = strawberry.directive_field(name="maxAge", default=strawberry.UNSET)
    scope: CacheScope | None = strawberry.directive_field(name="scope", default=strawberry.UNSET)


@dataclass(frozen=True, kw_only=True, slots=True)
class CachePolicy:
    """
    How long the answer to an operation may be kept, whatever its variables.

    Attributes:
        max_age: In seconds; 0 for not at all.
    """

    max_age: float

    @classmethod
    def of(
        cls, schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> "CachePolicy":
        """The policy of a valid operation; a mutation or a subscription is never kept."""
        root = schema.get_root_type(operation.operation)
        if root is None or operation.operation is not OperationType.QUERY:
            return cls(max_age=0)
        lives = _lives(_Walk(schema, fragments), root, operation.selection_set)
        return cls(max_age=min(lives, default=_INTROSPECTION_SECONDS))


class _Walk:
    """What a walk over one operation needs to know, and where it has been."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self.schema = schema
        self.fragments = fragments
        self.followed: set[str] = set()


def _lives(walk: _Walk, parent: GraphQLNamedType, selections: SelectionSetNode) -> Iterator[float]:
    """The lives of all fields that a selection of *parent* has, fragments followed, conditions taken as met."""
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield from _lives_of_field(walk, parent, node)
        elif isinstance(node, InlineFragmentNode):
            on = node.type_condition
            yield from _lives(walk, walk.schema.type_map[on.name.value] if on else parent, node.selection_set)
        elif isinstance(node, FragmentSpreadNode) and node.name.value not in walk.followed:
            walk.followed.add(node.name.value)
            fragment = walk.fragments[node.name.value]
            yield from _lives(walk, walk.schema.type_map[fragment.type_condition.name.value], fragment.selection_set)


def _lives_of_field(walk: _Walk, parent: GraphQLNamedType, node: FieldNode) -> Iterator[float]:
    field = walk.schema.get_field(parent, node.name.value)  # type: ignore[arg-type]
    if field is None or node.name.value == "__typename":
        return
    kind = get_named_type(field.type)
    if is_introspection_type(kind):
        yield _INTROSPECTION_SECONDS
        return
    hint = directive(field, "cacheControl")
    if hint is None:
        hint = directive(kind, "cacheControl")
    if hint is not None:
        yield _life(hint)
    elif parent is walk.schema.query_type:
        yield 0
    if is_abstract_type(parent):
        for one in walk.schema.get_possible_types(parent):
            yield from _lives_of_own(one, node.name.value)
    if node.selection_set is not None:
        yield from _lives(walk, kind, node.selection_set)


def _lives_of_own(kind: GraphQLNamedType, name: str) -> Iterator[float]:
    """The life of a field as one of the possible types of an interface declares it."""
    fields: Mapping[str, Any] = getattr(kind, "fields", {})
    hint = directive(fields[name], "cacheControl") if name in fields else None
    if hint is not None:
        yield _life(hint)


def _life(hint: Mapping[str, Any]) -> float:
    scope = hint.get("scope")
    if scope is CacheScope.PRIVATE or scope == "PRIVATE":
        return 0
    age = hint.get("maxAge")
    return math.inf if age is None else max(0, int(age))
