"""A value comes back as it was written, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.cache.frame import NotFramed, framed, unframed

_REVISIONS = st.integers(0, 2**62)
_PAYLOADS = st.none() | st.binary(max_size=200)


@given(key=st.text(max_size=20), payload=_PAYLOADS, revision=_REVISIONS, read_at=st.floats(0, 1e11))
def test_a_frame_holds_what_was_put_in(key: str, payload: bytes | None, revision: int, read_at: float) -> None:
    """Nothing, no bytes, and any bytes are three things."""
    found = unframed(key, framed(key, payload, revision=revision, read_at=read_at))
    assert (found.payload if found.payload is None else bytes(found.payload)) == payload
    assert (found.revision, found.read_at) == (revision, read_at)


@given(payload=_PAYLOADS, data=st.data())
def test_damaged_bytes_are_refused(payload: bytes | None, data: st.DataObject) -> None:
    """Cut short at any place, lengthened, or with any bits turned over."""
    whole = framed("key", payload, revision=7, read_at=1.5)
    damaged = data.draw(
        st.integers(0, len(whole) - 1).map(lambda end: whole[:end])
        | st.binary(min_size=1, max_size=9).map(lambda more: whole + more)
        | st.tuples(st.integers(0, len(whole) - 1), st.integers(1, 255)).map(
            lambda flip: whole[: flip[0]] + bytes([whole[flip[0]] ^ flip[1]]) + whole[flip[0] + 1 :]
        )
    )
    # Two bytes of the header only pad it.
    if damaged[:2] + b"\0\0" + damaged[4:] != whole:
        with pytest.raises(NotFramed):
            unframed("key", damaged)


@given(garbage=st.binary(max_size=100))
def test_garbage_is_refused(garbage: bytes) -> None:
    """Whatever somebody else has written there."""
    with pytest.raises(NotFramed):
        unframed("key", garbage)


def test_another_version_and_another_key_are_refused() -> None:
    """A value of the next release, and an answer to another question."""
    whole = framed("key", b"value", revision=7, read_at=1.5)
    for key, found in (("key", bytes([whole[0] + 1]) + whole[1:]), ("kez", whole), ("key", b"")):
        with pytest.raises(NotFramed):
            unframed(key, found)


def test_arrays_behind_the_header_are_aligned() -> None:
    """So that NumPy may read them where they are."""
    assert len(framed("key", b"", revision=7, read_at=1.5)) % 8 == 0
