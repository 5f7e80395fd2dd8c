"""The cost of one operation, compiled once and evaluated with the variables of each request."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, TypeAlias

from graphql import (
    BooleanValueNode,
    FieldNode,
    FloatValueNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    is_abstract_type,
    is_composite_type,
)

from schema.cost import SCALE, UNSIZED, Price, Prices
from schema.errors import LimitExceeded
from schema.limits import Limits
from schema.shape import Fragments

Variables: TypeAlias = Mapping[str, Any]

_KEPT_PLANS = 16
_LONG_NUMBER = 19


@dataclass(frozen=True, slots=True, eq=False)
class Size:
    """
    How many items arguments ask for.

    Attributes:
        place: Type and field, for messages.
        given: The field's arguments as they are written.
        below: Whether it is the size of sized fields, not of the field itself.
    """

    place: str
    price: Price
    given: Mapping[str, ValueNode]
    below: bool

    @property
    def is_constant(self) -> bool:
        """Whether it is the same for all variables, and at all times."""
        if any(_has_variable(one) for one in self.given.values()):
            return False
        return not self._is_estimated or self._asked({}) is not None

    def of(self, variables: Variables, most: int) -> int:
        """
        The size with these variables.

        Raises:
            LimitExceeded: If a slicing argument asks for more than *most*.
        """
        asked = self._asked(variables)
        if asked is None:
            estimated = self.price.size_below(self._arguments(variables)) if self._is_estimated else None  # type: ignore[misc]
            return min(self.price.assumed if estimated is None else max(0, estimated), most)
        if asked > most:
            if self.price.refuses:
                return 0
            raise LimitExceeded(
                "max_list_size", maximum=most, found=asked, what=f"{self.place} is asked for {asked:,} items"
            )
        return asked

    @property
    def _is_estimated(self) -> bool:
        return self.below and self.price.size_below is not None

    def _asked(self, variables: Variables) -> int | None:
        """The largest slicing argument. Those of a list are its own size, not that of fields below it."""
        if self.below and self.price.lists:
            return None
        largest = None
        for path in self.price.slicing:
            name, *inner = path.split(".")
            value = self._argument(name, variables)
            for one in inner:
                value = value.get(one) if isinstance(value, Mapping) else None
            # What cannot be a size is refused when arguments are coerced, or by the resolver.
            items = _items(value, is_list=path in self.price.list_arguments)
            if items is not None and (largest is None or items > largest):
                largest = items
        return largest

    def _argument(self, name: str, variables: Variables) -> Any:
        node = self.given.get(name)
        if isinstance(node, VariableNode) and node.name.value not in variables:
            node = None
        return self.price.defaults.get(name) if node is None else _untyped(node, variables)

    def _arguments(self, variables: Variables) -> dict[str, Any]:
        return {name: self._argument(name, variables) for name in {**self.price.defaults, **self.given}}


@dataclass(frozen=True, slots=True)
class _Step:
    """One term: factor * size * (each + parts), or the largest of them; parts are numbers of earlier steps."""

    each: int
    parts: tuple[int, ...]
    factor: int = 1
    size: int | None = None
    is_choice: bool = False


@dataclass(frozen=True, slots=True)
class _Plan:
    """Steps that lead to the cost in thousandths; without steps it is *each* for all variables."""

    each: int
    parts: tuple[int, ...] = ()
    steps: tuple[_Step, ...] = ()
    sizes: tuple[Size, ...] = ()

    def cost(self, variables: Variables, most: int) -> int:
        sizes = [size.of(variables, most) for size in self.sizes]
        values: list[int] = []
        for step in self.steps:
            parts = [values[part] for part in step.parts]
            if step.is_choice:
                values.append(max(step.each, *parts))
            else:
                size = 1 if step.size is None else sizes[step.size]
                values.append(step.factor * size * (step.each + sum(parts)))
        return self.each + sum([values[part] for part in self.parts])


class OperationCost:
    """
    The cost of an operation by its variables.

    A plan holds for one answer to every ``@skip`` and ``@include``; one that was not met yet is compiled
    when it is.
    """

    __slots__ = ("_conditions", "_defaults", "_fragments", "_operation", "_plans", "_prices")

    def __init__(self, prices: Prices, operation: OperationDefinitionNode, fragments: Fragments) -> None:
        self._prices = prices
        self._operation = operation
        self._fragments = fragments
        self._defaults = {
            one.variable.name.value: _untyped(one.default_value, {})
            for one in operation.variable_definitions or ()
            if one.default_value is not None
        }
        self._conditions = _condition_variables(operation, fragments)
        self._plans: dict[tuple[bool, ...], _Plan] = {}

    def of(self, variables: Variables, limits: Limits) -> int:
        """
        The cost with these variables, before or after their coercion, rounded up to whole units.

        Raises:
            LimitExceeded: If a list argument asks for too many items.
        """
        given = {**self._defaults, **variables} if self._defaults else variables
        answers = tuple([given.get(name) is True for name in self._conditions])
        plan = self._plans.get(answers)
        if plan is None:
            plan = self._compiled(answers, limits)
            if len(self._plans) < _KEPT_PLANS:
                self._plans[answers] = plan
        return -(-plan.cost(given, limits.max_list_size) // SCALE)

    def check(self, variables: Variables, limits: Limits) -> None:
        """
        Refuses an operation that asks for too much.

        Raises:
            LimitExceeded: If it costs more than it may, or a list argument asks for too many items.
        """
        cost = self.of(variables, limits)
        if cost > limits.max_cost:
            raise LimitExceeded("max_cost", maximum=limits.max_cost, found=cost, what=f"the operation costs {cost:,}")

    def _compiled(self, answers: tuple[bool, ...], limits: Limits) -> _Plan:
        compiler = _Compiler(
            prices=self._prices,
            fragments=self._fragments,
            answers=dict(zip(self._conditions, answers, strict=True)),
            most=limits.max_list_size,
        )
        root = self._prices.schema.get_root_type(self._operation.operation)
        if root is None:
            return _Plan(0)
        each, parts = compiler.selection(root, (self._operation.selection_set,), None)
        return _Plan(each, parts, tuple(compiler.steps), tuple(compiler.sizes))


@dataclass(frozen=True, slots=True, eq=False)
class _Below:
    """A size for fields below; *names* is None where it is that of all lists."""

    size: Size | int
    names: frozenset[str] | None


_Sum: TypeAlias = tuple[int, tuple[int, ...]]

_NO_PARTS: tuple[int, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Compiler:
    """Compiles selections to sums; the same selection below the same type is compiled once."""

    prices: Prices
    fragments: Fragments
    answers: Mapping[str, bool]
    most: int
    steps: list[_Step] = field(default_factory=list)
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
        return 0, (self._step(_Step(constant, tuple([self._step(_Step(*one)) for one in varying]), is_choice=True)),)

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
            parts = (*parts, self._step(_Step(price.item_weight, (), size=number)))
        elif passed is not None and price.sized and isinstance(passed.size, int):
            each += passed.size * price.item_weight
        factor = UNSIZED ** max(0, price.lists - 1)
        if isinstance(size, int) and not parts:
            return size * factor * each, ()
        if isinstance(size, int):
            return 0, (self._step(_Step(each, parts, factor=factor * size)),)
        number = self.sizes.setdefault(size, len(self.sizes))
        return 0, (self._step(_Step(each, parts, factor=factor, size=number)),)

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

    def _step(self, step: _Step) -> int:
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


def _condition_variables(operation: OperationDefinitionNode, fragments: Fragments) -> tuple[str, ...]:
    """The variables of every ``@skip`` and ``@include``, in the order of their names."""
    found: set[str] = set()
    followed: set[str] = set()
    waiting: list[SelectionSetNode] = [operation.selection_set]
    while waiting:
        for selection in waiting.pop().selections:
            for one in selection.directives or ():
                if one.name.value in ("skip", "include"):
                    found |= {
                        arg.value.name.value for arg in one.arguments or () if isinstance(arg.value, VariableNode)
                    }
            inner: Any = selection
            if isinstance(selection, FragmentSpreadNode):
                inner = fragments.get(selection.name.value)
                if selection.name.value in followed or inner is None:
                    continue
                followed.add(selection.name.value)
            if inner.selection_set is not None:
                waiting.append(inner.selection_set)
    return tuple(sorted(found))


def _has_variable(node: ValueNode) -> bool:
    waiting: list[ValueNode] = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, VariableNode):
            return True
        if isinstance(one, ListValueNode):
            waiting += one.values
        elif isinstance(one, ObjectValueNode):
            waiting += [inner.value for inner in one.fields]
    return False


def _items(value: object, *, is_list: bool) -> int | None:
    """The items that an argument asks for; None where it asks for none in particular, or for what cannot be."""
    if value is None:
        return None
    if is_list or isinstance(value, list | tuple):
        return len(value) if isinstance(value, list | tuple) else 1
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < inf:
        return None
    return int(value)


def _untyped(node: ValueNode, variables: Variables) -> Any:
    """A value as it is written, enumeration values as text. A number of any length is read in no time."""
    if isinstance(node, VariableNode):
        return variables.get(node.name.value)
    if isinstance(node, ListValueNode):
        return [_untyped(one, variables) for one in node.values]
    if isinstance(node, ObjectValueNode):
        return {one.name.value: _untyped(one.value, variables) for one in node.fields}
    if isinstance(node, IntValueNode):
        return int(node.value) if len(node.value) < _LONG_NUMBER else float(node.value)
    if isinstance(node, FloatValueNode):
        return float(node.value)
    return getattr(node, "value", None)
