"""A list of equal objects as JSON text, written by column."""

from collections.abc import Sequence
from typing import Any

import orjson

_UNQUOTED = {int, float, bool, type(None)}


class RowText:
    """
    The text of an array whose items have the same fields in the same order.

    The pieces between two values are equal in all rows, so a row is written once, as a sequence of pieces and
    columns, and the array is one join over them: no dictionary and no formatting per row.
    """

    __slots__ = ("_columns", "_count", "_first", "_pieces", "_running")

    def __init__(self, count: int) -> None:
        self._count = count
        self._columns: list[Sequence[str]] = []
        self._pieces: list[str] = []
        self._running = ""
        self._first = True

    def open(self) -> None:
        """Begins an object."""
        self._running += "{"
        self._first = True

    def name(self, name: str) -> None:
        """Begins a field; a GraphQL name needs no escaping."""
        self._running += f'"{name}":' if self._first else f',"{name}":'
        self._first = False

    def constant(self, value: str) -> None:
        """A value that is the same in all rows."""
        self._running += orjson.dumps(value).decode()

    def column(self, texts: Sequence[str]) -> None:
        """A value for each row, as JSON text."""
        self._pieces.append(self._running)
        self._columns.append(texts)
        self._running = ""

    def values(self, values: Sequence[Any]) -> None:
        """
        A value for each row.

        Raises:
            TypeError: If one has no JSON text.
        """
        if _are_their_texts(values):
            self._running += '"'
            self.column(values)
            self._running = '"'
        else:
            self.column(texts_of(values))

    def close(self) -> None:
        """Ends an object."""
        self._running += "}"
        self._first = False

    def rows(self) -> list[str]:
        """Each row by itself."""
        if not self._columns:
            return [self._running] * self._count
        pieces, end = self._pieces, self._running
        if len(pieces) == 1:
            (first,) = pieces
            return [f"{first}{text}{end}" for text in self._columns[0]]
        return [
            "".join([part for pair in zip(pieces, texts, strict=True) for part in pair]) + end
            for texts in zip(*self._columns, strict=True)
        ]

    def array(self) -> str:
        """All rows."""
        if not self._count:
            return "[]"
        if not self._columns:
            return f"[{','.join([self._running] * self._count)}]"
        step = 2 * len(self._columns)
        parts = [""] * (step * self._count)
        # The end of a row and the start of the next are one piece.
        between = f"{self._running},{self._pieces[0]}"
        for number, texts in enumerate(self._columns):
            piece = self._pieces[number] if number else between
            parts[2 * number :: step] = [piece] * self._count
            parts[2 * number + 1 :: step] = texts
        parts[0] = self._pieces[0]
        return f"[{''.join(parts)}{self._running}]"


def _are_their_texts(values: Sequence[Any]) -> bool:
    """
    Whether all values are strings, and nothing in them needs an escape.

    Raises:
        TypeError: If one is a string that has no JSON text.
    """
    return set(map(type, values)) == {str} and orjson.dumps(values) == b'["%s"]' % '","'.join(values).encode()


def texts_of(values: Sequence[Any]) -> list[str]:
    """
    The JSON text of each value.

    Of values that have no comma in them the array is written at once and cut.

    Raises:
        TypeError: If a value has no JSON text.
    """
    kinds = set(map(type, values))
    if kinds <= _UNQUOTED:
        return orjson.dumps(values)[1:-1].decode().split(",")
    return [orjson.dumps(value).decode() for value in values]
