"""Where the symbol of a row comes from, and what may be one."""

import pytest

from resolvers.errors import BadInput
from tests.gateway.feeds.files.conftest import Reader

HEADER = "date,open,high,low,close,volume\n"
GOOD = "2024-01-02,10,12,9,11,100\n"


def test_a_symbol_column_makes_one_series_each(read: Reader) -> None:
    """Symbols are stripped, upper-cased and sorted."""
    file = read("ticker," + HEADER + "msft," + GOOD + " AAPL ," + GOOD + "brk.b," + GOOD, symbol=None)
    assert list(file.series) == ["AAPL", "BRK.B", "MSFT"]


@pytest.mark.parametrize("symbol", ["A B", "A" * 33, "ß", "ÄPFEL", "A;B", "A|B"])
def test_a_symbol_of_other_characters_is_rejected(read: Reader, symbol: str) -> None:
    """In a column it costs the row, as an option the file."""
    file = read("symbol," + HEADER + symbol + "," + GOOD, symbol=None)
    assert file.rejects[0].reason.startswith("a symbol has 1 to 32 characters of A-Z 0-9 . - / _ ^ = :, was ")
    with pytest.raises(BadInput, match="a symbol has 1 to 32 characters"):
        read(HEADER + GOOD, symbol=symbol)


def test_column_and_option_must_agree(read: Reader) -> None:
    """The option is no filter and no new name."""
    text = "symbol," + HEADER + "aapl," + GOOD
    assert list(read(text, symbol="AAPL").series) == ["AAPL"]
    with pytest.raises(BadInput, match="--symbol MSFT must agree with the file's symbol column, which has 'aapl'"):
        read(text, symbol="MSFT")


def test_a_column_called_name_is_a_symbol_only_without_the_option(read: Reader) -> None:
    """It may hold company names."""
    text = "name," + HEADER + "Apple Inc," + GOOD
    assert list(read(text, symbol="AAPL").series) == ["AAPL"]
    assert len(read(text, symbol=None).rejects) == 1


def test_without_any_symbol_the_option_is_asked_for(read: Reader) -> None:
    """The message says what to give."""
    with pytest.raises(BadInput, match="needs --symbol"):
        read(HEADER + GOOD, symbol=None)


def test_an_empty_cell_takes_the_option(read: Reader) -> None:
    """Without the option the row is rejected."""
    text = "symbol," + HEADER + " ," + GOOD
    assert list(read(text, symbol="aapl").series) == ["AAPL"]
    assert [reject.reason for reject in read(text, symbol=None).rejects] == ["symbol must be given, was missing"]
