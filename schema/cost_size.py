"""How many items the arguments of a field ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, TypeAlias

from graphql import FloatValueNode, IntValueNode, ListValueNode, ObjectValueNode, ValueNode, VariableNode

from schema.cost import Price
from schema.errors import LimitExceeded

Variables: TypeAlias = Mapping[str, Any]

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
        return self.price.defaults.get(name) if node is None else untyped(node, variables)

    def _arguments(self, variables: Variables) -> dict[str, Any]:
        return {name: self._argument(name, variables) for name in {**self.price.defaults, **self.given}}


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


def untyped(node: ValueNode, variables: Variables) -> Any:
    """A value as it is written, enumeration values as text. A number of any length is read in no time."""
    if isinstance(node, VariableNode):
        return variables.get(node.name.value)
    if isinstance(node, ListValueNode):
        return [untyped(one, variables) for one in node.values]
    if isinstance(node, ObjectValueNode):
        return {one.name.value: untyped(one.value, variables) for one in node.fields}
    if isinstance(node, IntValueNode):
        return int(node.value) if len(node.value) < _LONG_NUMBER else float(node.value)
    if isinstance(node, FloatValueNode):
        return float(node.value)
    return getattr(node, "value", None)
