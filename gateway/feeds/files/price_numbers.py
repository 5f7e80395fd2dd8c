"""Numbers as people write them into files: thousands separators, decimal commas, missing cells."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from resolvers.errors import BadInput
from resolvers.model.bars import Series

_MISSING = frozenset({"", "-", "--", "nan", "na", "n/a", "#n/a", "<na>", "null", "none", "nil"})
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
_ONLY_POINT = re.compile(r"[+-]?(\d{1,3}(,\d{3})+\.\d*|\d{1,3}(,\d{3}){2,}|\d*\.(\d{1,2}|\d{4,}))")
_ONLY_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+,\d*|\d{1,3}(\.\d{3}){2,}|0*,\d+|\d*,(\d{1,2}|\d{4,}))")
_SCALES = {"K": 3, "M": 6, "B": 9, "T": 12}


@dataclass(slots=True)
class DecimalMark:
    """
    What the cells of a file say about its decimal mark; each holds an example, or nothing.

    Attributes:
        point: A cell that makes sense with a decimal point only, such as ``1,234.5``.
        comma: A cell that makes sense with a decimal comma only, such as ``12,5``.
        unclear: A price that could be either, such as ``1,234``.
    """

    point: str = ""
    comma: str = ""
    unclear: str = ""

    def see(self, cells: Sequence[str], *, are_prices: bool) -> None:
        """Takes note of a column in which some cell is no plain number."""
        for cell in cells:
            text = cell.strip()
            if _ONLY_POINT.fullmatch(text):
                self.point = self.point or text
            elif _ONLY_COMMA.fullmatch(text):
                self.comma = self.comma or text
            elif are_prices and _THOUSANDS.fullmatch(text):
                self.unclear = self.unclear or text

    def see_plain(self, cells: Sequence[str]) -> None:
        """Takes note of a column of plain numbers, which holds no comma but may prove the point."""
        if not self.point:
            self.point = next((cell for cell in cells if _ONLY_POINT.fullmatch(cell)), "")

    def is_comma(self) -> bool:
        """
        Whether a comma parts the fraction from the whole.

        Raises:
            BadInput: If prices may mean either.
        """
        if self.unclear and bool(self.point) == bool(self.comma):
            either = f"{self.unclear.replace(',', '')} or {self.unclear.replace(',', '.')}"
            other = f" beside {self.point!r} and {self.comma!r}" if self.point else ""
            raise BadInput(
                f"a decimal point was expected, the price {self.unclear!r} may be {either}{other}:"
                " write prices without a thousands separator"
            )
        # In a file of points a cell such as 12,5 is a slip of its own row, which is rejected.
        return bool(self.comma) and not self.point


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbers:
    """
    A column of numbers.

    Attributes:
        values: Exactly what ``float`` reads; NaN where a cell is missing or wrong.
        wrong: Cells that hold no number, by position.
        are_plain: Whether ``float`` could read every cell that is not empty, so that none holds a comma.
    """

    values: Series
    wrong: dict[int, str]
    are_plain: bool


def numbers(cells: Sequence[str], *, decimal_comma: bool = False) -> Numbers:
    """The numbers in *cells*, in one go where all are plain, else cell by cell."""
    if not decimal_comma:
        # float() takes 1_000, which no price file means. Empty cells are common enough for a second go.
        is_plain = "_" not in "".join(cells)
        for attempt in (cells, (cell or "nan" for cell in cells)) if is_plain else ():
            with suppress(ValueError):
                values = np.fromiter(map(float, attempt), np.float64, len(cells))
                return Numbers(values=values, wrong={}, are_plain=True)
    values = np.full(len(cells), np.nan)
    wrong: dict[int, str] = {}
    for position, cell in enumerate(cells):
        try:
            values[position] = _number(cell, decimal_comma=decimal_comma)
        except ValueError:
            wrong[position] = cell
    return Numbers(values=values, wrong=wrong, are_plain=False)


def _number(cell: str, *, decimal_comma: bool) -> float:
    text = cell.strip()
    if text.lower() in _MISSING:
        return np.nan
    if "_" in text:
        raise ValueError(cell)
    if decimal_comma:
        text = _with_point(text)
    text = text.replace("$", "", 1) if text.startswith(("$", "-$")) else text
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if text[-1:].upper() in _SCALES:
        # Through Decimal, because 96.7 * 1e6 is not 96700000.
        number = Decimal(repr(float(text[:-1])))
        return float(number.scaleb(_SCALES[text[-1].upper()])) if number.is_finite() else float(number)
    return float(text)


def _with_point(text: str) -> str:
    whole, mark, fraction = text.partition(",")
    if "." in whole and not re.fullmatch(r"[+-]?\d{1,3}(\.\d{3})+", whole):
        raise ValueError(text)
    return whole.replace(".", "") + ("." + fraction if mark else "")
