"""Columns: the values of one field for all rows of a list, and their JSON text, each made at most once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np
import numpy.typing as npt
import orjson
from graphql import GRAPHQL_MAX_INT, GRAPHQL_MIN_INT, GraphQLLeafType

from resolvers.model.bars import IntArray, Series
from schema.scalars import FIRST_SECOND

# 9998-12-31T23:59:59Z: orjson writes no datetime64 of the year 9999.
_LAST_WRITTEN = 253_370_764_799


class Column(Sequence[Any]):
    """
    The values of one leaf field for all rows.

    As a sequence it holds what a resolver would have returned one by one, None for no value, so that any executor
    can complete it. An executor that knows columns takes the text.

    Attributes:
        scalar: Name of the GraphQL scalar whose results the texts are.
        has_null: Whether a value is missing.
        is_regular: Whether every value is missing or one that the scalar accepts.
    """

    __slots__ = ("_json", "_values", "has_null", "is_regular", "scalar")

    def __init__(self, scalar: str, *, has_null: bool = False, is_regular: bool = True) -> None:
        self.scalar = scalar
        self.has_null = has_null
        self.is_regular = is_regular
        self._json: bytes | None = None
        self._values: list[Any] | None = None

    def made_values(self) -> list[Any]:
        """The values as Python objects; subclasses say how."""
        raise NotImplementedError  # pragma: no cover

    def made_json(self) -> bytes:
        """The values as a JSON array; subclasses say how."""
        raise NotImplementedError  # pragma: no cover

    @property
    def values(self) -> list[Any]:
        """The values as Python objects."""
        if self._values is None:
            self._values = self.made_values()
        return self._values

    @property
    def json(self) -> bytes:
        """The values as a JSON array."""
        if self._json is None:
            self._json = self.made_json()
        return self._json

    def texts(self) -> list[str]:
        """
        The JSON text of each value. None of these scalars has a comma in its text.

        They are cut anew each time, in 30 µs for 1,000 prices: kept with a window they would take seven times the
        memory of the array's text.
        """
        body = self.json[1:-1].decode()
        return body.split(",") if body else []

    def fits(self, kind: GraphQLLeafType, *, nullable: bool) -> bool:
        """Whether the texts are what an executor would make of the values as results of *kind*."""
        return kind.name == self.scalar and self.is_regular and (nullable or not self.has_null)

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.values)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        """The value of a row."""
        return self.values[index]

    def __iter__(self) -> Iterator[Any]:
        """The values, in the order of the rows."""
        return iter(self.values)


class FloatColumn(Column):
    """Floats; NaN is a missing value."""

    __slots__ = ("_array",)

    def __init__(self, array: Series) -> None:
        finite = np.isfinite(array)
        has_null = is_regular = True
        if finite.all():
            has_null = False
        else:
            has_null = bool(np.isnan(array).any())
            is_regular = not np.isinf(array).any()
        super().__init__("Float", has_null=has_null, is_regular=bool(is_regular))
        self._array = array

    def made_values(self) -> list[Any]:
        """Floats, None for NaN."""
        if not self.has_null:
            return list(self._array.tolist())
        boxed = self._array.astype(object)
        boxed[np.isnan(self._array)] = None
        values: list[Any] = boxed.tolist()
        return values

    def made_json(self) -> bytes:
        """Numbers, null for NaN."""
        return orjson.dumps(np.ascontiguousarray(self._array), option=orjson.OPT_SERIALIZE_NUMPY)


class IntegerColumn(Column):
    """Whole numbers of a scalar such as UnixSeconds."""

    __slots__ = ("_array",)

    def __init__(self, scalar: str, array: IntArray) -> None:
        super().__init__(scalar, is_regular=scalar != "Int" or _is_within(array, GRAPHQL_MIN_INT, GRAPHQL_MAX_INT))
        self._array = array

    def made_values(self) -> list[Any]:
        """Whole numbers."""
        return list(self._array.tolist())

    def made_json(self) -> bytes:
        """Numbers."""
        return orjson.dumps(np.ascontiguousarray(self._array), option=orjson.OPT_SERIALIZE_NUMPY)


class BooleanColumn(Column):
    """Truth values."""

    __slots__ = ("_array",)

    def __init__(self, array: npt.NDArray[np.bool_]) -> None:
        super().__init__("Boolean")
        self._array = array

    def made_values(self) -> list[Any]:
        """True and False."""
        return list(self._array.tolist())

    def made_json(self) -> bytes:
        """``true`` and ``false``."""
        return orjson.dumps(self.values)


class MomentColumn(Column):
    """Unix seconds that are shown as DateTime."""

    __slots__ = ("_array",)

    def __init__(self, array: IntArray) -> None:
        super().__init__("DateTime", is_regular=_is_within(array, FIRST_SECOND, _LAST_WRITTEN))
        self._array = array

    def made_values(self) -> list[Any]:
        """Unix seconds, which the scalar turns into text."""
        return list(self._array.tolist())

    def made_json(self) -> bytes:
        """RFC 3339 texts, without microseconds: there are none."""
        times = np.ascontiguousarray(self._array, np.int64).view("datetime64[s]")
        return orjson.dumps(times, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z)


class ColumnSet:
    """An object whose fields are lists backed by columns."""

    __slots__ = ()

    def column(self, name: str, arguments: Mapping[str, Any]) -> Column | dict[str, Column]:
        """The column of a field by its GraphQL name; for a field of an object type one column per field of it."""
        raise NotImplementedError  # pragma: no cover


class RowList(Sequence[Any]):
    """
    A list whose rows are backed by columns.

    As a sequence it gives the rows one by one, for an executor that knows nothing of columns.
    """

    __slots__ = ()

    def column(self, name: str, arguments: Mapping[str, Any]) -> Column | dict[str, Column]:
        """The column of a field by its GraphQL name; for a field of an object type one column per field of it."""
        raise NotImplementedError  # pragma: no cover


def _is_within(array: IntArray, least: int, most: int) -> bool:
    return not len(array) or bool(array.min() >= least and array.max() <= most)
