"""Parts of windows as bytes: their state and figures as JSON, their columns as raw arrays."""

import struct
from typing import Any

import numpy as np

from resolvers.cache.codec import json_bytes, parsed
from resolvers.model.bars import Bars
from resolvers.model.instrument import Source
from resolvers.model.interval import Interval
from resolvers.model.window import SeriesState
from resolvers.model.window_parts import NewestBar, WindowBody

# Number of bars, length of the JSON before them.
_LENGTHS = struct.Struct("<II")
_COLUMNS = ("time", "open", "high", "low", "close", "volume")
_ITEM_BYTES = 8


def encoded_body(body: WindowBody) -> bytes:
    """A body: its state and figures as JSON, then its columns, little-endian, one after the other."""
    figures = [*_state_fields(body.state), body.offset, body.is_cut, body.read_bars, body.reaches_newest]
    return _with_columns(figures, body.bars)


def decoded_body(payload: memoryview) -> WindowBody:
    """The body; its columns are read-only views of *payload*."""
    figures, bars = _columns(payload)
    offset, is_cut, read_bars, reaches_newest = figures[_STATE_FIELDS:]
    return WindowBody(
        state=_state(figures[:_STATE_FIELDS]),
        bars=bars,
        offset=offset,
        is_cut=is_cut,
        read_bars=read_bars,
        reaches_newest=reaches_newest,
    )


def encoded_newest(newest: NewestBar) -> bytes:
    """A newest bar, as a body."""
    return _with_columns(_state_fields(newest.state), newest.bars)


def decoded_newest(payload: memoryview) -> NewestBar:
    """The newest bar."""
    figures, bars = _columns(payload)
    return NewestBar(state=_state(figures), bars=bars)


def _state_fields(state: SeriesState) -> list[Any]:
    return [
        state.instrument_id,
        state.interval.value,
        state.source.value,
        state.revision,
        state.body_revision,
        state.first_time,
        state.last_time,
    ]


_STATE_FIELDS = 7


def _state(fields: list[Any]) -> SeriesState:
    instrument_id, minutes, source, revision, body_revision, first_time, last_time = fields
    return SeriesState(
        instrument_id=instrument_id,
        interval=Interval(minutes),
        source=Source(source),
        revision=revision,
        body_revision=body_revision,
        first_time=first_time,
        last_time=last_time,
    )


def _with_columns(figures: list[Any], bars: Bars) -> bytes:
    head = json_bytes(figures)
    # Blanks up to the next multiple of eight, so that the arrays are aligned.
    head = head.ljust(-(-len(head) // _ITEM_BYTES) * _ITEM_BYTES)
    parts = [_LENGTHS.pack(len(bars), len(head)), head]
    parts += [
        np.ascontiguousarray(getattr(bars, name), "<i8" if name == "time" else "<f8").tobytes() for name in _COLUMNS
    ]
    return b"".join(parts)


def _columns(payload: memoryview) -> tuple[list[Any], Bars]:
    count, length = _LENGTHS.unpack_from(payload)
    figures = parsed(payload[_LENGTHS.size : _LENGTHS.size + length])
    start, columns = _LENGTHS.size + length, {}
    for name in _COLUMNS:
        columns[name] = np.frombuffer(payload, "<i8" if name == "time" else "<f8", count, start)
        start += count * _ITEM_BYTES
    return figures, Bars(**columns)
