"""Reading windows of bars: many series of one interval in one statement, as columns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import asyncpg
import numpy as np

from resolvers.model.bars import Bars
from resolvers.model.event import EventKind
from resolvers.model.instrument import Source
from resolvers.model.interval import Interval
from resolvers.model.window import SeriesState, StoredWindow, WindowRequest
from resolvers.model.window_parts import NewestBar
from resolvers.storage.copy_format import decoded, instant
from resolvers.storage.outbox import newest_numbers
from resolvers.storage.pool import connection, snapshot

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

_UNLIMITED = 2**31 - 1

_STATE = (
    "instrument_id, bar_minutes, source, revision, body_revision, extract(epoch FROM first_time)::bigint AS first_time,"
    " extract(epoch FROM last_time)::bigint AS last_time"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """
    Rows to read of one series.

    Attributes:
        start, end: Bars in [start, end), in unix seconds; None for no bound.
        limit: At most this many of them, the newest.
        before: And at most this many before *start*.
    """

    instrument_id: int
    start: int | None = None
    end: int | None = None
    limit: int = _UNLIMITED
    before: int = 0


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
        states, barren = await _states(one, interval, {request.instrument_id for request in requests})
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
            reads.append(barren.get(request.instrument_id, WindowRead(window=None)))
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


async def newest_bars(
    pool: asyncpg.Pool, series: Sequence[tuple[int, Interval]]
) -> dict[tuple[int, Interval], NewestBar]:
    """The newest bar of each series that has one, by instrument and interval; one statement, so of one moment."""
    async with connection(pool) as one:
        return await _newest_bars(one, series)


async def newest_bars_at_number(
    pool: asyncpg.Pool, series: Sequence[tuple[int, Interval]]
) -> tuple[int, dict[tuple[int, Interval], NewestBar]]:
    """As `newest_bars`, and before it the number of the newest event of candles in the same snapshot."""
    async with snapshot(pool) as one:
        number = (await newest_numbers(one)).get(EventKind.CANDLES, 0)
        return number, await _newest_bars(one, series)


async def _newest_bars(
    one: "Connection", series: Sequence[tuple[int, Interval]]
) -> dict[tuple[int, Interval], NewestBar]:
    rows = await one.fetch(
        f"SELECT {_STATE}, extract(epoch FROM b.time)::bigint AS time, open, high, low, close,"  # noqa: S608
        " coalesce(volume, 'NaN') AS volume FROM unnest($1::int[], $2::smallint[]) AS w (id, minutes)"
        " JOIN series ON instrument_id = w.id AND bar_minutes = w.minutes"
        " CROSS JOIN LATERAL (SELECT time, open, high, low, close, volume FROM candles"
        "  WHERE instrument_id = w.id AND bar_minutes = w.minutes ORDER BY time DESC LIMIT 1) AS b",
        [instrument_id for instrument_id, _ in series],
        [interval.value for _, interval in series],
    )
    found = {}
    for row in rows:
        state = _series_state(row)
        bars = Bars(
            time=np.array([row["time"]], np.int64),
            **{name: np.array([row[name]], np.float64) for name in ("open", "high", "low", "close", "volume")},
        )
        found[state.instrument_id, state.interval] = NewestBar(state=state, bars=bars)
    return found


async def series_states(one: "Connection", interval: Interval, instrument_ids: set[int]) -> dict[int, SeriesState]:
    """The states of the series of *interval* that hold bars, by instrument."""
    return (await _states(one, interval, instrument_ids))[0]


async def _states(
    one: "Connection", interval: Interval, instrument_ids: set[int]
) -> tuple[dict[int, SeriesState], dict[int, WindowRead]]:
    """The states of the series that hold bars, and what there is to say of those that exist and hold none."""
    rows = await one.fetch(
        f"SELECT {_STATE} FROM series WHERE bar_minutes = $1 AND instrument_id = ANY($2::int[])",  # noqa: S608
        interval.value,
        sorted(instrument_ids),
    )
    states, barren = {}, {}
    for row in rows:
        if row["last_time"] is None:
            barren[row["instrument_id"]] = WindowRead(
                window=None, revision=row["revision"], body_revision=row["body_revision"]
            )
        else:
            states[row["instrument_id"]] = _series_state(row)
    return states, barren


def _series_state(row: asyncpg.Record) -> SeriesState:
    return SeriesState(
        instrument_id=row["instrument_id"],
        interval=Interval(row["bar_minutes"]),
        source=Source(row["source"]),
        revision=row["revision"],
        body_revision=row["body_revision"],
        first_time=row["first_time"],
        last_time=row["last_time"],
    )


async def bars_of_spans(one: "Connection", interval: Interval, spans: Sequence[Span]) -> list[Bars]:
    """The bars of each span, oldest first, by one COPY."""
    if not spans:
        return []
    answer = bytearray()

    async def keep(chunk: bytes) -> None:
        answer.extend(chunk)

    await one.copy_from_query(_query(interval, spans), output=keep, format="binary", timeout=300)
    window, bars = decoded(answer)
    # Each span arrives newest first and in one piece, in whatever order of spans the plan produced.
    edges = np.flatnonzero(np.diff(window, prepend=-1, append=-1))
    found = {int(window[low]): slice(low, high) for low, high in pairwise(edges)}
    return [bars[found[number]][::-1] if number in found else Bars.empty() for number in range(len(spans))]


def _query(interval: Interval, spans: Sequence[Span]) -> str:
    """
    One SELECT for all spans. Newest first, so that a limit stops at the newest partition; the key covers it.

    All values are whole numbers of our own, because COPY takes no parameters.
    """
    values = ", ".join(
        f"({number}, {span.instrument_id:d}, {instant(span.start, default='-infinity')},"
        f" {instant(span.end, default='infinity')}, {span.limit:d}, {span.before:d})"
        for number, span in enumerate(spans)
    )
    columns = "time, open, high, low, close, coalesce(volume, 'NaN') AS volume"
    series = f"FROM candles WHERE instrument_id = w.instrument_id AND bar_minutes = {interval.value:d}"
    body = f"(SELECT {columns} {series} AND time >= w.start AND time < w.until ORDER BY time DESC LIMIT w.most)"
    before = f"(SELECT {columns} {series} AND time < w.start ORDER BY time DESC LIMIT w.earlier)"
    rows = f"{body} UNION ALL {before}" if any(span.before for span in spans) else body
    return (
        "SELECT w.number, b.time, b.open, b.high, b.low, b.close, b.volume"  # noqa: S608
        f" FROM (VALUES {values}) AS w (number, instrument_id, start, until, most, earlier)"
        f" CROSS JOIN LATERAL ({rows}) AS b"
    )


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
