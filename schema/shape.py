"""The shape of a document: how deep and how wide its answer can be, before anything is known of types."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from schema.errors import LimitExceeded
from schema.limits import Limits

Fragments = Mapping[str, FragmentDefinitionNode]


class CyclicFragments(Exception):
    """Fragments that lead back to themselves: the document is invalid, and nothing may follow them."""


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """The document's fragments by name."""
    return {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}


def check_shape(document: DocumentNode, limits: Limits) -> None:
    """
    Refuses what would take long to validate, which grows with the square of repeated fields.

    Raises:
        LimitExceeded: If the document is deeper or wider than it may be.
        CyclicFragments: If it cannot be measured.
    """
    fragments = fragments_of(document)
    depths = _fragment_depths(fragments)
    widths = _Widths(fragments, limits)
    for one in document.definitions:
        if isinstance(one, OperationDefinitionNode):
            depth = _depth(one.selection_set, depths)
            if depth > limits.max_depth:
                raise LimitExceeded(
                    "max_depth", maximum=limits.max_depth, found=depth, what=f"the operation is {depth:,} fields deep"
                )
    # The depth of fragments that nobody spreads is bounded too, because validation looks into them.
    for name, depth in depths.items():
        if depth > limits.max_depth:
            raise LimitExceeded(
                "max_depth", maximum=limits.max_depth, found=depth, what=f"the fragment {name} is {depth:,} fields deep"
            )
    for one in document.definitions:
        if isinstance(one, OperationDefinitionNode):
            widths.measure(one.selection_set)
    for name, fragment in fragments.items():
        if name not in widths.reached:
            widths.count([fragment.selection_set])


@dataclass(slots=True)
class _Widths:
    """Counts what a document selects; equal fields of one place are one field of the answer."""

    fragments: Fragments
    limits: Limits
    reached: set[str] = field(default_factory=set)
    fields: int = 0
    aliases: int = 0

    def measure(self, root: SelectionSetNode) -> None:
        """Checks the answer to one operation."""
        self.aliases = 0
        width = self.count([root])
        limits = self.limits
        if width > limits.max_root_fields:
            raise LimitExceeded(
                "max_root_fields",
                maximum=limits.max_root_fields,
                found=width,
                what=f"the operation has {width:,} root fields",
            )
        if self.aliases > limits.max_aliases:
            raise LimitExceeded(
                "max_aliases",
                maximum=limits.max_aliases,
                found=self.aliases,
                what=f"the operation has {self.aliases:,} aliases",
            )

    def count(self, places: Iterable[SelectionSetNode]) -> int:
        """Counts all below *places*, which are answered as one; returns how many fields they have themselves."""
        groups: dict[str, list[FieldNode]] = {}
        followed: set[str] = set()
        waiting = list(places)
        while waiting:
            for selection in waiting.pop().selections:
                if isinstance(selection, FieldNode):
                    groups.setdefault((selection.alias or selection.name).value, []).append(selection)
                elif not isinstance(selection, FragmentSpreadNode):
                    waiting.append(selection.selection_set)  # type: ignore[attr-defined]
                elif selection.name.value not in followed and selection.name.value in self.fragments:
                    followed.add(selection.name.value)
                    waiting.append(self.fragments[selection.name.value].selection_set)
        self.reached |= followed
        self._add(len(followed))
        for nodes in groups.values():
            self._add(len(nodes))
            self.aliases += nodes[0].alias is not None
        for nodes in groups.values():
            inner = [node.selection_set for node in nodes if node.selection_set is not None]
            if inner:
                self.count(inner)
        return len(groups)

    def _add(self, repeated: int) -> None:
        self.fields += repeated * (repeated + 1) // 2
        if self.fields > self.limits.max_fields:
            raise LimitExceeded(
                "max_fields",
                maximum=self.limits.max_fields,
                found=self.fields,
                what=f"the document selects at least {self.fields:,} fields, repeated ones compared",
            )


def _fragment_depths(fragments: Fragments) -> dict[str, int]:
    """How deep each fragment is, those that it spreads followed."""
    reaches = {name: _reach(one.selection_set) for name, one in fragments.items()}
    graph = {name: [spread for spread, _ in spreads if spread in fragments] for name, (_, spreads) in reaches.items()}
    depths: dict[str, int] = {}
    try:
        for name in TopologicalSorter(graph).static_order():
            depths[name] = _deepest(*reaches[name], depths)
    except CycleError:
        raise CyclicFragments from None
    return depths


def _depth(selections: SelectionSetNode, fragment_depths: Mapping[str, int]) -> int:
    return _deepest(*_reach(selections), fragment_depths)


def _deepest(own: int, spreads: list[tuple[str, int]], fragment_depths: Mapping[str, int]) -> int:
    return max([own, *(level + fragment_depths.get(name, 0) for name, level in spreads)])


def _reach(selections: SelectionSetNode) -> tuple[int, list[tuple[str, int]]]:
    """The depth without fragments, and the fragments spread with the depth of their place."""
    deepest, spreads = 0, []
    waiting = [(selections, 0)]
    while waiting:
        place, level = waiting.pop()
        for selection in place.selections:
            if isinstance(selection, FragmentSpreadNode):
                spreads.append((selection.name.value, level))
                continue
            below = level + (isinstance(selection, FieldNode) and selection.name.value != "ofType")
            deepest = max(deepest, below)
            inner = selection.selection_set  # type: ignore[attr-defined]
            if inner is not None:
                waiting.append((inner, below))
    return deepest, spreads
