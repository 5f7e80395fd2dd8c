"""The rows of a price table as columns of numbers, each row with the reason that speaks against it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from gateway.feeds.files.price_columns import PriceColumns
from gateway.feeds.files.price_numbers import DecimalMark, numbers
from gateway.feeds.files.price_table import Block, PriceTable
from gateway.feeds.files.texts import Numbered, shown
from resolvers.model.bars import IntArray, Series


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceRows:
    """
    All rows with the right number of cells, in file order.

    Attributes:
        lines: Line of each row.
        time, symbol: Position of its text in *times* and *symbols*; without a symbol column all are empty.
        values: ``open``, ``high``, ``low``, ``close`` and, where the file has them, ``volume`` and
            ``adj close``; NaN where a cell is missing.
        faults: Why a row cannot be used, by position; the first reason that was found.
        uneven: Rows with too few or too many cells: line -> reason.
    """

    lines: IntArray
    time: IntArray
    symbol: IntArray
    times: Sequence[str]
    symbols: Sequence[str]
    values: dict[str, Series]
    faults: dict[int, str]
    uneven: dict[int, str]


def price_rows(table: PriceTable, columns: PriceColumns) -> PriceRows:
    """
    The rows of *table*.

    Raises:
        BadInput: If the file cannot be read, or its decimal mark cannot be told.
    """
    mark = DecimalMark()
    gathering = _Gathering(columns=columns)
    for block in table.blocks():
        gathering.take(block, mark)
    if not mark.is_comma():
        return gathering.rows()
    # The first comma may stand in the last row, and all numbers before it were read with a point.
    again = _Gathering(columns=columns, decimal_comma=True)
    for block in table.blocks():
        again.take(block, mark)
    return again.rows()


@dataclass(kw_only=True, slots=True)
class _Gathering:
    """Blocks of text on their way to columns of numbers."""

    columns: PriceColumns
    decimal_comma: bool = False
    lines: list[IntArray] = field(default_factory=list)
    times: Numbered = field(default_factory=Numbered)
    symbols: Numbered = field(default_factory=Numbered)
    time: list[IntArray] = field(default_factory=list)
    symbol: list[IntArray] = field(default_factory=list)
    values: dict[str, list[Series]] = field(default_factory=dict)
    faults: dict[int, str] = field(default_factory=dict)
    uneven: dict[int, str] = field(default_factory=dict)
    count: int = 0

    def take(self, block: Block, mark: DecimalMark) -> None:
        """Adds a block and notes in *mark* what it says about the decimal mark."""
        cells, columns, size = block.cells, self.columns, len(block.lines)
        self.uneven.update(block.uneven)
        self.lines.append(block.lines)
        self.time.append(self.times.of(_time_cells(cells, columns.time), size))
        if columns.symbol is not None:
            self.symbol.append(self.symbols.of(cells[columns.symbol], size))
        for name, column in self._numbers().items():
            found = numbers(cells[column], decimal_comma=self.decimal_comma)
            if found.are_plain:
                mark.see_plain(cells[column])
            else:
                mark.see(cells[column], are_prices=name != "volume")
            self.values.setdefault(name, []).append(found.values)
            for position, text in found.wrong.items():
                self.faults.setdefault(self.count + position, f"{name} must be a number, was {shown(text)}")
        self.count += size

    def rows(self) -> PriceRows:
        """All that was taken."""
        nothing = [np.empty(0, np.int64)]
        return PriceRows(
            lines=np.concatenate(self.lines or nothing),
            time=np.concatenate(self.time or nothing),
            symbol=np.concatenate(self.symbol) if self.symbol else np.zeros(self.count, np.int64),
            times=list(self.times),
            symbols=list(self.symbols) or [""],
            values={name: np.concatenate(parts) for name, parts in self.values.items()},
            faults=self.faults,
            uneven=self.uneven,
        )

    def _numbers(self) -> dict[str, int]:
        at = self.columns
        known = {"open": at.open, "high": at.high, "low": at.low, "close": at.close}
        optional = {"volume": at.volume, "adj close": at.adjusted_close}
        return known | {name: column for name, column in optional.items() if column is not None}


def _time_cells(cells: Sequence[Sequence[str]], columns: tuple[int, ...]) -> Iterable[str]:
    """The time of each row as one text, where date and time of day stand apart too."""
    if len(columns) == 1:
        return cells[columns[0]]
    return map(" ".join, zip(*(cells[column] for column in columns), strict=True))
