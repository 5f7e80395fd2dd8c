"""Quotes that bars give."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from resolvers.model.instrument import Instrument, Source
from resolvers.model.interval import Interval
from resolvers.model.session import DAY
from resolvers.storage.changed_quotes import ChangedQuote, changed_quotes, returning_changed
from resolvers.storage.quote_days import DAYS, date_of, days_of_quote
from resolvers.storage.writing import SeriesWrite

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection


_REPLACE = returning_changed(
    "INSERT INTO quotes (instrument_id, price, as_of, source, previous_close, volume)"  # noqa: S608
    " SELECT n.id, n.price, to_timestamp(n.as_of), n.source, before.close, today.volume"
    " FROM unnest($1::int[], $2::date[], $3::date[], $4::float8[], $5::float8[], $6::text[])"
    "  AS n (id, first_day, last_day, price, as_of, source)"
    f" {DAYS} ORDER BY n.id"
    " ON CONFLICT (instrument_id) DO UPDATE"
    " SET (price, as_of, source, previous_close, volume, bid, ask, revision) = (excluded.price, excluded.as_of,"
    "  excluded.source, excluded.previous_close, excluded.volume, NULL, NULL, quotes.revision + 1)"
    " WHERE quotes.as_of < excluded.as_of OR (quotes.as_of = excluded.as_of AND quotes.price <> excluded.price)"
)

_FOLLOW = returning_changed(
    "UPDATE quotes SET revision = quotes.revision + 1, previous_close = days.close, volume = days.volume FROM ("  # noqa: S608
    "  SELECT n.id, coalesce(before.close, q.previous_close) AS close,"
    "   CASE WHEN today.time IS NOT NULL THEN today.volume ELSE q.volume END AS volume"
    "  FROM unnest($1::int[], $2::date[], $3::date[]) AS n (id, first_day, last_day)"
    f"  JOIN quotes AS q ON q.instrument_id = n.id {DAYS}) AS days"
    " WHERE instrument_id = days.id"
    " AND (quotes.previous_close, quotes.volume) IS DISTINCT FROM (days.close, days.volume)"
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


async def quotes_from_bars(one: "Connection", writes: Sequence[SeriesWrite], *, now: int) -> list[ChangedQuote]:
    """
    Quotes the close of the newest bar of each instrument that has no newer quote.

    The quote is as of the bar's end, or *now* (unix seconds) for a bar that is still forming. Of bars that
    end together the shortest speaks. A newer quote stays, and follows the days that it is compared with.

    Returns:
        The quotes that are different now.
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
        _REPLACE,
        [candidate.instrument.id for candidate in candidates],
        [date_of(candidate.first_day) for candidate in candidates],
        [date_of(candidate.last_day) for candidate in candidates],
        [candidate.price for candidate in candidates],
        [float(candidate.as_of) for candidate in candidates],
        [candidate.source.value for candidate in candidates],
    )
    replaced = {row["instrument_id"] for row in rows}
    followed = await _follow_days(one, [one.instrument for one in candidates if one.instrument.id not in replaced])
    return changed_quotes(rows) + followed


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


async def _follow_days(one: "Connection", instruments: Sequence[Instrument]) -> list[ChangedQuote]:
    """Brings previous close and volume of quotes up to date with days that were stored or corrected after them."""
    if not instruments:
        return []
    by_id = {instrument.id: instrument for instrument in instruments}
    rows = await one.fetch(
        "SELECT instrument_id, extract(epoch FROM as_of)::float8 AS as_of FROM quotes"
        " WHERE instrument_id = ANY($1::int[]) ORDER BY instrument_id FOR UPDATE",
        sorted(by_id),
    )
    days = [days_of_quote(by_id[row["instrument_id"]].spec.sessions, row["as_of"]) for row in rows]
    return changed_quotes(
        await one.fetch(
            _FOLLOW,
            [row["instrument_id"] for row in rows],
            [date_of(first) for first, _ in days],
            [date_of(last) for _, last in days],
        )
    )
