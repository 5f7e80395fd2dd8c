"""URLs are shown without their passwords."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.hidden_url import hidden


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:s3cret@h:5432/db", "postgresql://me:…@h:5432/db"),
        ("postgresql://me@h/db", "postgresql://me@h/db"),
        ("postgresql:///db?host=/run&password=s3cret", "postgresql:///db?host=/run&password=…"),
        ("redis://:s3cret@h/0", "redis://:…@h/0"),
        ("redis://h/0?PassWord=s3cret", "redis://h/0?PassWord=…"),
        ("https://h/v1?api-version=2&api-key=s3cret&x=1", "https://h/v1?api-version=2&api-key=…&x=1"),
        ("https://h/v1?Access_Token=s3cret", "https://h/v1?Access_Token=…"),
        ("redis://:s3/cret@h", "redis://…"),
        ("postgresql://db/gw?user=me&password=s3cret@home", "postgresql://…"),
        ("redis://:s3@cret@h", "redis://:…@h"),
        ("redis://:s3?cret@h", "redis://…"),
        ("postgresql://a:1,b:2/db", "postgresql://a:1,b:2/db"),
        ("s3cret", "…"),
        ("", "…"),
    ],
)
def test_a_password_is_hidden_wherever_it_stands(url: str, shown: str) -> None:
    """Also in a URL that is wrong."""
    assert hidden(url) == shown


@given(st.text("abc:/?#@[]%&= ", min_size=1))
def test_no_password_is_ever_shown(noise: str) -> None:
    """Whatever characters stand around it."""
    assert "S3CRET" not in hidden(f"postgresql://me:{noise}S3CRET{noise}@host/db")
