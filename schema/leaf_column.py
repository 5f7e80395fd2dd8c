"""A leaf field of many objects: its values as their resolver returns them, and as their scalar or enum has them."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from enum import Enum
from functools import lru_cache, partial
from types import GeneratorType
from typing import Any, Final

from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLBoolean,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLOutputType,
    GraphQLString,
)
from graphql.pyutils import Undefined
from graphql.type import GraphQLNonNull

from schema.getters import Getter

NOT_ROWS: Final[tuple[type, ...]] = (Exception, type(Undefined))
"""Of which a value is an error, or none, to an executor."""

# Scalars whose results are the values as they are, for values of exactly these classes.
_THEMSELVES: Mapping[Any, frozenset[type]] = {
    GraphQLString: frozenset({str}),
    GraphQLID: frozenset({str}),
    GraphQLInt: frozenset({int}),
    GraphQLFloat: frozenset({float}),
    GraphQLBoolean: frozenset({bool}),
}
_NONE: frozenset[type] = frozenset()
_MOST_MEMBERS: Final = 1000


def read(getter: Getter, rows: Iterable[Any]) -> list[Any]:
    """What a resolver returns for each row, or the error that it raises: an executor treats both alike."""
    values: list[Any] = []
    left = iter(rows)
    while True:
        try:
            for row in left:
                values.append(getter(row))  # noqa: PERF401 - what was read before an error stays
        except Exception as error:
            values.append(error)
        else:
            return values


class Leaf:
    """
    A leaf type.

    Args:
        kind: It, nullable or not.
    """

    __slots__ = ("_coerce", "_is_required", "_member", "_themselves")

    def __init__(self, kind: GraphQLOutputType) -> None:
        self._is_required = isinstance(kind, GraphQLNonNull)
        leaf: Any = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        self._themselves = _THEMSELVES.get(leaf, _NONE)
        self._coerce = partial(_coerced, leaf.coerce_output_value)
        # The same members again and again.
        self._member = lru_cache(_MOST_MEMBERS, typed=True)(self._coerce)

    def completed(self, values: list[Any]) -> tuple[list[Any], Sequence[int]]:
        """The *values* as the type has them, and the numbers of those for which that takes more."""
        kinds = set(map(type, values))
        if not self._is_required:
            kinds.discard(type(None))
        if kinds <= self._themselves and _are_within(kinds, values):
            return values, ()
        column = self._members(values) if len(kinds) == 1 and issubclass(next(iter(kinds)), Enum) else None
        if column is None:
            column = [self._coerce(value) for value in values]
        if None not in column:
            return column, ()
        is_nullable = not self._is_required
        return column, [
            number for number, one in enumerate(column) if one is None and not (is_nullable and values[number] is None)
        ]

    def _members(self, values: list[Any]) -> list[Any] | None:
        """Members of an enum as the type has them; None where no dictionary takes them."""
        try:
            return [self._member(value) for value in values]
        except TypeError:
            return None


def _are_within(kinds: Set[type], values: Iterable[Any]) -> bool:
    """Whether no number is out of its scalar's bounds; false too where only the sum of floats is infinite."""
    if float in kinds:
        return math.isfinite(sum([value for value in values if value is not None]))
    if int in kinds:
        whole: list[int] = [value for value in values if value is not None]
        return min(whole) >= GRAPHQL_MIN_INT and max(whole) <= GRAPHQL_MAX_INT
    return True


def _coerced(coerce: Callable[[Any], Any], value: Any) -> Any:
    """The value as a scalar's result; None where that takes more than the scalar."""
    kind: Any = type(value)
    if value is None or not is_plain(kind):
        return None
    try:
        result = coerce(value)
    except Exception:
        return None
    kind = type(result)
    return result if is_plain(kind) else None


@lru_cache(maxsize=1000)
def is_plain(kind: Any) -> bool:
    """Whether objects of a class are values and nothing else to an executor: no error, nothing to await."""
    return not (
        issubclass(kind, (*NOT_ROWS, GeneratorType))
        or hasattr(kind, "__await__")
        or any("__getattr__" in vars(base) for base in kind.__mro__)
    )
