"""The cost of one operation, compiled once and evaluated with the variables of each request."""

from dataclasses import dataclass, field
from typing import Any

from graphql import FragmentSpreadNode, OperationDefinitionNode, SelectionSetNode, VariableNode

from schema.cost import SCALE, Prices
from schema.cost_compiler import Compiler, Step
from schema.cost_size import Size, Variables, untyped
from schema.errors import LimitExceeded
from schema.limits import Limits
from schema.shape import Fragments

_KEPT_PLANS = 16
_KEPT_COSTS = 64


@dataclass(frozen=True, slots=True)
class Plan:
    """
    Steps that lead to the cost in thousandths; without steps it is *each* for all variables.

    Clients ask for lists of few sizes, so what those came to is kept.
    """

    each: int
    parts: tuple[int, ...] = ()
    steps: tuple[Step, ...] = ()
    sizes: tuple[Size, ...] = ()
    known: dict[tuple[int, ...], int] = field(default_factory=dict)

    def cost(self, variables: Variables, most: int) -> int:
        sizes = tuple([size.of(variables, most) for size in self.sizes])
        found = self.known.get(sizes)
        if found is None:
            found = self._summed(sizes)
            if len(self.known) < _KEPT_COSTS:
                self.known[sizes] = found
        return found

    def _summed(self, sizes: tuple[int, ...]) -> int:
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
            one.variable.name.value: untyped(one.default_value, {})
            for one in operation.variable_definitions or ()
            if one.default_value is not None
        }
        self._conditions = _condition_variables(operation, fragments)
        self._plans: dict[tuple[bool, ...], Plan] = {}

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

    def _compiled(self, answers: tuple[bool, ...], limits: Limits) -> Plan:
        compiler = Compiler(
            prices=self._prices,
            fragments=self._fragments,
            answers=dict(zip(self._conditions, answers, strict=True)),
            most=limits.max_list_size,
        )
        root = self._prices.schema.get_root_type(self._operation.operation)
        if root is None:
            return Plan(0)
        each, parts = compiler.selection(root, (self._operation.selection_set,), None)
        return Plan(each, parts, tuple(compiler.steps), tuple(compiler.sizes))


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
