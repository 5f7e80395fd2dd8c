"""A window is the sum of its parts, if they are of one moment."""

from dataclasses import replace

import numpy as np
import pytest

from resolvers.model.bars import Bars
from resolvers.model.instrument import Source
from resolvers.model.interval import Interval
from resolvers.model.window import SeriesState, StoredWindow
from resolvers.model.window_parts import joined, parted
from tests.bars import spaced

BARS = spaced(9, Interval.H1)
STATE = SeriesState(
    instrument_id=1,
    interval=Interval.H1,
    source=Source.FILE,
    revision=8,
    body_revision=5,
    first_time=int(BARS.time[0]),
    last_time=int(BARS.time[-1]),
)


def _window(bars: Bars, *, reaches_newest: bool) -> StoredWindow:
    return StoredWindow(state=STATE, bars=bars, offset=2, is_cut=True, reaches_newest=reaches_newest, read_bars=11)


@pytest.mark.parametrize("count", [1, 2, 9])
def test_parts_make_the_window(count: int) -> None:
    """Equal in all that it is, and as read-only."""
    window = _window(BARS[-count:], reaches_newest=True)
    body, newest = parted(window)
    assert len(body.bars) == count - 1
    whole = joined(body, newest)
    assert whole is not None
    np.testing.assert_array_equal(whole.bars.time, window.bars.time)
    np.testing.assert_array_equal(whole.bars.close, window.bars.close)
    assert (whole.offset, whole.is_cut, whole.read_bars, whole.reaches_newest) == (2, True, 11, True)
    assert not whole.bars.close.flags.writeable


def test_a_window_before_the_newest_bar_is_all_body() -> None:
    """An empty one too."""
    for bars in (BARS[:4], Bars.empty()):
        body, newest = parted(_window(bars, reaches_newest=False))
        assert newest is None
        whole = joined(body, None)
        assert whole is not None
        assert whole.bars.close.tobytes() == bars.close.tobytes()


def test_parts_of_different_bodies_are_no_window() -> None:
    """Nor a body without its newest bar."""
    body, newest = parted(_window(BARS, reaches_newest=True))
    assert newest is not None
    assert joined(body, None) is None
    assert joined(body, replace(newest, state=replace(STATE, revision=9, body_revision=9))) is None
    assert joined(body, replace(newest, state=replace(STATE, revision=9))) is not None


def test_the_newest_bar_does_not_keep_the_others_in_memory() -> None:
    """It is a copy."""
    _, newest = parted(_window(BARS, reaches_newest=True))
    assert newest is not None
    assert not np.shares_memory(newest.bars.close, BARS.close)
