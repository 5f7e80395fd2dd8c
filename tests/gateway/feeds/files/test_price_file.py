"""Which rows of a file are kept, which are rejected, and what the user is told."""

import csv
from datetime import UTC, datetime
from math import isnan
from pathlib import Path

import pytest

from gateway.feeds.files import FileOptions, Reject, read_prices, write_rejects
from resolvers.errors import BadInput
from resolvers.model.interval import Interval
from tests.gateway.feeds.files.conftest import Reader

HEADER = "date,open,high,low,close,volume\n"
GOOD = "2024-01-02,10,12,9,11,100\n"


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_bars_are_sorted_and_read_only(read: Reader) -> None:
    """Rows in any order become bars in time order."""
    file = read(HEADER + "2024-01-03,11,13,10,12,200\n" + GOOD)
    bars = file.series["X"]
    assert bars.time.tolist() == [_seconds("2024-01-02"), _seconds("2024-01-03")]
    assert bars.close.tolist() == [11.0, 12.0]
    assert not bars.close.flags.writeable
    assert (file.rows, file.repeated, file.rejects, file.notices) == (2, 0, (), ())


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",10,12,9,11,100", "time must be given, was missing"),
        ("soon,10,12,9,11,100", "time must be a moment such as"),
        ("2024-02-30,10,12,9,11,100", "time must be a moment such as"),
        ("2024-01-03,,12,9,11,100", "open must be given, was missing"),
        ("2024-01-03,null,,9,n/a,100", "open, high and close must be given, were missing"),
        ("2024-01-03,10,twelve,9,11,100", "high must be a number, was 'twelve'"),
        ("2024-01-03,1_0,12,9,11,100", "open must be a number, was '1_0'"),
        ("2024-01-03,10,inf,9,11,100", "high must be finite, was inf"),
        ("2024-01-03,0.00,0.00,0.00,0.00,0", "open must be positive, was 0"),
        ("2024-01-03,10,8,9,9,100", "high must be at least the low 9, was 8"),
        ("2024-01-03,10,12,9,13,100", "close must lie between low 9 and high 12, was 13"),
        ("2024-01-03,10,12,9,11,-5", "volume must not be negative, was -5"),
        ("2024-01-03,10,12,9,11,1e18", "volume must be below 1e+18, was 1e+18"),
        ("2024-01-03,10,12,9,11", "a row has 6 cells as the header has, this one has 5"),
        ("2024-01-03,10,12,9,11,100,7", "a row has 6 cells as the header has, this one has 7"),
        ('2024-01-03,"10,12,9,11,100', "a row has 6 cells as the header has, this one has 2"),
        ("2024-01-02,10,12,9,11.5,100", "X 2024-01-02 must agree with line 2, whose close is 11, was 11.5"),
        ("2024-01-02,10,12,9,11,", "X 2024-01-02 must agree with line 2, whose volume is 100, was missing"),
    ],
)
def test_a_row_that_cannot_be_right_is_rejected(read: Reader, row: str, reason: str) -> None:
    """The reject names line and reason and keeps the row's text; the rows around it are kept."""
    file = read(HEADER + GOOD + row + "\n2024-01-04,10,12,9,11,100\n")
    assert len(file.series["X"]) == 2
    (reject,) = file.rejects
    assert (reject.line, reject.row) == (3, row)
    assert reason in reject.reason
    assert file.rows == 3


def test_a_repeated_row_is_counted_only(read: Reader) -> None:
    """The same bar twice, even written otherwise, is one bar."""
    file = read(HEADER + GOOD + "20240102,10.0,12.0,9,11,1e2\n")
    assert (len(file.series["X"]), file.rejects, file.repeated) == (1, (), 1)


def test_the_first_good_row_is_the_one_to_agree_with(read: Reader) -> None:
    """A broken row does not shadow the right one after it."""
    file = read(HEADER + "2024-01-02,10,8,9,11,100\n" + GOOD)
    assert [reject.line for reject in file.rejects] == [2]
    assert file.series["X"].high.tolist() == [12.0]


def test_blank_lines_are_no_rows_but_count_as_lines(read: Reader) -> None:
    """Line numbers are those of an editor."""
    file = read(HEADER + "\n" + GOOD + "\n  \nbad\n\n")
    assert [reject.line for reject in file.rejects] == [6]
    assert file.rows == 2


def test_a_missing_volume(read: Reader) -> None:
    """An empty cell is an unknown volume; a file without the column says so once."""
    assert isnan(read(HEADER + "2024-01-02,10,12,9,11,\n").series["X"].volume[0])
    file = read("date,open,high,low,close\n2024-01-02,10,12,9,11\n")
    assert isnan(file.series["X"].volume[0])
    assert file.notices == ("there is no volume column; the bars have no volume",)


ADJUSTED = "Date,Open,High,Low,Close,Adj Close,Volume\n2024-01-02,10,12,8,10,5,100\n2024-01-03,10,12,8,10,,100\n"


def test_the_adjusted_close_is_ignored_with_a_notice(read: Reader) -> None:
    """Prices stay as traded unless asked otherwise, and then the adjusted column need not be complete."""
    file = read(ADJUSTED)
    assert file.series["X"].close.tolist() == [10.0, 10.0]
    assert file.notices == ("adj close is ignored; --adjusted scales all four prices to it",)


def test_adjusted_scales_all_four_prices(read: Reader) -> None:
    """The volume stays; a row without an adjusted close cannot be scaled."""
    file = read(ADJUSTED, adjusted=True)
    bars = file.series["X"]
    assert [bars.open[0], bars.high[0], bars.low[0], bars.close[0], bars.volume[0]] == [5.0, 6.0, 4.0, 5.0, 100.0]
    assert [(reject.line, reject.reason) for reject in file.rejects] == [(3, "adj close must be given, was missing")]


def test_adjusted_needs_its_column(read: Reader) -> None:
    """Without the column the file is refused."""
    with pytest.raises(BadInput, match="--adjusted needs a column 'adj close'"):
        read(HEADER + GOOD, adjusted=True)


def test_rounding_of_adjusted_prices_makes_no_bar_impossible(read: Reader) -> None:
    """Where close is the high, scaling both may round apart by one bit; the bar stays."""
    rows = [f"{2000 + n // 12}-{n % 12 + 1:02}-01,{n}.3,{n}.3,{n}.1,{n}.3,{n / 7 + 0.1},1" for n in range(1, 300)]
    file = read("date,open,high,low,close,adj close,volume\n" + "\n".join(rows), adjusted=True)
    assert file.rejects == ()
    assert file.series["X"].close.tolist() == [n / 7 + 0.1 for n in range(1, 300)]


def test_an_unknown_time_zone_is_refused(read: Reader) -> None:
    """Even where no time needs it."""
    for name in ("America/Gotham", "", "America", "../etc", "\0"):
        with pytest.raises(BadInput, match="a time zone is an IANA name"):
            read(HEADER + GOOD, timezone=name)


def test_dates_are_never_moved_by_a_time_zone(read: Reader) -> None:
    """A D1 bar carries the date as written, whatever clock or offset stands beside it."""
    rows = "2024-01-02 00:00:00-05:00,10,12,9,11,1\n2024-01-03T23:30:00+09:00,10,12,9,11,1\n2024-01-04,10,12,9,11,1\n"
    times = read(HEADER + rows, timezone="Asia/Tokyo").series["X"].time.tolist()
    assert times == [_seconds("2024-01-02"), _seconds("2024-01-03"), _seconds("2024-01-04")]


def test_weeks_carry_their_monday(read: Reader) -> None:
    """A week dated by its Friday is the week of its Monday."""
    file = read(HEADER + "2024-01-05,10,12,9,11,1\n2024-01-12,10,12,9,11,1\n", interval=Interval.W1)
    assert file.series["X"].time.tolist() == [_seconds("2024-01-01"), _seconds("2024-01-08")]
    assert file.notices == ("2 dates are no Mondays; a W1 bar carries the Monday of its week",)


NEW_YORK = {"interval": Interval.H1, "timezone": "America/New_York"}


def test_intraday_times_are_in_the_named_zone(read: Reader) -> None:
    """Naive times are local; Z and offsets are honoured."""
    rows = "2024-01-02 09:30,10,12,9,11,1\n2024-01-02T15:30:00Z,10,12,9,11,1\n2024-01-02 11:30:00-05:00,10,12,9,11,1\n"
    times = read(HEADER + rows, **NEW_YORK).series["X"].time.tolist()
    assert times == [_seconds("2024-01-02T14:30"), _seconds("2024-01-02T15:30"), _seconds("2024-01-02T16:30")]


def test_a_skipped_hour_is_rejected(read: Reader) -> None:
    """02:30 does not exist on the night when clocks go forward."""
    file = read(HEADER + "2024-03-10 02:30,10,12,9,11,1\n2024-03-10 03:30,10,12,9,11,1\n", **NEW_YORK)
    assert [reject.line for reject in file.rejects] == [2]
    assert "time must exist in America/New_York, '2024-03-10 02:30' is skipped" in file.rejects[0].reason
    assert file.series["X"].time.tolist() == [_seconds("2024-03-10T07:30")]


REPEATED = ["00:30,1", "01:30,2", "01:30,3", "02:30,4"]


@pytest.mark.parametrize("rows", [REPEATED, REPEATED[::-1], REPEATED * 2])
def test_a_repeated_hour_is_told_by_the_order_of_rows(read: Reader, rows: list[str]) -> None:
    """01:30 comes twice when clocks go back; two different bars are both, in a falling file too."""
    text = "time,volume,open,high,low,close\n" + "".join(f"2024-11-03 {row},10,12,9,11\n" for row in rows)
    file = read(text, **NEW_YORK)
    bars = file.series["X"]
    assert bars.volume.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert bars.time.tolist() == [_seconds(f"2024-11-03T{hour:02}:30") for hour in (4, 5, 6, 7)]
    assert (file.rejects, file.repeated) == ((), len(rows) - 4)


def test_a_time_between_seconds_is_rejected(read: Reader) -> None:
    """Bars stand on whole seconds; a fraction of zeros is none."""
    rows = "2024-01-02 09:30:00.500,10,12,9,11,1\n2024-01-02 09:31:00.000,10,12,9,11,1\n"
    file = read(HEADER + rows, interval=Interval.M1)
    assert [reject.reason for reject in file.rejects] == [
        "time must be on a whole second, was '2024-01-02 09:30:00.500'"
    ]


def test_rows_of_another_interval_are_refused(read: Reader) -> None:
    """The message says how far apart rows are and what to give."""
    minutes = HEADER + "".join(f"2024-01-02 09:{minute},10,12,9,11,1\n" for minute in range(30, 40))
    with pytest.raises(BadInput, match="rows are 1 minute apart; --interval D1 expects 1 day, give --interval M1"):
        read(minutes)
    with pytest.raises(BadInput, match="dates only; give --interval D1"):
        read(HEADER + GOOD, interval=Interval.M1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        (HEADER, "has a header but no rows"),
        (HEADER + "\n\n", "has a header but no rows"),
        (GOOD * 3, "has no header; .* its first line is data"),
        ("hello\nworld\n", "has no header; a header names the columns date"),
        ("date,open,high,low\n2024-01-02,1,1,1\n", "no column for close in 'date, open, high, low'"),
        ("open,high,low,close\n1,1,1,1\n", "no column for date or time"),
        ("date,open,high,low,close,close\n2024-01-02,1,1,1,1,1\n", "one column for close was expected, 2 are named"),
        (b"\x00\x01\x02" * 100, "is binary"),
        (b"PK\x03\x04" + bytes(100), "is a ZIP or Excel file"),
        (HEADER.encode() + b"2024-01-02,10,12,9,11,\xe9\n", "line 2 holds the byte 0xE9"),
        ("x" * 100_000, "line 1 is longer than"),
    ],
)
def test_a_file_that_is_none_is_refused(read: Reader, content: str | bytes, message: str) -> None:
    """The message says what was expected and what was found."""
    with pytest.raises(BadInput, match=message):
        read(content)


def test_a_missing_file_and_a_directory_are_refused(tmp_path: Path) -> None:
    """With the path in the message."""
    with pytest.raises(BadInput, match="cannot be read: No such file"):
        read_prices(tmp_path / "none.csv", FileOptions(symbol="X"))
    with pytest.raises(BadInput, match="must be a file, is a directory"):
        read_prices(tmp_path, FileOptions(symbol="X"))


def test_progress_ends_at_the_size_of_the_file(tmp_path: Path) -> None:
    """It counts bytes of the file, which is all that is known before its end."""
    path, calls = tmp_path / "prices.csv", list[tuple[int, int]]()
    path.write_text(HEADER + GOOD)
    read_prices(path, FileOptions(symbol="X"), lambda done, total: calls.append((done, total)))
    assert calls[-1] == (path.stat().st_size, path.stat().st_size)


def test_rejects_are_written_as_csv(tmp_path: Path) -> None:
    """Header ``line,reason,row``; a row with commas is one cell."""
    path = tmp_path / "rejects.csv"
    write_rejects(path, [Reject(line=3, reason="high, too low", row='a,"b",é')])
    assert path.read_text(encoding="utf-8").startswith("line,reason,row\n")
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[1:] == [["3", "high, too low", 'a,"b",é']]
    with pytest.raises(BadInput, match="cannot be written"):
        write_rejects(tmp_path, [])
