"""Price files of users, read into columns: what is right is kept, and what is not is named."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from gateway.feeds.files.bar_times import BarTimes, bar_times
from gateway.feeds.files.csv_table import open_csv
from gateway.feeds.files.local_times import named_zone
from gateway.feeds.files.parquet_table import PARQUET_MAGIC, open_parquet
from gateway.feeds.files.price_columns import PriceColumns, price_columns, shown_header
from gateway.feeds.files.price_rows import PriceRows, price_rows
from gateway.feeds.files.price_table import PriceTable
from gateway.feeds.files.repeated_rows import repeated_rows, settled_times
from gateway.feeds.files.row_reasons import (
    COLUMNS,
    adjusted_values,
    bar_reasons,
    contradictions,
    reasons_by_row,
    spoken_time,
)
from gateway.feeds.files.row_spacing import check_spacing
from gateway.feeds.files.symbols import Symbols, read_symbols, symbol_named
from gateway.feeds.files.text_lines import Progress
from resolvers.errors import BadInput
from resolvers.model.bars import Bars, IntArray, Series
from resolvers.model.interval import Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class FileOptions:
    """
    What the user says about a file.

    Attributes:
        symbol: The instrument of all rows, for files without a symbol column.
        interval: Length of the bars.
        timezone: IANA name of the zone of intraday times that do not say their offset; dates of D1 and W1
            are never moved.
        adjusted: Whether all four prices are scaled to the column ``adj close``.
    """

    symbol: str | None = None
    interval: Interval = Interval.D1
    timezone: str = "UTC"
    adjusted: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Reject:
    """
    A row that is left out.

    Attributes:
        line: Line in the file; the header is line 1. A row of Parquet counts as if it were a line.
        reason: What was expected, then what was found.
        row: The row as it stands in the file.
    """

    line: int
    reason: str
    row: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceFile:
    """
    What a file holds.

    Attributes:
        series: Bars by symbol, symbols sorted.
        rejects: Rows that cannot be right, by line.
        notices: What was assumed or ignored, for the user to see.
        rows: Rows that were seen, rejects and repeated ones included.
        repeated: Rows left out because an earlier one says the same.
    """

    series: Mapping[str, Bars]
    rejects: tuple[Reject, ...]
    notices: tuple[str, ...]
    rows: int
    repeated: int


def read_prices(path: Path, options: FileOptions, progress: Progress | None = None) -> PriceFile:
    """
    The bars in the CSV, gzip or Parquet file at *path*.

    Args:
        progress: Called now and then with the bytes read and the size of the file.

    Raises:
        BadInput: If the file as a whole cannot be read as asked; single rows are rejected instead.
    """
    named_zone(options.timezone)  # a slip in the options is told before a long file is read
    table = _opened(path, progress)
    asked = _asked_symbol(table, options)
    columns = price_columns(table.names, options.interval)
    notices = _column_notices(columns, options, table)
    rows = price_rows(table, _columns_used(columns, table, asked, options))
    if not len(rows.lines) and not rows.uneven:
        raise BadInput(f"{path.name} has a header but no rows")

    symbols = read_symbols(rows.symbols, asked)
    times = bar_times(rows.times, options.interval, named_zone(options.timezone))
    values, reasons = _judged(rows, symbols, times, adjusted=options.adjusted)
    kept = _without(reasons, len(rows.lines))
    series, text = symbols.number[rows.symbol[kept]], rows.time[kept]
    columns_kept = [values[name][kept] for name in COLUMNS]
    _check_spacing(options.interval, series, times.moment[text], are_dates=times.are_dates)

    time = settled_times(series, times.time[text], times.second[text], columns_kept)
    found = repeated_rows(series, time, columns_kept)
    for row, first, difference in contradictions(found, columns_kept):
        bar = f"{symbols.names[int(series[row])]} {spoken_time(int(time[row]), options.interval)}"
        reasons[int(kept[row])] = f"{bar} must agree with line {rows.lines[kept[first]]}, {difference}"
    order = found.order[~(found.repeats | found.contradicts)]
    return PriceFile(
        series=_bars_by_symbol(symbols.names, series[order], time[order], [column[order] for column in columns_kept]),
        rejects=_rejects(table, rows, reasons),
        notices=(*notices, *times.notices),
        rows=len(rows.lines) + len(rows.uneven),
        repeated=int(found.repeats.sum()),
    )


def write_rejects(path: Path, rejects: Iterable[Reject]) -> None:
    """
    Writes *rejects* as CSV with the header ``line,reason,row``.

    Raises:
        BadInput: If the file cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("line", "reason", "row"))
            writer.writerows((reject.line, reject.reason, reject.row) for reject in rejects)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror or error}") from None


def _opened(path: Path, progress: Progress | None) -> PriceTable:
    """The file as a table; its format is told by its first bytes, because names lie."""
    try:
        if path.exists() and not path.is_file():
            raise BadInput(f"{path} must be a file, is {'a directory' if path.is_dir() else 'none'}")
        with path.open("rb") as file:
            is_parquet = file.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    return open_parquet(path, progress) if is_parquet else open_csv(path, progress)


def _asked_symbol(table: PriceTable, options: FileOptions) -> str | None:
    """The one symbol of all rows, by option or by header; none where a column says it."""
    asked, written = (text and symbol_named(text) for text in (options.symbol, table.symbol))
    if asked and written and asked != written:
        raise BadInput(f"--symbol {asked} must agree with the file's header, which has {written!r}")
    return asked or written


def _columns_used(columns: PriceColumns, table: PriceTable, asked: str | None, options: FileOptions) -> PriceColumns:
    """The columns that matter under these options."""
    if options.adjusted and columns.adjusted_close is None:
        raise BadInput(f"--adjusted needs a column 'adj close', the header is {shown_header(table.names)}")
    if columns.symbol is None and asked is None:
        raise BadInput("a file without a symbol column needs --symbol, none was given")
    return replace(
        columns,
        adjusted_close=columns.adjusted_close if options.adjusted else None,
        symbol=None if columns.is_weak_symbol and asked else columns.symbol,
    )


def _column_notices(columns: PriceColumns, options: FileOptions, table: PriceTable) -> list[str]:
    notices = list(table.notices)
    if columns.adjusted_close is not None and not options.adjusted:
        notices.append("adj close is ignored; --adjusted scales all four prices to it")
    if columns.volume is None:
        notices.append("there is no volume column; the bars have no volume")
    return notices


def _judged(
    rows: PriceRows, symbols: Symbols, times: BarTimes, *, adjusted: bool
) -> tuple[dict[str, Series], dict[int, str]]:
    """The columns that are to be stored, and why a row is not, by row."""
    values = {"volume": np.full(len(rows.lines), np.nan)} | rows.values
    # The last of these to speak is told: without a time or a symbol a row's prices do not matter.
    reasons = bar_reasons(values) | rows.faults
    if adjusted:
        values, adjusted_reasons = adjusted_values(values)
        reasons = adjusted_reasons | reasons
    return values, reasons | reasons_by_row(rows.symbol, symbols.faults) | reasons_by_row(rows.time, times.faults)


def _without(reasons: Mapping[int, str], count: int) -> IntArray:
    is_kept = np.ones(count, bool)
    is_kept[list(reasons)] = False
    return np.flatnonzero(is_kept)


def _check_spacing(interval: Interval, series: IntArray, moment: IntArray, *, are_dates: bool) -> None:
    order = np.lexsort((moment, series))
    check_spacing(interval, series[order], moment[order], are_dates=are_dates)


def _bars_by_symbol(
    names: Sequence[str], series: IntArray, time: IntArray, columns: Sequence[Series]
) -> dict[str, Bars]:
    """Rows sorted by series and time, cut into one set of columns for each series."""
    starts = np.flatnonzero(np.diff(series, prepend=-1))
    bars = {}
    for start, end in pairwise([*starts.tolist(), len(series)]):
        part = slice(start, end)
        cut = {name: column[part] for name, column in zip(COLUMNS, columns, strict=True)}
        bars[names[int(series[start])]] = Bars(time=time[part], **cut)
    return bars


def _rejects(table: PriceTable, rows: PriceRows, reasons: Mapping[int, str]) -> tuple[Reject, ...]:
    by_line = dict(rows.uneven) | {int(rows.lines[row]): reason for row, reason in reasons.items()}
    texts = table.raw_rows(by_line)
    return tuple(Reject(line=line, reason=by_line[line], row=texts.get(line, "")) for line in sorted(by_line))
