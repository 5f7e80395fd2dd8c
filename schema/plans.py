"""What was worked out of an operation's selections, kept with the operation."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, TypeVar, cast

from graphql import FieldNode, FragmentSpreadNode, Node, SelectionSetNode, VariableNode

T = TypeVar("T")

_MOST = 64
_PLAIN = (int, float, str, bool, type(None))
_NOT_GIVEN = object()


class Plans:
    """
    Results by selection and by the values of the variables that the selection uses.

    Most selections use none, so what is worked out of them is so once per document. The nodes are known by their
    identity: whoever keeps plans keeps the document as well.
    """

    __slots__ = ("_known", "_names")

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}
        self._names: dict[tuple[int, ...], tuple[str, ...]] = {}

    def of(
        self,
        what: Hashable,
        nodes: Sequence[FieldNode | SelectionSetNode],
        fragments: Mapping[str, Any],
        variables: Mapping[str, Any],
        make: Callable[[], T],
    ) -> T:
        """
        The result of *make* for fields that are completed together, or for what is below them.

        Args:
            what: Which of several results.
        """
        ids = tuple([id(node) for node in nodes])
        names = self._names.get(ids)
        if names is None:
            names = tuple(sorted(_variables_in(nodes, fragments)))
            if len(self._names) < _MOST:
                self._names[ids] = names
        try:
            key = (what, ids, *[_exact(variables.get(name, _NOT_GIVEN)) for name in names])
        except _InexactError:
            return make()
        known = self._known.get(key, _NOT_GIVEN)
        if known is _NOT_GIVEN:
            known = make()
            if len(self._known) < _MOST:
                self._known[key] = known
        return cast("T", known)


class _InexactError(Exception):
    """A value of which no key can be made."""


def _exact(value: Any) -> Hashable:
    """A key that no other value has: 1, 1.0 and true are one key of a dictionary."""
    kind = type(value)
    if kind in _PLAIN:
        return kind, repr(value)
    if value is _NOT_GIVEN or isinstance(value, Enum):
        return value
    if kind is list:
        return tuple([_exact(one) for one in value])
    raise _InexactError


def _variables_in(nodes: Iterable[Node], fragments: Mapping[str, Any]) -> set[str]:
    """The names of all variables under *nodes*, fragments followed."""
    found: set[str] = set()
    followed: set[str] = set()
    waiting: list[Any] = list(nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, VariableNode):
            found.add(node.name.value)
        elif isinstance(node, Node):
            waiting += [getattr(node, key) for key in node.keys]
            if isinstance(node, FragmentSpreadNode) and node.name.value not in followed:
                followed.add(node.name.value)
                waiting.append(fragments[node.name.value])
        elif isinstance(node, list | tuple):
            waiting += node
    return found
