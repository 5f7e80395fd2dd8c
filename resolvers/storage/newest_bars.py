"""The newest bars of series."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import asyncpg
import numpy as np

from resolvers.model.bars import Bars
from resolvers.model.event import EventKind
from resolvers.model.interval import Interval
from resolvers.model.window_parts import NewestBar
from resolvers.storage.outbox import newest_numbers
from resolvers.storage.pool import connection, snapshot
from resolvers.storage.series_states import STATE_SHOWN, series_state_of

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection


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
        f"SELECT {STATE_SHOWN}, extract(epoch FROM b.time)::bigint AS time, open, high, low, close,"  # noqa: S608
        " coalesce(volume, 'NaN') AS volume FROM unnest($1::int[], $2::smallint[]) AS w (id, minutes)"
        " JOIN series ON instrument_id = w.id AND bar_minutes = w.minutes"
        " CROSS JOIN LATERAL (SELECT time, open, high, low, close, volume FROM candles"
        "  WHERE instrument_id = w.id AND bar_minutes = w.minutes ORDER BY time DESC LIMIT 1) AS b",
        [instrument_id for instrument_id, _ in series],
        [interval.value for _, interval in series],
    )
    found = {}
    for row in rows:
        state = series_state_of(row)
        bars = Bars(
            time=np.array([row["time"]], np.int64),
            **{name: np.array([row[name]], np.float64) for name in ("open", "high", "low", "close", "volume")},
        )
        found[state.instrument_id, state.interval] = NewestBar(state=state, bars=bars)
    return found
