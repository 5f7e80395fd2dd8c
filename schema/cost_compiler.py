"""Compiles the selections of an operation to the terms that its cost is the sum of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
    is_composite_type,
)

from schema.cost import UNSIZED, Price, Prices
from schema.cost_size import Size
from schema.errors import LimitExceeded
from schema.shape import Fragments


@dataclass(frozen=True, slots=True)
class Step:
    """One term: factor * size * (each + parts), or the largest of them; parts are numbers of earlier steps."""

    each: int
    parts: tuple[int, ...]
    factor: int = 1
    size: int | None = None
    is_choice: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Below:
    """A size for fields below; *names* is None where it is that of all lists."""

    size: Size | int
    names: frozenset[str] | None


_Sum: TypeAlias = tuple[int, tuple[int, ...]]

_NO_PARTS: tuple[int, ...] = ()


@dataclass(slots=True, kw_only=True)
class Compiler:
    """Compiles selections to sums; the same selection below the same type is compiled once."""

    prices: Prices
    fragments: Fragments
    answers: Mapping[str, bool]
    most: int
    steps: list[Step] = field(default_factory=list)
    sizes: dict[Size, int] = field(default_factory=dict)
    known: dict[tuple[object, ...], _Sum] = field(default_factory=dict)

    def selection(self, kind: GraphQLNamedType, places: Sequence[SelectionSetNode], below: _Below | None) -> _Sum:
        """The cost of all that *places* select together of one object of *kind*."""
        key = (kind.name, below, *map(id, places))
        if key not in self.known:
            if is_abstract_type(kind):
                self.known[key] = self._largest(
                    [self.selection(one, places, below) for one in self.prices.schema.get_possible_types(kind)]
                )
            else:
                groups: dict[str, list[FieldNode]] = {}
                for node in self._collected(kind, places):
                    groups.setdefault((node.alias or node.name).value, []).append(node)
                self.known[key] = _total(self._field(kind, nodes, below) for nodes in groups.values())
        return self.known[key]

    def _largest(self, sums: Sequence[_Sum]) -> _Sum:
        constant = max((each for each, parts in sums if not parts), default=0)
        varying = {one for one in sums if one[1]}
        if not varying:
            return constant, ()
        return 0, (self._step(Step(constant, tuple([self._step(Step(*one)) for one in varying]), is_choice=True)),)

    def _field(self, parent: GraphQLNamedType, nodes: Sequence[FieldNode], below: _Below | None) -> _Sum:
        price = self.prices.of(parent, nodes[0].name.value)
        if price is None:
            return 0, ()
        size, passed = self._sizes(parent, nodes[0], price, below)
        each, parts = price.weight, _NO_PARTS
        inner = [node.selection_set for node in nodes if node.selection_set is not None]
        if inner and is_composite_type(price.kind):
            each_below, parts = self.selection(price.kind, inner, passed)
            each += each_below
        if passed is not None and price.sized and not isinstance(passed.size, int):
            # Evaluated even where nothing has this size, because what it asks for is fetched all the same.
            number = self.sizes.setdefault(passed.size, len(self.sizes))
            parts = (*parts, self._step(Step(price.item_weight, (), size=number)))
        elif passed is not None and price.sized and isinstance(passed.size, int):
            each += passed.size * price.item_weight
        factor = UNSIZED ** max(0, price.lists - 1)
        if isinstance(size, int) and not parts:
            return size * factor * each, ()
        if isinstance(size, int):
            return 0, (self._step(Step(each, parts, factor=factor * size)),)
        number = self.sizes.setdefault(size, len(self.sizes))
        return 0, (self._step(Step(each, parts, factor=factor, size=number)),)

    def _sizes(
        self, parent: GraphQLNamedType, node: FieldNode, price: Price, below: _Below | None
    ) -> tuple[Size | int, _Below | None]:
        """The field's own size, and the one that it passes to fields below."""
        name = node.name.value
        inherited = below.size if below is not None and (below.names is None or name in below.names) else None
        given = {one.name.value: one.value for one in node.arguments or ()}
        place = f"{parent.name}.{name}"
        own: Size | int = 1
        if price.lists:
            own = self._folded(Size(place, price, given, below=False)) if inherited is None else inherited
        if price.sized:
            return own, _Below(self._folded(Size(place, price, given, below=True)), price.sized)
        if inherited is not None and not price.lists:
            return own, below if below is not None and below.names is None else _Below(inherited, None)
        return own, None

    def _folded(self, size: Size) -> Size | int:
        """A constant size as a number; one over the limit stays, so that every request is refused for it."""
        if size.is_constant:
            try:
                return size.of({}, self.most)
            except LimitExceeded:
                return size
        return size

    def _step(self, step: Step) -> int:
        self.steps.append(step)
        return len(self.steps) - 1

    def _collected(self, kind: GraphQLNamedType, places: Sequence[SelectionSetNode]) -> list[FieldNode]:
        """The fields that are answered for an object of *kind*, as in the specification's CollectFields."""
        found: list[FieldNode] = []
        followed: set[str] = set()
        waiting: list[SelectionNode] = [one for place in places for one in place.selections][::-1]
        while waiting:
            selection = waiting.pop()
            if not self._is_included(selection):
                continue
            if isinstance(selection, FieldNode):
                found.append(selection)
                continue
            fragment: Any = selection
            if isinstance(selection, FragmentSpreadNode):
                fragment = self.fragments.get(selection.name.value)
                if selection.name.value in followed or fragment is None:
                    continue
                followed.add(selection.name.value)
            condition = fragment.type_condition
            if condition is None or self._applies(condition.name.value, kind):
                waiting += fragment.selection_set.selections[::-1]
        return found

    def _applies(self, condition: str, kind: GraphQLNamedType) -> bool:
        named = self.prices.schema.get_type(condition)
        if named is kind:
            return True
        return is_abstract_type(named) and self.prices.schema.is_sub_type(named, kind)

    def _is_included(self, selection: SelectionNode) -> bool:
        for one in selection.directives or ():
            if one.name.value in ("skip", "include") and one.arguments:
                value = one.arguments[0].value
                if isinstance(value, VariableNode):
                    holds = self.answers.get(value.name.value, False)
                else:
                    holds = isinstance(value, BooleanValueNode) and value.value
                if holds is (one.name.value == "skip"):
                    return False
        return True


def _total(sums: Iterable[_Sum]) -> _Sum:
    constant = 0
    varying: list[int] = []
    for each, parts in sums:
        constant += each
        varying += parts
    return constant, tuple(varying)
