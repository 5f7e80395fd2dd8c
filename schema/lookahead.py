"""How far before their window the indicators of a selection look, read off the query before anything is fetched."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLIncludeDirective,
    GraphQLResolveInfo,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionSetNode,
)
from graphql.execution.values import get_argument_values, get_directive_values

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
    nodes = tuple(raw.field_nodes)
    key = (interval, *map(id, nodes))
    plans = info.context.plans
    # One hundred instruments of a list share the same nodes, so the walk is made once.
    if key not in plans:
        plans[key] = furthest(
            *(
                reach
                for node in nodes
                for part in _fields(raw, node.selection_set)
                if part.name.value in ("bars", "columns")
                for field in _fields(raw, part.selection_set)
                for reach in _reach(raw, field, interval)
            )
        )
    reach: Reach = plans[key]
    return reach


def _reach(raw: GraphQLResolveInfo[Any], node: FieldNode, interval: Interval) -> Iterator[Reach]:
    indicator = CATALOG.get(node.name.value)
    if indicator is None:
        return
    field = raw.schema.type_map["CandleColumns"].fields[node.name.value]  # type: ignore[attr-defined]
    try:
        given: dict[str, Any] = get_argument_values(field, node, raw.variable_values)
        yield reach_of(indicator, checked_arguments(indicator, given), interval)
    except (GraphQLError, GatewayError):
        return


def _fields(raw: GraphQLResolveInfo[Any], selections: SelectionSetNode | None) -> Iterator[FieldNode]:
    """The fields of a selection, fragments included, left out ones not."""
    for node in selections.selections if selections else ():
        skip = get_directive_values(GraphQLSkipDirective, node, raw.variable_values)
        include = get_directive_values(GraphQLIncludeDirective, node, raw.variable_values)
        if (skip and skip["if"]) or (include and not include["if"]):
            continue
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _fields(raw, node.selection_set)
        elif isinstance(node, FragmentSpreadNode):
            yield from _fields(raw, raw.fragments[node.name.value].selection_set)
