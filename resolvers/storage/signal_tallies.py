"""The signals of series, counted."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from resolvers.model.event import SIGNALS
from resolvers.model.insight import SignalTally
from resolvers.model.interval import Interval
from resolvers.model.signal import Direction
from resolvers.model.versioned import VersionedEach
from resolvers.storage.pool import Pool, connection
from resolvers.storage.signal_subjects import OF_ONE

_NOTHING = SignalTally(buy=0, sell=0, hold=0, average_confidence=None, average_base_rate=None, since=None)

# One statement sees one snapshot, so a change that is committed meanwhile is in both or in neither.
_TALLIES = f"""
SELECT asked.instrument_id AS asked, c.revision, {OF_ONE} AS own_revision, found.*
FROM collections AS c CROSS JOIN (SELECT DISTINCT unnest($1::int[])) AS asked (instrument_id)
LEFT JOIN signal_subjects AS own USING (instrument_id) LEFT JOIN (
    SELECT s.instrument_id, s.bar_minutes, s.direction, count(*) AS signals, count(s.confidence) AS confident,
           sum(s.confidence) AS confidence, count(s.base_rate) AS based, sum(s.base_rate) AS base_rate,
           min(s.time) AS since
    FROM unnest($1::int[], $2::smallint[]) AS asked (instrument_id, bar_minutes)
    JOIN signals AS s USING (instrument_id, bar_minutes)
    JOIN signal_series AS series USING (instrument_id, bar_minutes, producer)
    WHERE NOT s.is_cancelled AND NOT series.is_retired GROUP BY s.instrument_id, s.bar_minutes, s.direction
) AS found USING (instrument_id) WHERE c.name = '{SIGNALS}'"""  # noqa: S608


async def read_signal_tallies(
    pool: Pool, series: Sequence[tuple[int, Interval]]
) -> VersionedEach[dict[tuple[int, Interval], SignalTally]]:
    """The tally of each series, by its instrument's id and its interval, with the revisions of the instruments."""
    async with connection(pool) as one:
        rows = await one.fetch(_TALLIES, [number for number, _ in series], [each.value for _, each in series])
    by_series: dict[tuple[int, Interval], list[Any]] = defaultdict(list)
    for row in rows:
        if row["signals"] is not None:
            by_series[row["asked"], Interval(row["bar_minutes"])].append(row)
    found = {name: _tally(by_series[name]) if name in by_series else _NOTHING for name in series}
    return VersionedEach(found, rows[0]["revision"], {row["asked"]: row["own_revision"] for row in rows})


def _tally(rows: Sequence[Any]) -> SignalTally:
    counts: dict[str, int] = {row["direction"]: row["signals"] for row in rows}
    return SignalTally(
        buy=counts.get(Direction.BUY, 0),
        sell=counts.get(Direction.SELL, 0),
        hold=counts.get(Direction.HOLD, 0),
        average_confidence=_mean(rows, "confidence", "confident"),
        average_base_rate=_mean(rows, "base_rate", "based"),
        since=min(row["since"] for row in rows),
    )


def _mean(rows: Sequence[Any], total: str, number: str) -> float | None:
    known: int = sum(row[number] for row in rows)
    return sum(row[total] or 0.0 for row in rows) / known if known else None
