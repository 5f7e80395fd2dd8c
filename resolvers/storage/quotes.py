"""Latest quotes: one row per instrument."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import asyncpg
import numpy as np

from resolvers.model.bars import Bars
from resolvers.model.instrument import Instrument, Source
from resolvers.model.interval import Interval
from resolvers.model.quote import Quote
from resolvers.model.session import DAY
from resolvers.storage.pool import connection

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

_COLUMNS = "instrument_id, price, bid, ask, previous_close, volume, as_of, source"


class _Write(Protocol):
    """Bars that were just stored."""

    @property
    def instrument(self) -> Instrument: ...
    @property
    def interval(self) -> Interval: ...
    @property
    def source(self) -> Source: ...
    @property
    def bars(self) -> Bars: ...


async def latest_quotes(pool: asyncpg.Pool, instrument_ids: Sequence[int]) -> dict[int, Quote]:
    """The quotes of those instruments that have one."""
    async with connection(pool) as one:
        rows = await one.fetch(f"SELECT {_COLUMNS} FROM quotes WHERE instrument_id = ANY($1::int[])", instrument_ids)  # noqa: S608
    return {row["instrument_id"]: Quote(**{**row, "source": Source(row["source"])}) for row in rows}


async def store_quotes(pool: asyncpg.Pool, quotes: Sequence[Quote]) -> None:
    """Replaces the quotes of their instruments, except by older ones."""
    async with connection(pool) as one:
        await one.executemany(
            f"INSERT INTO quotes ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"  # noqa: S608
            " ON CONFLICT (instrument_id) DO UPDATE SET"
            " (price, bid, ask, previous_close, volume, as_of, source) = (excluded.price, excluded.bid, excluded.ask,"
            " excluded.previous_close, excluded.volume, excluded.as_of, excluded.source)"
            " WHERE quotes.as_of <= excluded.as_of",
            [
                (q.instrument_id, q.price, q.bid, q.ask, q.previous_close, q.volume, q.as_of, q.source.value)
                for q in sorted(quotes, key=lambda quote: quote.instrument_id)
            ],
        )


async def quotes_from_bars(one: "Connection", writes: Sequence[_Write], *, now: int) -> None:
    """
    Quotes the close of the newest bar of each instrument that has no newer quote.

    The quote is as of the bar's end, or *now* (unix seconds) for a bar that is still forming.
    """
    newest: dict[int, tuple[int, float, int, str]] = {}
    for write in writes:
        sessions = write.instrument.spec.sessions
        start = int(write.bars.time[-1])
        if write.interval.is_intraday:
            end, day = start + write.interval.seconds, int(sessions.session_days(np.array([start]))[0])
        else:
            day = start // DAY + (6 if write.interval is Interval.W1 else 0)
            end = sessions.session_end(day)
        quote = (min(end, now), float(write.bars.close[-1]), day, write.source.value)
        newest[write.instrument.id] = max(newest.get(write.instrument.id, quote), quote)
    ids = sorted(newest)
    await one.execute(
        "INSERT INTO quotes (instrument_id, price, as_of, source, previous_close, volume)"
        " SELECT n.id, n.price, to_timestamp(n.as_of), n.source, before.close, today.volume"
        " FROM unnest($1::int[], $2::float8[], $3::float8[], $4::float8[], $5::text[])"
        "  AS n (id, price, as_of, session, source)"
        " LEFT JOIN LATERAL (SELECT close FROM candles WHERE instrument_id = n.id AND bar_minutes = $6"
        "  AND time < to_timestamp(n.session) ORDER BY time DESC LIMIT 1) AS before ON true"
        " LEFT JOIN candles AS today ON today.instrument_id = n.id AND today.bar_minutes = $6"
        "  AND today.time = to_timestamp(n.session)"
        " ON CONFLICT (instrument_id) DO UPDATE SET (price, as_of, source, previous_close, volume, bid, ask) ="
        " (excluded.price, excluded.as_of, excluded.source, excluded.previous_close, excluded.volume, NULL, NULL)"
        " WHERE quotes.as_of < excluded.as_of OR (quotes.as_of = excluded.as_of AND quotes.price <> excluded.price)",
        ids,
        [newest[id_][1] for id_ in ids],
        [float(newest[id_][0]) for id_ in ids],
        [float(newest[id_][2] * DAY) for id_ in ids],
        [newest[id_][3] for id_ in ids],
        Interval.D1.value,
    )


def quote_time(seconds: int) -> datetime:
    """Unix *seconds* as the time of a quote."""
    return datetime.fromtimestamp(seconds, UTC)
