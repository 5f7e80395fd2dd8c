"""Why rows of a price file are rejected, each in the words of what was expected and what was found."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np

from gateway.feeds.files.adjusted_prices import adjusted_fault, adjusted_prices
from gateway.feeds.files.repeated_rows import RepeatedRows
from resolvers.compute.bar_rules import BarFault, bar_faults, fault_reason, plain
from resolvers.model.bars import IntArray, Series
from resolvers.model.interval import Interval

PRICES = ("open", "high", "low", "close")
COLUMNS = (*PRICES, "volume")


def reasons_by_row(text: IntArray, faults: dict[int, str]) -> dict[int, str]:
    """The reason of each row whose *text* has a fault."""
    if not faults:
        return {}
    rows = np.flatnonzero(np.isin(text, list(faults)))
    return {row: faults[int(text[row])] for row in rows.tolist()}


def bar_reasons(values: dict[str, Series]) -> dict[int, str]:
    """Why a row is no possible bar, by row."""
    codes = bar_faults(*(values[name] for name in COLUMNS))
    return {row: fault_reason(int(codes[row]), **_cells(values, row)) for row in np.flatnonzero(codes).tolist()}


def adjusted_values(values: dict[str, Series]) -> tuple[dict[str, Series], dict[int, str]]:
    """The columns with all prices scaled to ``adj close``, and the rows where that cannot be done."""
    adjusted = values["adj close"]
    faults = {row: reason for row, close in enumerate(adjusted.tolist()) if (reason := adjusted_fault(close))}
    scaled = adjusted_prices(*(values[name] for name in (*PRICES, "adj close")))
    values = values | dict(zip(PRICES, scaled, strict=True))
    codes = bar_faults(*(values[name] for name in COLUMNS))
    for row in np.flatnonzero(codes != BarFault.NONE).tolist():
        reason = fault_reason(int(codes[row]), **_cells(values, row))
        faults.setdefault(row, f"{reason} once scaled to adj close {plain(adjusted[row])}")
    return values, faults


def contradictions(found: RepeatedRows, values: Sequence[Series]) -> Iterator[tuple[int, int, str]]:
    """
    Each row that contradicts the first one of its moment, that first row, and in what they differ.

    Args:
        values: The columns ``open`` to ``volume``, by row.
    """
    for place in np.flatnonzero(found.contradicts).tolist():
        row, first = int(found.order[place]), int(found.first[place])
        name, column = next(
            (name, column)
            for name, column in zip(COLUMNS, values, strict=True)
            if not np.array_equal(column[row], column[first], equal_nan=True)
        )
        yield row, first, f"whose {name} is {_plain(column[first])}, was {_plain(column[row])}"


def spoken_time(seconds: int, interval: Interval) -> str:
    """The time of a bar as a message tells it: a date, or an instant in UTC."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if interval.is_intraday else moment.date().isoformat()


def _cells(values: dict[str, Series], row: int) -> dict[str, float]:
    return {name: float(values[name][row]) for name in COLUMNS}


def _plain(value: float) -> str:
    return "missing" if np.isnan(value) else plain(value)
