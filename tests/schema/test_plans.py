"""What is kept of selections with their operation."""

from enum import Enum
from typing import Any

import pytest
from graphql import FieldNode, FragmentDefinitionNode, OperationDefinitionNode, parse

from schema.plans import Plans

_TEXT = """
query ($a: Int, $b: Int, $c: Int) { x { y(by: $a) ...F } z(by: $c) }
fragment F on X { w @skip(if: $b) ...G }
fragment G on X { v ...F }
"""


class _Color(Enum):
    RED = 1


def _selected(name: str) -> tuple[list[FieldNode], dict[str, FragmentDefinitionNode]]:
    document = parse(_TEXT)
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    fields = [one for one in operation.selection_set.selections if isinstance(one, FieldNode)]
    return [one for one in fields if one.name.value == name], fragments


def _made(plans: Plans, nodes: Any, fragments: Any, *given: dict[str, Any], what: str = "w") -> list[int]:
    """How often something had been made after each of the *given* variables."""
    calls: list[int] = []
    counts = []
    for variables in given:
        plans.of(what, nodes, fragments, variables, lambda: calls.append(1))
        counts.append(len(calls))
    return counts


def test_a_selection_is_worked_out_once_for_equal_variables() -> None:
    """Those that it uses, in fragments of fragments too; others may change."""
    nodes, fragments = _selected("x")

    counts = _made(Plans(), nodes, fragments, {"a": 1, "b": 2}, {"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 3}, {"a": 1})

    assert counts == [1, 1, 2, 3]


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 1.0), (1, True), (0, False), (0.0, -0.0), ("1", 1), (None, "None"), ([1], [True]), ([1, 2], [1])],
)
def test_values_that_python_finds_equal_are_not_one(one: Any, other: Any) -> None:
    """A result for one must not be taken for the other."""
    nodes, fragments = _selected("z")

    assert _made(Plans(), nodes, fragments, {"c": one}, {"c": other}, {"c": one}) == [1, 2, 2]


def test_enumeration_values_are_known_again() -> None:
    """A resolver gets them as members."""
    nodes, fragments = _selected("z")

    assert _made(Plans(), nodes, fragments, {"c": _Color.RED}, {"c": _Color.RED}, {"c": "RED"}) == [1, 1, 2]


def test_a_value_of_an_unknown_class_is_worked_out_each_time() -> None:
    """Nothing says what makes two of them equal."""
    nodes, fragments = _selected("z")

    assert _made(Plans(), nodes, fragments, {"c": object()}, {"c": {"a": 1}}, {"c": {"a": 1}}) == [1, 2, 3]


def test_what_is_kept_has_a_bound() -> None:
    """A client that varies a variable fills no memory; what was kept stays."""
    nodes, fragments = _selected("z")
    plans = Plans()

    _made(plans, nodes, fragments, *[{"c": number} for number in range(1000)])

    assert _made(plans, nodes, fragments, {"c": 3}, {"c": 990}, {"c": 990}) == [0, 1, 2]


def test_several_results_of_one_selection_stand_apart() -> None:
    """Each kind of result has its name."""
    nodes, fragments = _selected("x")
    plans = Plans()

    assert _made(plans, nodes, fragments, {}, what="one") == [1]
    assert _made(plans, nodes, fragments, {}, what="two") == [1]
