"""What is known of a series besides its bars."""

from typing import TYPE_CHECKING

import asyncpg

from resolvers.model.instrument import Source
from resolvers.model.interval import Interval
from resolvers.model.window import SeriesState

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

STATE_SHOWN = (
    "instrument_id, bar_minutes, source, revision, body_revision, extract(epoch FROM first_time)::bigint AS first_time,"
    " extract(epoch FROM last_time)::bigint AS last_time"
)
"""What `series_state_of` reads of a row of `series`."""


async def series_states(one: "Connection", interval: Interval, instrument_ids: set[int]) -> dict[int, SeriesState]:
    """The states of the series of *interval* that hold bars, by instrument."""
    return (await read_states(one, interval, instrument_ids))[0]


async def read_states(
    one: "Connection", interval: Interval, instrument_ids: set[int]
) -> tuple[dict[int, SeriesState], dict[int, tuple[int, int]]]:
    """As `series_states`, and the revision and the body's revision of those that exist and hold none."""
    rows = await one.fetch(
        f"SELECT {STATE_SHOWN} FROM series WHERE bar_minutes = $1 AND instrument_id = ANY($2::int[])",  # noqa: S608
        interval.value,
        sorted(instrument_ids),
    )
    states, barren = {}, {}
    for row in rows:
        if row["last_time"] is None:
            barren[row["instrument_id"]] = (row["revision"], row["body_revision"])
        else:
            states[row["instrument_id"]] = series_state_of(row)
    return states, barren


def series_state_of(row: asyncpg.Record) -> SeriesState:
    """The state of a series that holds bars."""
    return SeriesState(
        instrument_id=row["instrument_id"],
        interval=Interval(row["bar_minutes"]),
        source=Source(row["source"]),
        revision=row["revision"],
        body_revision=row["body_revision"],
        first_time=row["first_time"],
        last_time=row["last_time"],
    )
