"""Quotes that bars give."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from resolvers.model.instrument import Instrument, Source
from resolvers.model.interval import Interval
from resolvers.model.session import DAY
from resolvers.storage.writing import SeriesWrite

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

# The session of a quote is the newest that is stored in [first_day, last_day]; its previous close lies before.
_DAYS = (
    "LEFT JOIN LATERAL (SELECT time, volume FROM candles WHERE instrument_id = n.id AND bar_minutes = 1440"
    "  AND time >= n.first_day AND time <= n.last_day ORDER BY time DESC LIMIT 1) AS today ON true"
    " LEFT JOIN LATERAL (SELECT close FROM candles WHERE instrument_id = n.id AND bar_minutes = 1440"
    "  AND time < coalesce(today.time, n.first_day) ORDER BY time DESC LIMIT 1) AS before ON true"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Candidate:
    """A quote that a bar would give; days count from 1970-01-01, and *as_of* in unix seconds."""

    instrument: Instrument
    interval: Interval
    source: Source
    price: float
    as_of: int
    first_day: int
    last_day: int


async def quotes_from_bars(one: "Connection", writes: Sequence[SeriesWrite], *, now: int) -> None:
    """
    Quotes the close of the newest bar of each instrument that has no newer quote.

    The quote is as of the bar's end, or *now* (unix seconds) for a bar that is still forming. Of bars that
    end together the shortest speaks. A newer quote stays, and follows the days that it is compared with.
    """
    newest: dict[int, _Candidate] = {}
    for write in writes:
        candidate = _candidate(write, now)
        if candidate is None:
            continue
        other = newest.get(write.instrument.id, candidate)
        newest[write.instrument.id] = max(candidate, other, key=lambda one: (one.as_of, -one.interval))
    # In one order, in which all writers lock quotes.
    candidates = [newest[id_] for id_ in sorted(newest)]
    rows = await one.fetch(
        "INSERT INTO quotes (instrument_id, price, as_of, source, previous_close, volume)"  # noqa: S608
        " SELECT n.id, n.price, to_timestamp(n.as_of), n.source, before.close, today.volume"
        " FROM unnest($1::int[], $2::date[], $3::date[], $4::float8[], $5::float8[], $6::text[])"
        "  AS n (id, first_day, last_day, price, as_of, source)"
        f" {_DAYS} ORDER BY n.id"
        " ON CONFLICT (instrument_id) DO UPDATE SET (price, as_of, source, previous_close, volume, bid, ask) ="
        " (excluded.price, excluded.as_of, excluded.source, excluded.previous_close, excluded.volume, NULL, NULL)"
        " WHERE quotes.as_of < excluded.as_of OR (quotes.as_of = excluded.as_of AND quotes.price <> excluded.price)"
        " RETURNING instrument_id",
        [candidate.instrument.id for candidate in candidates],
        [_date(candidate.first_day) for candidate in candidates],
        [_date(candidate.last_day) for candidate in candidates],
        [candidate.price for candidate in candidates],
        [float(candidate.as_of) for candidate in candidates],
        [candidate.source.value for candidate in candidates],
    )
    replaced = {row["instrument_id"] for row in rows}
    await _follow_days(one, [one.instrument for one in candidates if one.instrument.id not in replaced])


def _candidate(write: SeriesWrite, now: int) -> _Candidate | None:
    """The quote that the newest bar gives which has begun; None where none has."""
    sessions = write.instrument.spec.sessions
    begun = int(np.searchsorted(write.bars.time, now, "right"))
    if not begun:
        return None
    start = int(write.bars.time[begun - 1])
    if write.interval.is_intraday:
        end = start + write.interval.seconds
        first_day = last_day = int(sessions.session_days(np.array([start]))[0])
    else:
        first_day = start // DAY
        # The last session of a week is the newest one that is stored.
        last_day = first_day + (6 if write.interval is Interval.W1 else 0)
        end = sessions.session_end(last_day)
    return _Candidate(
        instrument=write.instrument,
        interval=write.interval,
        source=write.source,
        price=float(write.bars.close[begun - 1]),
        as_of=min(end, now),
        first_day=first_day,
        last_day=last_day,
    )


async def _follow_days(one: "Connection", instruments: Sequence[Instrument]) -> None:
    """Brings previous close and volume of quotes up to date with days that were stored or corrected after them."""
    if not instruments:
        return
    by_id = {instrument.id: instrument for instrument in instruments}
    rows = await one.fetch(
        "SELECT instrument_id, extract(epoch FROM as_of)::float8 AS as_of FROM quotes"
        " WHERE instrument_id = ANY($1::int[]) ORDER BY instrument_id FOR UPDATE",
        sorted(by_id),
    )
    days = [_days_of_quote(by_id[row["instrument_id"]], row["as_of"]) for row in rows]
    await one.execute(
        "UPDATE quotes SET previous_close = coalesce(days.close, quotes.previous_close),"  # noqa: S608
        " volume = CASE WHEN days.has_today THEN days.volume ELSE quotes.volume END"
        " FROM (SELECT n.id, before.close, today.volume, today.time IS NOT NULL AS has_today"
        "  FROM unnest($1::int[], $2::date[], $3::date[])"
        f" AS n (id, first_day, last_day) {_DAYS}) AS days WHERE instrument_id = days.id",
        [row["instrument_id"] for row in rows],
        [_date(first) for first, _ in days],
        [_date(last) for _, last in days],
    )


def _days_of_quote(instrument: Instrument, as_of: float) -> tuple[int, int]:
    """Between which days the session of a quote lies; as of a session's very end it belongs to that session."""
    sessions = instrument.spec.sessions
    day = int(sessions.session_days(np.array([math.ceil(as_of) - 1]))[0])
    is_end_of_week = (day + 4) % 7 == 0 and sessions.session_end(day) == as_of
    return (day - 6 if is_end_of_week else day), day


def _date(day: int) -> date:
    return date.fromordinal(_EPOCH_ORDINAL + day)
