"""Lists as JSON text, written by column."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.row_text import RowText, texts_of

_values = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text()
_many = st.lists(_values | st.lists(_values) | st.dictionaries(st.text(), _values), min_size=1)
_alike = st.one_of(st.lists(st.text(alphabet='a",\\[]'), min_size=1), st.lists(st.text(alphabet="äa, é😀"), min_size=1))


@given(values=st.one_of(_many, _alike, st.lists(st.floats(allow_nan=False), min_size=1)))
def test_each_value_has_its_own_text(values: list[Any]) -> None:
    """Also texts with quotes, commas and backslashes in them, and values of several kinds."""
    assert texts_of(values) == [orjson.dumps(value).decode() for value in values]


def test_a_value_without_a_text_is_an_error() -> None:
    """The caller knows another way."""
    with pytest.raises(TypeError):
        texts_of([1, 2**70])


@pytest.mark.parametrize("columns", [0, 1, 2, 3])
def test_rows_by_themselves_are_those_of_the_array(columns: int) -> None:
    """With constants between, whatever the number of columns."""
    text = RowText(2)
    text.open()
    for number in range(columns):
        text.name(f"c{number}")
        text.column([str(number), str(10 * number)])
        text.name(f"k{number}")
        text.constant("k")
    text.close()

    assert f"[{','.join(text.rows())}]" == text.array()
    assert len(text.rows()) == 2
