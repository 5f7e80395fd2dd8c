"""Bars into the table: appended where nothing can be in the way, merged where something can."""

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from resolvers.model.bars import IntArray
from resolvers.model.interval import Interval
from resolvers.storage.copy_format import BAR_COLUMNS, WRITE, copies
from resolvers.storage.series import Changed, SeriesKey

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

_BULK_SECONDS = 3600
_VALUES = ("open", "high", "low", "close", "volume", "is_derived")


async def append(one: "Connection", rows: Iterable[npt.NDArray[np.void]]) -> None:
    """Copies rows that no stored row can collide with straight into the candles."""
    await _copy(one, "candles", rows)


async def merge(one: "Connection", rows: Iterable[npt.NDArray[np.void]], *, derived: bool) -> dict[SeriesKey, Changed]:
    """
    Merges rows into series that already reach past them; a derived bar never replaces a stored one.

    Returns:
        For each series that changed, which bars did.
    """
    await one.execute(
        "CREATE TEMPORARY TABLE IF NOT EXISTS staged_candles (LIKE candles INCLUDING DEFAULTS) ON COMMIT DELETE ROWS"
    )
    await one.execute("TRUNCATE staged_candles")
    await _copy(one, "staged_candles", rows)
    if derived:
        # A stored bar need not start where its bucket does, so equal times would not find it.
        await one.execute(
            "DELETE FROM staged_candles AS s USING series, candles AS c"
            " WHERE series.instrument_id = s.instrument_id AND series.bar_minutes = s.bar_minutes AND series.has_stored"
            " AND c.instrument_id = s.instrument_id AND c.bar_minutes = s.bar_minutes AND NOT c.is_derived"
            " AND c.time >= s.time AND c.time < s.time + s.bar_minutes * interval '1 minute'",
            timeout=_BULK_SECONDS,
        )
    names, values = ", ".join(BAR_COLUMNS), ", ".join(_VALUES)
    old, new = (", ".join(f"{row}.{name}" for name in _VALUES) for row in ("candles", "excluded"))
    changed = await one.fetch(
        f"WITH written AS (INSERT INTO candles ({names}) SELECT {names} FROM staged_candles"  # noqa: S608
        f" ON CONFLICT (instrument_id, bar_minutes, time) DO UPDATE SET ({values}) = ROW ({new})"
        f" WHERE ({old}) IS DISTINCT FROM ({new}) {'AND candles.is_derived' if derived else ''}"
        " RETURNING instrument_id, bar_minutes, time)"
        " SELECT instrument_id, bar_minutes, count(*) AS bars, extract(epoch FROM min(time))::bigint AS first,"
        " extract(epoch FROM max(time))::bigint AS last FROM written GROUP BY instrument_id, bar_minutes",
        timeout=_BULK_SECONDS,
    )
    return {
        (Interval(row["bar_minutes"]), row["instrument_id"]): Changed(
            bars=row["bars"], first=row["first"], last=row["last"]
        )
        for row in changed
    }


async def drop_derived(
    one: "Connection", key: SeriesKey, times: IntArray, *, first: int, last: int, others: bool
) -> Changed | None:
    """
    Removes derived bars of a series in [first, last], those at *times* or all *others*; unix seconds.

    Returns:
        What was removed; None where there was nothing.
    """
    interval, instrument_id = key
    row = await one.fetchrow(
        "WITH gone AS (DELETE FROM candles WHERE instrument_id = $1 AND bar_minutes = $2 AND is_derived"
        "  AND time BETWEEN to_timestamp($3) AND to_timestamp($4)"
        "  AND (extract(epoch FROM time)::bigint = ANY($5::bigint[])) <> $6 RETURNING time)"
        " SELECT count(*) AS bars, extract(epoch FROM min(time))::bigint AS first,"
        " extract(epoch FROM max(time))::bigint AS last FROM gone",
        instrument_id,
        interval.value,
        first,
        last,
        times.tolist(),
        others,
        timeout=_BULK_SECONDS,
    )
    if row is None or not row["bars"]:
        return None
    return Changed(bars=row["bars"], first=row["first"], last=row["last"], gone=row["bars"])


async def drop_all(one: "Connection", key: SeriesKey) -> Changed | None:
    """Removes all bars of a series; what was removed, None where there was nothing."""
    interval, instrument_id = key
    row = await one.fetchrow(
        "WITH gone AS (DELETE FROM candles WHERE instrument_id = $1 AND bar_minutes = $2 RETURNING time)"
        " SELECT count(*) AS bars, extract(epoch FROM min(time))::bigint AS first,"
        " extract(epoch FROM max(time))::bigint AS last FROM gone",
        instrument_id,
        interval.value,
        timeout=_BULK_SECONDS,
    )
    if row is None or not row["bars"]:
        return None
    return Changed(bars=row["bars"], first=row["first"], last=row["last"], gone=row["bars"])


async def _copy(one: "Connection", table: str, rows: Iterable[npt.NDArray[np.void]]) -> None:
    for columns, stream in copies(np.concatenate(list(rows), dtype=WRITE)):
        await one.copy_to_table(
            table, source=io.BytesIO(stream), columns=list(columns), format="binary", timeout=_BULK_SECONDS
        )
