"""Delimiters, encodings, headers of several lines, compression."""

import gzip
from datetime import UTC, datetime

import pytest

from gateway.feeds.files.text_lines import LINES_IN_BLOCK
from resolvers.errors import BadInput
from resolvers.model.interval import Interval
from tests.gateway.feeds.files.conftest import Reader

TEXT = "date,open,high,low,close,volume\n2024-01-02,10,12,9,11,100\n2024-01-03,11,13,10,12,200\nbad\n"
SECONDS = [int(datetime(2024, 1, day, tzinfo=UTC).timestamp()) for day in (2, 3)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("is_compressed", [False, True])
def test_outer_forms(read: Reader, encoding: str, delimiter: str, end: str, is_compressed: bool) -> None:
    """Encoding, delimiter, line end and compression are told by the content."""
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    content = (mark + TEXT.replace(",", delimiter).replace("\n", end)).encode(encoding)
    file = read(gzip.compress(content) if is_compressed else content)
    assert file.series["X"].time.tolist() == SECONDS
    assert [(reject.line, reject.row) for reject in file.rejects] == [(4, "bad")]


def test_damaged_gzip_is_refused(read: Reader) -> None:
    """Cut short or overwritten, in words."""
    content = gzip.compress(TEXT.encode() * 50)
    with pytest.raises(BadInput, match="truncated: its gzip stream ends early"):
        read(content[:-12])
    with pytest.raises(BadInput, match="damaged: its gzip stream cannot be read"):
        read(content[:-8] + bytes(8))


def test_an_open_quote_spoils_its_own_line_only(read: Reader) -> None:
    """The lines after it are rows like all others, also in later blocks."""
    rows = [f"{1800 + day // 336}-{day // 28 % 12 + 1:02}-{day % 28 + 1:02},10,12,9,11,100" for day in range(40_000)]
    rows[5] = '"' + rows[5]
    rows[LINES_IN_BLOCK] += ',"'
    file = read("date,open,high,low,close,volume\n" + "\n".join(rows))
    assert [reject.line for reject in file.rejects] == [7, LINES_IN_BLOCK + 2]
    assert (len(file.series["X"]), file.rows) == (39_998, 40_000)


def test_lines_above_the_header_are_left_out(read: Reader) -> None:
    """With a notice; line numbers stay those of the file."""
    file = read("https://example.com\n\n" + TEXT)
    assert file.notices == ("line 3 is the header; what stands above it is left out",)
    assert [reject.line for reject in file.rejects] == [6]


GROUPED = "Price,Close,High,Low,Open,Volume\nTicker,AAPL,AAPL,AAPL,AAPL,AAPL\nDate,,,,,\n2024-01-02,11,12,9,10,100\n"


def test_the_grouped_header_of_yfinance(read: Reader) -> None:
    """Its second line gives the symbol, its third the time."""
    file = read(GROUPED, symbol=None)
    assert file.series["AAPL"].close.tolist() == [11.0]
    assert read(GROUPED, symbol="aapl").rejects == ()
    with pytest.raises(BadInput, match="--symbol MSFT must agree"):
        read(GROUPED, symbol="MSFT")
    with pytest.raises(BadInput, match="one ticker in a file of this form was expected"):
        read(GROUPED.replace("AAPL", "MSFT", 1))


def test_stooq(read: Reader) -> None:
    """Date and time apart, both in digits."""
    text = "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n"
    file = read(text + "AAPL.US,60,20240102,153000,10,12,9,11,100,0\n", symbol=None, interval=Interval.H1)
    assert file.series["AAPL.US"].time.tolist() == [SECONDS[0] + 15 * 3600 + 1800]


def test_binance(read: Reader) -> None:
    """Epochs in milliseconds, since 2025 in microseconds."""
    text = "open_time,open,high,low,close,volume,close_time\n"
    rows = f"{SECONDS[0]}000,10,12,9,11,1,{SECONDS[0]}999\n{SECONDS[1]}000000,10,12,9,11,1,{SECONDS[1]}999999\n"
    assert read(text + rows).series["X"].time.tolist() == SECONDS
