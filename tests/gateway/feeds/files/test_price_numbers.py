"""Numbers as people write them, alone and as a file's decimal mark."""

from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.feeds.files.price_numbers import DecimalMark, numbers
from resolvers.errors import BadInput
from tests.gateway.feeds.files.conftest import Reader


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_values_are_those_of_float(values: list[float]) -> None:
    """To the last bit, on the fast path and on the slow one."""
    texts = [repr(value) for value in values]
    assert numbers(texts).values.tolist() == values
    assert numbers([*texts, " - "]).values[:-1].tolist() == values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.5", 1234.5),
        ("1,234,567", 1234567.0),
        ("$12.5", 12.5),
        (" 7 ", 7.0),
        ("96.7M", 96_700_000.0),
        ("2k", 2000.0),
    ],
)
def test_other_ways_to_write_a_number(text: str, value: float) -> None:
    """Thousands separators, a currency sign, a scale."""
    assert numbers([text]).values.tolist() == [value]


@pytest.mark.parametrize("text", ["", " ", "-", "NaN", "null", "N/A", "None"])
def test_a_missing_number(text: str) -> None:
    """It is NaN and nothing wrong."""
    found = numbers([text, "1,000"])
    assert isnan(found.values[0])
    assert found.wrong == {}


@pytest.mark.parametrize("text", ["1_000", "x", "1,23", "12,34.5", "1.2.3", "0x10", "K", "M", "$", "1..5"])
def test_no_number(text: str) -> None:
    """It is told by its position."""
    assert numbers(["1", text]).wrong == {1: text}


@pytest.mark.parametrize(
    ("text", "value"), [("1.234,5", 1234.5), ("12,5", 12.5), ("1.234.567", 1234567.0), ("7", 7.0), ("1.234", 1234.0)]
)
def test_a_decimal_comma(text: str, value: float) -> None:
    """Dots part thousands then."""
    assert numbers([text], decimal_comma=True).values.tolist() == [value]


@pytest.mark.parametrize(
    ("prices", "is_comma"),
    [
        (["10", "11"], False),
        (["1,234.5"], False),
        (["1,234", "998.5"], False),
        (["12,5"], True),
        (["1,234", "0,5"], True),
    ],
)
def test_one_clear_cell_tells_the_mark(prices: list[str], is_comma: bool) -> None:
    """Prices that could be either follow it."""
    mark = DecimalMark()
    mark.see(prices, are_prices=True)
    assert mark.is_comma() is is_comma


def test_prices_that_may_be_either_are_refused() -> None:
    """1,234 alone may be 1234 or 1.234; a volume of 1,234 is no fraction."""
    mark = DecimalMark()
    mark.see(["1,234"], are_prices=False)
    assert mark.is_comma() is False
    mark.see(["1,234"], are_prices=True)
    with pytest.raises(BadInput, match=r"the price '1,234' may be 1234 or 1\.234"):
        mark.is_comma()


def test_a_file_with_decimal_commas(read: Reader) -> None:
    """The last row tells how the first one is read."""
    text = "Datum;Date;Open;High;Low;Close;Volume\n;02.01.2024;1.234;1.234;1.234;1.234;1.000\n"
    file = read(text + ";13.01.2024;1.234,5;1.240,25;1.200;1.230;\n")
    assert file.series["X"].open.tolist() == [1234.0, 1234.5]
    np.testing.assert_array_equal(file.series["X"].volume, [1000.0, np.nan])


def test_a_comma_in_a_file_of_points_costs_its_row_only(read: Reader) -> None:
    """Also where it stands in a block of its own, after thousands of rows with points."""
    rows = [f"{1900 + day // 336}-{day // 28 % 12 + 1:02}-{day % 28 + 1:02};1.5;1.5;1.5;1.5" for day in range(20_000)]
    file = read("date;open;high;low;close\n" + "\n".join(rows) + "\n2024-01-02;12,5;12,5;12,5;12,5\n")
    assert [reject.reason for reject in file.rejects] == ["open must be a number, was '12,5'"]
    assert len(file.series["X"]) == 20_000


def test_quoted_thousands(read: Reader) -> None:
    """A volume with separators in a file of points."""
    file = read('date,open,high,low,close,volume\n2024-01-02,10,12,9,11,"1,234"\n2024-01-03,10,12,9,11,"1,234,567"\n')
    assert file.series["X"].volume.tolist() == [1234.0, 1234567.0]
