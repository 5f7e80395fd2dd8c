"""From indicators to evidence."""

import numpy as np

from resolvers.compute.agents.rules import beyond, earlier, either, held, only, outside

NAN = np.nan


def _flags(text: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([one == "x" for one in text])


def test_beyond_is_what_is_more_than_a_tie() -> None:
    """The tie itself is none."""
    np.testing.assert_equal(beyond(np.array([0.2, -0.2, 0.1, -0.1, NAN]), 0.1), [0.2, -0.2, 0, 0, NAN])


def test_outside_is_evidence_for_a_return() -> None:
    """Its bounds are inside."""
    np.testing.assert_equal(outside(np.array([1.0, 2, 5, 8, 10, NAN]), 2.0, 8.0), [1, 0, 0, 0, -2, NAN])


def test_either_is_neither_where_it_is_both() -> None:
    """And unknown where what it rests on is."""
    up, down = _flags("x-x-x"), _flags("-xx-x")
    np.testing.assert_equal(either(up, down), [1, -1, 0, 0, 0])
    np.testing.assert_equal(either(up, down, np.array([5, 5, 5, 5, NAN])), [1, -1, 0, 0, NAN])


def test_only_keeps_what_is_unknown() -> None:
    """Also where it would be left out."""
    value = np.array([3.0, -2, 1, NAN])
    np.testing.assert_equal(only(value, _flags("xx--")), [3, -2, 0, NAN])
    np.testing.assert_equal(only(value, _flags("xx--"), np.array([NAN, 1, 1, 1])), [NAN, -2, 0, NAN])


def test_held_is_the_side_of_the_last_event() -> None:
    """None before the first, none where both come at once."""
    np.testing.assert_equal(held(_flags("-x---x-x"), _flags("---x---x")), [0, 1, 1, -1, -1, 1, 1, 0])


def test_earlier_begins_with_nothing() -> None:
    """However short the column."""
    np.testing.assert_equal(earlier(np.array([1.0, 2, 3]), 2), [NAN, NAN, 1])
    np.testing.assert_equal(earlier(np.array([1.0]), 2), [NAN])
    assert len(earlier(np.empty(0))) == 0
