"""Whatever happens to a file, the only error is one in words."""

import gzip
import random
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from gateway.feeds.files import FileOptions, read_prices, write_rejects
from resolvers.errors import BadInput
from resolvers.model.interval import Interval

_ROWS = "".join(f'AAPL,01/{day:02}/2024 09:30,"1,0{day:02}.5",1100,900,1000,{day}00\n' for day in range(1, 29))
TEXT = ("symbol,time,open,high,low,close,volume\n" + _ROWS).encode()


def _parquet(folder: Path) -> bytes:
    days = [f"2024-01-{day:02}" for day in range(1, 29)]
    prices = {name: [10.0 + n for n in range(28)] for name in ("open", "high", "low", "close")}
    parquet.write_table(pa.table({"symbol": ["X"] * 28, "date": days, **prices}), folder / "good")
    return (folder / "good").read_bytes()


def _damaged(content: bytes, seed: int) -> bytes:
    chance, damaged = random.Random(seed), bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8))):
        place, kind = chance.randrange(len(damaged) or 1), chance.choice(("change", "digit", "insert", "delete", "cut"))
        if kind == "change":
            damaged[place : place + 1] = bytes([chance.randrange(256)])
        elif kind == "digit":
            damaged[place : place + 1] = bytes([chance.choice(b'0123456789,;\t\n".-:/eE_$KZ')])
        elif kind == "insert":
            damaged[place:place] = chance.randbytes(chance.randrange(1, 9))
        elif kind == "delete":
            del damaged[place : place + chance.randrange(1, 40)]
        else:
            del damaged[place:]
    return bytes(damaged)


@pytest.mark.parametrize("form", ["text", "gzip", "utf-16", "parquet"])
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, form: str) -> None:
    """Bytes changed, inserted, left out: rows are kept or rejected, or the file is refused in words."""
    good = {"text": TEXT, "gzip": gzip.compress(TEXT), "utf-16": TEXT.decode().encode("utf-16")}
    content = _parquet(tmp_path) if form == "parquet" else good[form]
    path = tmp_path / "damaged"
    for seed in range(300):
        path.write_bytes(_damaged(content, seed))
        options = FileOptions(interval=Interval.D1 if seed % 2 else Interval.H1, adjusted=seed % 7 == 0)
        with suppress(BadInput):
            file = read_prices(path, options)
            kept = sum(len(bars) for bars in file.series.values())
            assert kept + len(file.rejects) + file.repeated == file.rows
            write_rejects(tmp_path / "rejects.csv", file.rejects)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    """With a good header before them or not."""
    path = tmp_path / "any"
    for start in (b"", b"date,open,high,low,close,volume\n", b"\x1f\x8b", b"\xff\xfe", b"PAR1"):
        path.write_bytes(start + content)
        with suppress(BadInput):
            read_prices(path, FileOptions(symbol="X"))
