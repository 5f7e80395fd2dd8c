"""Selections in one form: no fragments where none is needed, no conditions, no variables, arguments in order."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    ArgumentNode,
    DirectiveNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    NamedTypeNode,
    NameNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
)
from graphql.execution.values import VariableValues, get_directive_values
from graphql.pyutils import Undefined
from graphql.type import GraphQLIncludeDirective, GraphQLSkipDirective
from graphql.utilities import value_to_literal

from schema.errors import LimitExceeded, RequestError
from schema.shape import Fragments

_CONDITIONS: Final = ("include", "skip")
_MOST_FIELDS: Final = 5_000


@dataclass(slots=True, eq=False)
class _Block:
    """What is selected under one condition, in order; fields of one name are one as long as no condition is between."""

    kind: GraphQLNamedType
    entries: list["list[FieldNode] | _Block"] = field(default_factory=list)
    open: dict[str, list[FieldNode]] = field(default_factory=dict)

    def add(self, node: FieldNode) -> None:
        name = (node.alias or node.name).value
        if name in self.open:
            self.open[name].append(node)
        else:
            self.open[name] = [node]
            self.entries.append(self.open[name])

    def below(self, kind: GraphQLNamedType) -> "_Block":
        block = _Block(kind)
        self.open = {}
        self.entries.append(block)
        return block


class Canonical:
    """
    Writes selections of one operation in the form that all equal ones share.

    It is made by rewriting: what the rewritten text does not say cannot decide on the answer.
    """

    def __init__(self, schema: GraphQLSchema, fragments: Fragments, values: VariableValues) -> None:
        self._schema = schema
        self._fragments = fragments
        self._values = values
        self._fields = 0

    def root(self, kind: GraphQLNamedType, selections: SelectionSetNode) -> list[list[FieldNode]]:
        """The root fields, by response name, of a type that is no interface."""
        return [one for one in self._block(kind, [selections]).entries if isinstance(one, list)]

    def field(self, parent: GraphQLNamedType, nodes: list[FieldNode], *, without: Iterable[str] = ()) -> FieldNode:
        """
        One field that was selected by *nodes*, its arguments *without* some.

        Raises:
            LimitExceeded: If everything together has too many fields.
            RequestError: If a value cannot be written.
        """
        self._fields += 1
        if self._fields > _MOST_FIELDS:
            what = f"the subscription has more than {_MOST_FIELDS:,} fields"
            raise LimitExceeded("max_fields", maximum=_MOST_FIELDS, found=self._fields, what=what)
        first = nodes[0]
        inner = [one.selection_set for one in nodes if one.selection_set is not None]
        selected = None
        if inner:
            definition: Any = self._schema.get_field(parent, first.name.value)  # type: ignore[arg-type]
            kind = get_named_type(definition.type)
            selected = self._written(self._block(kind, inner))
        return FieldNode(
            alias=first.alias,
            name=first.name,
            arguments=self.arguments(first.arguments, without),
            directives=self.directives([one for node in nodes for one in node.directives or ()]),
            selection_set=selected,
        )

    def arguments(self, given: Iterable[ArgumentNode] | None, without: Iterable[str] = ()) -> tuple[ArgumentNode, ...]:
        """Arguments by name, their variables replaced; one whose variable has no value is not given."""
        return tuple(
            ArgumentNode(name=one.name, value=self._literal(one.value))
            for one in sorted(given or (), key=lambda one: one.name.value)
            if one.name.value not in without and not self._is_missing(one.value)
        )

    def directives(self, given: Iterable[DirectiveNode], without: Iterable[str] = ()) -> tuple[DirectiveNode, ...]:
        """Directives that are no conditions, *without* some."""
        return tuple(
            DirectiveNode(name=one.name, arguments=self.arguments(one.arguments))
            for one in given
            if one.name.value not in _CONDITIONS and one.name.value not in without
        )

    def _block(self, kind: GraphQLNamedType, sets: Iterable[SelectionSetNode]) -> _Block:
        block, followed = _Block(kind), dict[str, frozenset[str]]()
        for one in sets:
            self._collect(one, block, self._names(kind), followed)
        return block

    def _collect(
        self, selections: SelectionSetNode, block: _Block, kinds: frozenset[str], followed: dict[str, frozenset[str]]
    ) -> None:
        """Adds what is selected of objects of *kinds*; *followed* says for which of them fragments were collected."""
        for node in selections.selections:
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                block.add(node)
                continue
            fragment: Any = self._fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            on = fragment.type_condition
            kind: Any = self._schema.type_map[on.name.value] if on is not None else block.kind
            left = kinds & self._names(kind)
            if isinstance(node, FragmentSpreadNode):
                before = followed.get(node.name.value, frozenset())
                if left <= before:
                    continue
                followed[node.name.value] = before | left
            if left:
                always = kind is block.kind or not is_abstract_type(block.kind) or self._is_part(block.kind, kind)
                self._collect(fragment.selection_set, block if always else block.below(kind), left, followed)

    def _written(self, block: _Block) -> SelectionSetNode:
        selections: list[SelectionNode] = []
        for one in block.entries:
            if isinstance(one, _Block):
                if one.entries:
                    on = NamedTypeNode(name=NameNode(value=one.kind.name))
                    selections.append(InlineFragmentNode(type_condition=on, selection_set=self._written(one)))
            else:
                selections.append(self.field(block.kind, one))
        return SelectionSetNode(selections=tuple(selections))

    def _names(self, kind: GraphQLNamedType) -> frozenset[str]:
        """The names of the object types that *kind* stands for."""
        if is_abstract_type(kind):
            return frozenset(one.name for one in self._schema.get_possible_types(kind))
        return frozenset((kind.name,))

    def _is_part(self, kind: GraphQLNamedType, of: GraphQLNamedType) -> bool:
        return is_abstract_type(of) and self._schema.is_sub_type(of, kind)

    def _is_included(self, node: SelectionNode) -> bool:
        skip = get_directive_values(GraphQLSkipDirective, node, self._values)
        include = get_directive_values(GraphQLIncludeDirective, node, self._values)
        return not (skip and skip["if"]) and not (include and not include["if"])

    def _is_missing(self, value: ValueNode) -> bool:
        if not isinstance(value, VariableNode):
            return False
        source = self._values.sources.get(value.name.value)
        return source is None or (source.value is Undefined and source.signature.default is None)

    def _literal(self, value: ValueNode) -> ValueNode:
        """A value without variables, the fields of objects by name."""
        if isinstance(value, VariableNode):
            return self._value_of(value)
        if isinstance(value, ListValueNode):
            return ListValueNode(values=tuple(self._literal(one) for one in value.values))
        if isinstance(value, ObjectValueNode):
            fields = sorted(value.fields, key=lambda one: one.name.value)
            return ObjectValueNode(
                fields=tuple(
                    ObjectFieldNode(name=one.name, value=self._literal(one.value))
                    for one in fields
                    if not self._is_missing(one.value)
                )
            )
        if isinstance(value, StringValueNode):
            return StringValueNode(value=value.value, block=False)
        return value

    def _value_of(self, variable: VariableNode) -> ValueNode:
        if self._is_missing(variable):
            return NullValueNode()
        source = self._values.sources[variable.name.value]
        default = source.signature.default
        if source.value is Undefined and default is not None:
            if default.literal is not None:
                return self._literal(default.literal)
            value = default.value
        else:
            value = source.value
        literal = value_to_literal(value, source.signature.type)
        if literal is None:
            raise RequestError(f"the value of ${variable.name.value} cannot be written as a literal", code="BAD_INPUT")
        return self._literal(literal)
