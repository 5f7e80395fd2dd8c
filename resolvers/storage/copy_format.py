"""
Bars as PostgreSQL's binary COPY, both ways, without a Python object per row.

Every column that is read or written here has a fixed width and no nulls, so a row of the format is a
C structure and a whole answer is one NumPy array. A missing volume is read as NaN, and rows without one
are written by a COPY that leaves the column out.

Source of the format: PostgreSQL documentation, COPY, "Binary Format".
"""

import numpy as np
import numpy.typing as npt

from resolvers.model.bars import Bars, IntArray

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
EPOCH = 946_684_800  # PostgreSQL counts from 2000-01-01
_MICROSECONDS = 1_000_000
_PRICES = ("open", "high", "low", "close", "volume")

BAR_COLUMNS = ("time", *_PRICES[:4], "instrument_id", "bar_minutes", "is_derived", "volume")


def _row(*columns: tuple[str, str]) -> np.dtype[np.void]:
    """A row: the number of columns, then a length and a value for each."""
    layout: list[tuple[str, str]] = [("columns", ">i2")]
    for name, kind in columns:
        layout += [(f"{name}_length", ">i4"), (name, kind)]
    return np.dtype(layout)


READ = _row(("window", ">i4"), ("time", ">i8"), *((name, ">f8") for name in _PRICES))
WRITE = _row(
    ("time", ">i8"),
    *((name, ">f8") for name in _PRICES[:4]),
    ("instrument_id", ">i4"),
    ("bar_minutes", ">i2"),
    ("is_derived", ">i1"),
    ("volume", ">f8"),
)


def _empty_row() -> npt.NDArray[np.void]:
    """One row of `WRITE` that holds what all rows have in common: the number of columns and their lengths."""
    row = np.zeros(1, WRITE)
    row["columns"] = len(BAR_COLUMNS)
    for name in BAR_COLUMNS:
        row[f"{name}_length"] = row.dtype[name].itemsize
    return row


_EMPTY_ROW = _empty_row()
WRITE_WITHOUT_VOLUME = np.dtype([(name, WRITE.fields[name][0]) for name in WRITE.names[:-2]])  # type: ignore[index]


def decoded(answer: bytes | bytearray | memoryview) -> tuple[IntArray, Bars]:
    """The window numbers and the bars of a COPY whose columns are those of `READ`."""
    body = len(answer) - len(HEADER) - len(TRAILER)
    rows = np.frombuffer(answer, READ, body // READ.itemsize, len(HEADER))
    bars = Bars(
        time=rows["time"].astype(np.int64) // _MICROSECONDS + EPOCH,
        **{name: rows[name].astype(np.float64) for name in _PRICES},
    )
    return rows["window"].astype(np.int64), bars


def encoded(instrument_id: int | IntArray, bar_minutes: int, bars: Bars, *, derived: bool) -> npt.NDArray[np.void]:
    """Bars as rows of `WRITE`; rows without a volume hold NaN there and are for `stream` to sort out."""
    rows = _EMPTY_ROW.repeat(len(bars))
    rows["time"] = (bars.time - EPOCH) * _MICROSECONDS
    for name in _PRICES:
        rows[name] = getattr(bars, name)
    rows["instrument_id"] = instrument_id
    rows["bar_minutes"] = bar_minutes
    rows["is_derived"] = derived
    return rows


def copies(rows: npt.NDArray[np.void]) -> list[tuple[tuple[str, ...], bytes]]:
    """The COPY streams that write *rows*: for each its columns and its bytes."""
    missing = np.isnan(rows["volume"])
    streams: list[tuple[tuple[str, ...], bytes]] = []
    if not missing.all():
        streams.append((BAR_COLUMNS, HEADER + rows[~missing].tobytes() + TRAILER))
    if missing.any():
        short = np.zeros(int(missing.sum()), WRITE_WITHOUT_VOLUME)
        for name in WRITE_WITHOUT_VOLUME.names or ():
            short[name] = rows[name][missing]
        short["columns"] = len(BAR_COLUMNS) - 1
        streams.append((BAR_COLUMNS[:-1], HEADER + short.tobytes() + TRAILER))
    return streams


def instant(seconds: int | None, *, default: str) -> str:
    """A SQL literal for unix *seconds*; *default* (``infinity``, ``-infinity``) for None."""
    if seconds is None:
        return f"'{default}'::timestamptz"
    return f"to_timestamp({int(seconds)})"
