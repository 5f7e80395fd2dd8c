"""Real series for the tests of the indicators, read with nothing but the standard library."""

import csv
import gzip
from functools import cache
from pathlib import Path
from typing import TextIO

import numpy as np

from resolvers.model.bars import Bars, IntArray

LAST_BARS = 6000


@cache
def real_series(folder: Path) -> dict[str, tuple[Bars, IntArray]]:
    """Bars and session days by name: large caps, six hourly currencies and gold, a minute series, prices of 1e13."""
    return {
        **_series(folder / "large-caps-daily-5y.csv.gz", "time"),
        **_series(folder / "fx-hourly.csv.gz", "time"),
        **_series(folder / "spy-1min.csv", "date"),
        **_series(folder / "btc-daily.csv", "date"),
        **_series(folder / "malformed" / "toobig.csv", "date"),
    }


def _series(path: Path, time: str) -> dict[str, tuple[Bars, IntArray]]:
    rows: dict[str, list[tuple[str, ...]]] = {}
    with _opened(path) as file:
        for row in csv.DictReader(file):
            prices = (row[name] for name in ("open", "high", "low", "close", "volume"))
            rows.setdefault(row.get("symbol", path.name), []).append((row[time][:10], *prices))
    return {name: _bars(series[-LAST_BARS:]) for name, series in rows.items()}


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig")
    return path.open(encoding="utf-8-sig")


def _bars(rows: list[tuple[str, ...]]) -> tuple[Bars, IntArray]:
    columns = np.array([row[1:] for row in rows], float).T
    opened, high, low, close, volume = (column.copy() for column in columns)
    number = {date: at for at, date in enumerate(dict.fromkeys(row[0] for row in rows))}
    days = np.array([number[row[0]] for row in rows])
    time = np.arange(len(rows))
    return Bars(time=time, open=opened, high=high, low=low, close=close, volume=volume), days
