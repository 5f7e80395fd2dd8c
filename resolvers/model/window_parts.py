"""A window in two parts: bars that rarely change, and the newest one, which changes with every trade."""

from dataclasses import dataclass

import numpy as np

from resolvers.model.bars import Bars
from resolvers.model.window import SeriesState, StoredWindow


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class WindowBody:
    """
    A window without the newest bar of its series. It stays what it is until `SeriesState.body_revision` moves.

    Attributes:
        state: Of the series when it was read; all but its revision holds as long as the body does.
        reaches_newest: Whether the newest bar of the series follows, which is held apart.
        offset, is_cut, read_bars: As of `StoredWindow`, of the whole window.
    """

    state: SeriesState
    bars: Bars
    offset: int
    is_cut: bool
    read_bars: int
    reaches_newest: bool


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class NewestBar:
    """The newest bar of a series, as bars of length 1, with the state of the series in the same snapshot."""

    state: SeriesState
    bars: Bars


def parted(window: StoredWindow) -> tuple[WindowBody, NewestBar | None]:
    """The body of a window, a view of its bars, and the newest bar of the series where the window holds it."""
    reaches = window.reaches_newest
    body = WindowBody(
        state=window.state,
        bars=window.bars[:-1] if reaches else window.bars,
        offset=window.offset,
        is_cut=window.is_cut,
        read_bars=window.read_bars,
        reaches_newest=reaches,
    )
    # A copy: a view of one bar would keep the whole window in memory.
    return body, NewestBar(state=window.state, bars=_appended(Bars.empty(), window.bars[-1:])) if reaches else None


def joined(body: WindowBody, newest: NewestBar | None) -> StoredWindow | None:
    """
    The whole window; None where the parts are not of one moment.

    The newest bar belongs to the body if no bar before it has changed between the two reads: its snapshot has the
    body's revision. Equal times would not do, because a correction of the body leaves the times alone.
    """
    if not body.reaches_newest:
        bars, state = body.bars, body.state
    elif newest is None or newest.state.body_revision != body.state.body_revision:
        return None
    else:
        bars, state = _appended(body.bars, newest.bars), newest.state
    return StoredWindow(
        state=state,
        bars=bars,
        offset=body.offset,
        is_cut=body.is_cut,
        reaches_newest=body.reaches_newest,
        read_bars=body.read_bars,
    )


def _appended(head: Bars, tail: Bars) -> Bars:
    return Bars(
        time=np.concatenate((head.time, tail.time)),
        open=np.concatenate((head.open, tail.open)),
        high=np.concatenate((head.high, tail.high)),
        low=np.concatenate((head.low, tail.low)),
        close=np.concatenate((head.close, tail.close)),
        volume=np.concatenate((head.volume, tail.volume)),
    )
