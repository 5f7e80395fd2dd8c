"""
Rows for PostgreSQL's binary COPY in which a value may be missing or of another length than its neighbour's.

Rows whose values have the same lengths are alike as C structures are. So columns are cut into groups of such rows, each
of which is one NumPy array; a table has few of them, because its texts are few.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from resolvers.model.bars import IntArray
from resolvers.storage.copy_format import EPOCH

NULL: Final = -1
"""The length of a value that is missing."""

_MICROSECONDS = 1_000_000
_MOST = 2**62


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Column:
    """
    Values of a column as PostgreSQL reads them: numbers with the high byte first, texts and bytes.

    Attributes:
        values: Shape ``(n,)``; one that is shorter than the type is stands at its beginning.
        lengths: In bytes, -1 for null, shape ``(n,)``; None where every value fills its type.
    """

    values: npt.NDArray[Any]
    lengths: IntArray | None = None


def numbers(values: npt.NDArray[Any], kind: str) -> Column:
    """Numbers of a type such as ``>f8``, none of them null."""
    return Column(values=values.astype(kind))


def floats(values: npt.NDArray[np.float64]) -> Column:
    """Double precision, null for NaN."""
    return Column(values=values.astype(">f8"), lengths=np.where(np.isnan(values), NULL, 8))


def moments(seconds: IntArray) -> Column:
    """Unix *seconds* as timestamps with time zone."""
    return Column(values=((seconds - EPOCH) * _MICROSECONDS).astype(">i8"))


def texts(values: npt.NDArray[np.bytes_]) -> Column:
    """UTF-8, null for an empty one."""
    lengths = np.char.str_len(values)
    return Column(values=values, lengths=np.where(lengths == 0, NULL, lengths))


def blocks(values: npt.NDArray[Any]) -> Column:
    """The bytes of each row of an array of the shape ``(n, …)``: bytea, uuid."""
    width = prod(values.shape[1:]) * values.itemsize
    return Column(values=np.ascontiguousarray(values).reshape(-1).view(f"V{width}"))


def absent_where(column: Column, is_absent: npt.NDArray[np.bool_]) -> Column:
    """*column* with nulls."""
    lengths = column.values.dtype.itemsize if column.lengths is None else column.lengths
    return Column(values=column.values, lengths=np.where(is_absent, NULL, lengths))


def encoded_rows(columns: Sequence[Column]) -> bytes:
    """The rows that *columns* make, without the stream's header and trailer; rows of one kind are together."""
    _, firsts, kinds = np.unique(_kinds(columns), return_index=True, return_inverse=True)
    return b"".join(
        _alike(columns, np.flatnonzero(kinds == number), first) for number, first in enumerate(firsts.tolist())
    )


def _kinds(columns: Sequence[Column]) -> IntArray:
    """A number for each row, the same for rows whose values have the same lengths."""
    kinds, many = np.zeros(len(columns[0].values), np.int64), 1
    for column in columns:
        if column.lengths is None:
            continue
        choices = column.values.dtype.itemsize + 2
        if many * choices > _MOST:
            seen, kinds = np.unique(kinds, return_inverse=True)
            many = len(seen)
        kinds, many = kinds * choices + column.lengths + 1, many * choices
    return kinds


def _alike(columns: Sequence[Column], places: IntArray, first: int) -> bytes:
    """Rows whose values have the lengths of those of the *first* one."""
    lengths = [
        column.values.dtype.itemsize if column.lengths is None else int(column.lengths[first]) for column in columns
    ]
    layout: list[tuple[str, str]] = [("columns", ">i2")]
    for number, (column, length) in enumerate(zip(columns, lengths, strict=True)):
        layout.append((f"length {number}", ">i4"))
        if length != NULL:
            kind = column.values.dtype
            layout.append((f"value {number}", f"S{length}" if kind.kind == "S" else kind.str))
    rows = np.empty(len(places), layout)
    rows["columns"] = len(columns)
    for number, (column, length) in enumerate(zip(columns, lengths, strict=True)):
        rows[f"length {number}"] = length
        if length != NULL:
            rows[f"value {number}"] = column.values[places]
    return rows.tobytes()
