"""Parquet, through pyarrow where it is installed."""

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from gateway.feeds.files import FileOptions, PriceFile, read_prices
from resolvers.errors import BadInput
from resolvers.model.interval import Interval

PRICES: dict[str, Any] = {"open": [10.1, 11.0], "high": [12.0, 13.0], "low": [9.0, 10.0], "close": [11.0, 12.0]}
DAYS = [int(datetime(2024, 1, day, tzinfo=UTC).timestamp()) for day in (2, 3)]


def _read(folder: Path, columns: dict[str, Any], interval: Interval = Interval.D1, zone: str = "UTC") -> PriceFile:
    path = folder / "prices.dat"
    parquet.write_table(pa.table(columns), path)
    return read_prices(path, FileOptions(symbol="X", interval=interval, timezone=zone))


@pytest.mark.parametrize(
    "dates",
    [
        pa.array([date(2024, 1, 2), date(2024, 1, 3)]),
        pa.array([datetime(2024, 1, 2), datetime(2024, 1, 3)], pa.timestamp("ns")),  # noqa: DTZ001
        pa.array([DAYS[0], DAYS[1]], pa.timestamp("s")),
        pa.array(["2024-01-02", "2024-01-03"]),
        pa.array([DAYS[0] * 1000, DAYS[1] * 1000]),
        pa.array(["2024-01-02", "2024-01-03"]).dictionary_encode(),
        # Midnight in New York: the date as its own zone writes it.
        pa.array([DAYS[0] + 18_000, DAYS[1] + 18_000], pa.timestamp("s", "America/New_York")),
    ],
)
def test_dates_of_every_type(tmp_path: Path, dates: pa.Array) -> None:
    """The content tells the format, whatever the name of the file."""
    file = _read(tmp_path, {"Date": dates, **PRICES, "volume": [1, None]})
    assert file.series["X"].time.tolist() == DAYS
    assert file.series["X"].open.tolist() == [10.1, 11.0]


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32(), pa.decimal128(20, 4), pa.string()])
def test_prices_of_every_type(tmp_path: Path, kind: pa.DataType) -> None:
    """A price of 10.1 is 10.1, also where only 32 bits of it are stored."""
    makes: dict[str, Callable[[float], Any]] = {"string": str, "decimal128(20, 4)": lambda value: Decimal(str(value))}
    make = makes.get(str(kind), float)
    kinds = {name: pa.array([make(value) for value in values], kind) for name, values in PRICES.items()}
    file = _read(tmp_path, {"time": pa.array(DAYS, pa.timestamp("s")), **kinds})
    assert file.series["X"].open.tolist() == [10.1, 11.0]


def test_moments_with_and_without_a_zone(tmp_path: Path) -> None:
    """A zone in the column is honoured; without one the option says it."""
    moments = [datetime(2024, 1, 2, 9, 30) + timedelta(hours=hour) for hour in (0, 1)]  # noqa: DTZ001
    file = _read(tmp_path, {"time": moments, **PRICES}, Interval.H1, "America/New_York")
    assert file.series["X"].time.tolist() == [DAYS[0] + 52_200, DAYS[0] + 55_800]
    aware = [moment.replace(tzinfo=timezone(timedelta(hours=-5))) for moment in moments]
    file = _read(tmp_path, {"time": aware, **PRICES}, Interval.H1, "Asia/Tokyo")
    assert file.series["X"].time.tolist() == [DAYS[0] + 52_200, DAYS[0] + 55_800]


def test_rows_that_cannot_be_right(tmp_path: Path) -> None:
    """The first row is line 2, as in a text; nulls are missing cells."""
    file = _read(tmp_path, {"date": [date(2024, 1, 2), None], **PRICES, "open": [None, 11.0]})
    assert [(reject.line, reject.row) for reject in file.rejects] == [
        (2, "2024-01-02,,12,9,11"),
        (3, ",11,13,10,12"),
    ]


def test_damaged_parquet_is_refused(tmp_path: Path) -> None:
    """Cut short, in words."""
    path = tmp_path / "prices.parquet"
    path.write_bytes(b"PAR1" + bytes(100))
    with pytest.raises(BadInput, match=r"prices\.parquet cannot be read as Parquet: "):
        read_prices(path, FileOptions(symbol="X"))


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parquet is optional; the message says what to install."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = tmp_path / "prices.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(BadInput, match=r"pip install signal-gateway\[parquet\]"):
        read_prices(path, FileOptions(symbol="X"))
