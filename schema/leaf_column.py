"""A leaf field of many objects: its values as their resolver returns them, and as their scalar or enum has them."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from enum import Enum
from functools import lru_cache
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


def completed(values: list[Any], kind: GraphQLOutputType) -> tuple[list[Any], Sequence[int]]:
    """The *values* as a leaf of the type *kind* has them, and the numbers of those for which that takes more."""
    required = isinstance(kind, GraphQLNonNull)
    leaf: Any = kind.of_type if required else kind  # type: ignore[union-attr]
    kinds = set(map(type, values))
    if not required:
        kinds.discard(type(None))
    if kinds <= _THEMSELVES.get(leaf, _NONE) and _are_within(kinds, values):
        return values, ()
    coerce = leaf.coerce_output_value
    if len(kinds) == 1 and issubclass(next(iter(kinds)), Enum):
        # The same members again and again.
        coerce = lru_cache(coerce)
    column: list[Any] = []
    irregular: list[int] = []
    for number, value in enumerate(values):
        one = None
        if value is not None or required:
            one = _coerced(coerce, value)
            if one is None:
                irregular.append(number)
        column.append(one)
    return column, irregular


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
