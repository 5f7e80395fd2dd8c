"""CSV files: their delimiter, their header, their rows."""

import csv
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gateway.feeds.files.price_columns import EXPECTED, header_score, shown_header
from gateway.feeds.files.price_table import Block
from gateway.feeds.files.text_lines import Progress, line_blocks
from resolvers.errors import BadInput

_DELIMITERS = (",", ";", "\t")
_PREAMBLE_LINES = 10
_FULL_SCORE = 5
_DATA_CELL = re.compile(r"[\s\d.,:/+$-]*\d[\s\d.,:/+$TZ-]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class CsvTable:
    """
    A CSV file, opened and understood as far as its header.

    Attributes:
        header_lines: Lines up to the header's end, which are no rows.
        symbol: The ticker, where yfinance wrote one over all columns.
    """

    path: Path
    delimiter: str
    names: Sequence[str]
    header_lines: int
    symbol: str | None = None
    notices: Sequence[str] = ()
    progress: Progress | None = None

    def blocks(self) -> Iterator[Block]:
        """All rows in file order; each line is a row of its own."""
        first_line = 1
        for texts in line_blocks(self.path, self.progress):
            rows = _rows(texts, self.delimiter)
            skipped = max(0, self.header_lines + 1 - first_line)
            yield self._block(rows[skipped:], first_line + skipped)
            first_line += len(rows)

    def raw_rows(self, lines: Collection[int]) -> Mapping[int, str]:
        """The text of these lines without its end."""
        wanted = frozenset(lines)
        found: dict[int, str] = {}
        first_line = 1
        for texts in line_blocks(self.path) if wanted else ():
            for line, text in enumerate(texts, first_line):
                if line in wanted:
                    found[line] = text.rstrip("\n")
            if len(found) == len(wanted):
                break
            first_line += len(texts)
        return found

    def _block(self, rows: list[list[str]], first_line: int) -> Block:
        width = len(self.names)
        uneven: dict[int, str] = {}
        lines = np.arange(first_line, first_line + len(rows))
        if set(map(len, rows)) - {width}:
            even = np.array([len(row) == width for row in rows])
            for line, row in zip(lines[~even].tolist(), (row for row in rows if len(row) != width), strict=True):
                if row and (len(row) > 1 or row[0].strip()):
                    uneven[line] = f"a row has {width} cells as the header has, this one has {len(row)}"
            lines, rows = lines[even], [row for row in rows if len(row) == width]
        return Block(lines=lines, cells=list(zip(*rows, strict=True)) or [()] * width, uneven=uneven)


def open_csv(path: Path, progress: Progress | None) -> CsvTable:
    """
    The CSV file at *path*.

    Raises:
        BadInput: If it is empty or has no header that names a time and four prices.
    """
    start = next(line_blocks(path), [])[:_PREAMBLE_LINES]
    if not any(line.strip() for line in start):
        raise BadInput(f"{path.name} is empty; {EXPECTED}")
    candidates = [
        (header_score(cells), line, delimiter, cells)
        for delimiter in _DELIMITERS
        for line, cells in enumerate(_rows(start, delimiter), 1)
        if cells
    ]
    score, line, delimiter, names = max(candidates, key=lambda candidate: (candidate[0], -candidate[1]))
    grouped = _grouped_header(start[line - 1 :], delimiter)
    if grouped is None and score < _FULL_SCORE:
        _check_there_is_a_header(path, score, start)
    ticker, names = grouped or (None, names)
    has_preamble = any(text.strip() for text in start[: line - 1])
    return CsvTable(
        path=path,
        delimiter=delimiter,
        names=names,
        header_lines=line if grouped is None else line + 2,
        symbol=ticker,
        notices=(f"line {line} is the header; what stands above it is left out",) if has_preamble else (),
        progress=progress,
    )


def _rows(texts: Sequence[str], delimiter: str) -> list[list[str]]:
    """The cells of each line; a quote that is opened and not closed spoils its own line only."""
    try:
        rows = list(csv.reader(texts, delimiter=delimiter))
    except csv.Error:
        rows = []
    return rows if len(rows) == len(texts) else [_row(text, delimiter) for text in texts]


def _row(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        return [text]


def _grouped_header(start: Sequence[str], delimiter: str) -> tuple[str, list[str]] | None:
    """Ticker and names of yfinance's header of three lines: ``Price,Close,…``, ``Ticker,AAPL,…``, ``Date,,…``."""
    rows = _rows(start[:3], delimiter)
    if [row[0].strip().lower() for row in rows if row][:2] != ["price", "ticker"] or len(rows[-1]) != len(rows[0]):
        return None
    tickers = {ticker.strip() for ticker in rows[1][1:]}
    if len(tickers) > 1:
        raise BadInput(
            f"one ticker in a file of this form was expected, the header has {shown_header(sorted(tickers))}"
        )
    return tickers.pop() if tickers else "", [rows[-1][0], *rows[0][1:]]


def _check_there_is_a_header(path: Path, score: int, start: Sequence[str]) -> None:
    """Raises if nothing looks like a header; a header that lacks a column is told about later, by its names."""
    if score > 1:
        return
    first = next(line for line in start if line.strip()).strip()
    cells = max((_row(first, delimiter) for delimiter in _DELIMITERS), key=len)
    is_data = sum(bool(_DATA_CELL.fullmatch(cell)) for cell in cells) * 2 > len(cells)
    found = "its first line is data" if is_data else "its first line is"
    raise BadInput(f"{path.name} has no header; {EXPECTED}, {found}: {shown_header(cells)}")
