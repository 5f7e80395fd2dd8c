"""Files as users really have them."""

import csv
import gzip
from collections import Counter
from pathlib import Path

import pytest

from gateway.feeds.files import FileOptions, PriceFile, read_prices
from resolvers.errors import BadInput
from resolvers.model.interval import Interval

# name -> rows, rejected rows
MALFORMED = {
    "bad.csv": (502, 165),  # 165 rows without a date
    "mismatch.csv": (502, 0),
    "penny.csv": (533, 0),
    "toobig.csv": (1246, 0),
    "zeros.csv": (200, 200),
}


def _read(path: Path, symbol: str | None = None, interval: Interval = Interval.D1, zone: str = "UTC") -> PriceFile:
    return read_prices(path, FileOptions(symbol=symbol, interval=interval, timezone=zone))


def test_the_sp500_file(real_prices: Path) -> None:
    """23 broken rows of 619,040 are rejected; every value kept is what float reads."""
    path = real_prices / "sp500-daily-5y.csv.gz"
    file = _read(path)
    assert (file.rows, file.repeated, len(file.series)) == (619_040, 0, 505)
    assert sum(len(bars) for bars in file.series.values()) == 619_017
    kinds = Counter("missing" if "missing" in reject.reason else "range" for reject in file.rejects)
    assert kinds == {"missing": 11, "range": 12}
    with gzip.open(path, "rt") as lines:
        apple = [row for row in csv.reader(lines) if row[0] == "AAPL"]
    bars = file.series["AAPL"]
    for place, column in enumerate((bars.open, bars.high, bars.low, bars.close, bars.volume), 2):
        assert column.tolist() == [float(row[place]) for row in apple]


def test_the_other_good_files(real_prices: Path) -> None:
    """Every row of them is kept."""
    files = {
        30_216: _read(real_prices / "large-caps-daily-5y.csv.gz"),
        345_600: _read(real_prices / "fx-hourly.csv.gz", interval=Interval.H1),
        1_564: _read(real_prices / "spy-1min.csv", "SPY", Interval.M1, "America/New_York"),
        1_246: _read(real_prices / "btc-daily.csv", "BTC"),
    }
    for rows, file in files.items():
        assert sum(len(bars) for bars in file.series.values()) == file.rows == rows
        assert (file.rejects, file.repeated, file.notices) == ((), 0, ())
    assert files[1_564].series["SPY"].time[0] == 1_608_042_600  # 09:30 in New York is 14:30 UTC


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_files(real_prices: Path, name: str) -> None:
    """Rows that are right are kept, the others named."""
    file = _read(real_prices / "malformed" / name, "X")
    assert (file.rows, len(file.rejects)) == MALFORMED[name]
    assert sum(len(bars) for bars in file.series.values()) == file.rows - len(file.rejects)


def test_every_file_at_every_interval(real_prices: Path) -> None:
    """Asked for wrongly, a file is refused in words or its rows are told."""
    for path in sorted(real_prices.rglob("*")):
        if path.stat().st_size > 1_000_000:
            continue
        for interval in Interval:
            try:
                _read(path, "X", interval)
            except BadInput as error:
                assert str(error)  # noqa: PT017 - one of two right outcomes
