"""How far before their window the indicators of a selection look, read off the query before anything is fetched."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLIncludeDirective,
    GraphQLResolveInfo,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
)
from graphql.execution.values import VariableValues, get_argument_values, get_directive_values

from resolvers.compute.catalog import CATALOG, checked_arguments
from resolvers.errors import GatewayError
from resolvers.indicators import furthest, reach_of
from resolvers.model.window import Reach
from schema.context import Info
from schema.enums import Interval


def selected_reach(info: Info, interval: Interval) -> Reach:
    """
    The furthest reach of all indicators selected under the current field's `bars` and `columns`.

    Arguments that are out of bounds reach nowhere; their own field reports them.
    """
    raw = info._raw_info  # strawberry has no public way to the resolve info
    selection = _Selection(raw)
    # Kept by selection: one hundred instruments of a list share theirs, and so does the next request.
    return info.context.plans.of(
        interval,
        raw.field_nodes,
        raw.fragments,
        selection.variables,
        lambda: _reach(selection, raw.field_nodes, interval),
    )


def reach_of_bar(info: Info, interval: Interval) -> Reach:
    """The same of those selected right under the current field, which is a bar."""
    raw = info._raw_info
    selection = _Selection(raw)
    return info.context.plans.of(
        ("bar", interval),
        raw.field_nodes,
        raw.fragments,
        selection.variables,
        lambda: furthest(
            *(
                reach
                for node in raw.field_nodes
                for field in selection.fields(node.selection_set, set())
                for reach in selection.reach(field, interval)
            )
        ),
    )


def _reach(selection: "_Selection", nodes: Iterable[FieldNode], interval: Interval) -> Reach:
    return furthest(
        *(
            reach
            for node in nodes
            for part in selection.fields(node.selection_set, set())
            if part.name.value in ("bars", "columns")
            for field in selection.fields(part.selection_set, set())
            for reach in selection.reach(field, interval)
        )
    )


class _Selection:
    """Reads the selections of one operation."""

    def __init__(self, raw: GraphQLResolveInfo[Any]) -> None:
        self._raw = raw
        # Strawberry's own execution hands resolvers the bare dictionary of what graphql-core keeps with its sources.
        given: Any = raw.variable_values
        self._variables = given if isinstance(given, VariableValues) else VariableValues(sources={}, coerced=given)

    @property
    def variables(self) -> Mapping[str, Any]:
        """The values of the operation's variables, by name."""
        return self._variables.coerced

    def reach(self, node: FieldNode, interval: Interval) -> Iterator[Reach]:
        """How far an indicator looks; nothing for another field."""
        indicator = CATALOG.get(node.name.value)
        if indicator is None:
            return
        field = self._raw.schema.type_map["CandleColumns"].fields[node.name.value]  # type: ignore[attr-defined]
        try:
            given: dict[str, Any] = get_argument_values(field, node, self._variables)
            yield reach_of(indicator, checked_arguments(indicator, given), interval)
        except (GraphQLError, GatewayError):
            return

    def fields(self, selections: SelectionSetNode | None, followed: set[str]) -> Iterator[FieldNode]:
        """
        The fields of a selection, fragments included, left out ones not.

        A fragment that was *followed* is not followed again: spreads of spreads would double the walk at each level.
        """
        for node in selections.selections if selections else ():
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                yield from self.fields(node.selection_set, followed)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in followed:
                followed.add(node.name.value)
                yield from self.fields(self._raw.fragments[node.name.value].selection_set, followed)

    def _is_included(self, node: SelectionNode) -> bool:
        skip = get_directive_values(GraphQLSkipDirective, node, self._variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self._variables)
        return not (skip and skip["if"]) and not (include and not include["if"])
