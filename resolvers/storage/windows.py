"""Windows of bars: many series of one interval, all of one moment."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import asyncpg
import numpy as np

from resolvers.model.bars import Bars
from resolvers.model.interval import Interval
from resolvers.model.window import SeriesState, StoredWindow, WindowRequest
from resolvers.storage.pool import snapshot
from resolvers.storage.series_states import read_states
from resolvers.storage.spans import Span, bars_of_spans

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowRead:
    """
    What one snapshot holds for a request.

    Attributes:
        window: None where the series has no bars, and where it was not read.
        revision, body_revision: Of the series, bars or not; 0 where it does not exist.
        unread_bars: How many bars the window could hold, where those are more than were to be read; else 0.
    """

    window: StoredWindow | None
    revision: int = 0
    body_revision: int = 0
    unread_bars: int = 0


async def stored_windows(
    pool: asyncpg.Pool, interval: Interval, requests: Sequence[WindowRequest]
) -> list[StoredWindow | None]:
    """What is stored for each request, all of one interval; None where the series does not exist."""
    return [read.window for read in await read_windows(pool, interval, requests)]


async def read_windows(
    pool: asyncpg.Pool, interval: Interval, requests: Sequence[WindowRequest], *, most_bars: int | None = None
) -> list[WindowRead]:
    """
    What is stored for each request, all of one interval.

    The states of the series, their revisions included, and the bars come from one snapshot. A window that does not
    fit into *most_bars* any more, together with those before it, is not read.
    """
    async with snapshot(pool) as one:
        states, barren = await read_states(one, interval, {request.instrument_id for request in requests})
        known = [request for request in requests if request.instrument_id in states]
        firsts = await _first_times(one, interval, [request for request in known if _needs_month(request)])
        spans = {request: _span(request, firsts.get(request)) for request in known}
        sizes = {request: _most_rows(span, states[request.instrument_id]) for request, span in spans.items()}
        reading = []
        for request, size in sizes.items():
            if most_bars is None or size <= most_bars:
                reading.append(request)
                most_bars = None if most_bars is None else most_bars - size
        bars = dict(zip(reading, await bars_of_spans(one, interval, [spans[one] for one in reading]), strict=True))
    reads = []
    for request in requests:
        state = states.get(request.instrument_id)
        if state is None:
            revision, body_revision = barren.get(request.instrument_id, (0, 0))
            reads.append(WindowRead(window=None, revision=revision, body_revision=body_revision))
            continue
        found, size = bars.get(request), sizes[request]
        reads.append(
            WindowRead(
                window=None if found is None else _stored_window(request, state, found, size),
                revision=state.revision,
                body_revision=state.body_revision,
                unread_bars=size if found is None else 0,
            )
        )
    return reads


def _most_rows(span: Span, state: SeriesState) -> int:
    """The most rows that a span can hold of a series without gaps."""
    start = state.first_time if span.start is None else max(span.start, state.first_time)
    end = state.last_time + 1 if span.end is None else min(span.end, state.last_time + 1)
    return min(span.limit, max(0, -(-(end - start) // state.interval.seconds))) + span.before


def _needs_month(request: WindowRequest) -> bool:
    return request.reach.anchored and request.interval < Interval.H1


async def _first_times(
    one: "Connection", interval: Interval, requests: Sequence[WindowRequest]
) -> dict[WindowRequest, int]:
    """The time of the first bar of each request's window, where it has one."""
    if not requests:
        return {}
    rows = await one.fetch(
        "SELECT w.number, extract(epoch FROM min(b.time))::bigint AS first"
        " FROM unnest($1::int[], $2::float8[], $3::float8[], $4::int[])"
        "  WITH ORDINALITY AS w (instrument_id, start, until, most, number)"
        " CROSS JOIN LATERAL (SELECT time FROM candles WHERE instrument_id = w.instrument_id AND bar_minutes = $5"
        "  AND time >= to_timestamp(w.start) AND time < to_timestamp(w.until) ORDER BY time DESC LIMIT w.most) AS b"
        " GROUP BY w.number",
        [request.instrument_id for request in requests],
        [-np.inf if request.start is None else float(request.start) for request in requests],
        [np.inf if request.end is None else float(request.end) for request in requests],
        [request.last or request.limit + 1 for request in requests],
        interval.value,
    )
    return {requests[row["number"] - 1]: row["first"] for row in rows}


def _span(request: WindowRequest, first: int | None) -> Span:
    """The rows to read for a request, its reach included; *first* is its first bar, where that matters."""
    span = Span(instrument_id=request.instrument_id, end=request.end)
    if request.reach.anchored and request.interval >= Interval.H1:
        return span
    if request.reach.anchored and first is not None:
        return replace(span, start=month_start(first), before=request.reach.bars)
    if request.last is not None:
        return replace(span, limit=request.last + request.reach.bars)
    return replace(span, start=request.start, limit=request.limit + 1, before=request.reach.bars)


def month_start(time: int) -> int:
    """The first second of the UTC month that *time* lies in, both in unix seconds."""
    moment = datetime.fromtimestamp(time, UTC)
    return int(datetime(moment.year, moment.month, 1, tzinfo=UTC).timestamp())


def _stored_window(request: WindowRequest, state: SeriesState, bars: Bars, read_bars: int) -> StoredWindow:
    offset = 0 if request.start is None else int(np.searchsorted(bars.time, request.start))
    if request.last is not None:
        offset = max(offset, len(bars) - request.last)
    return StoredWindow(
        state=state,
        bars=bars,
        offset=offset,
        is_cut=len(bars) - offset > request.limit,
        reaches_newest=len(bars) > 0 and int(bars.time[-1]) == state.last_time,
        read_bars=read_bars,
    )
