"""Many computed signals at once, as columns: no row of them is ever a Python object, except those that are told of."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np

from resolvers.model.bars import IntArray
from resolvers.model.computed_signals import ComputedSignals, producer_of
from resolvers.model.interval import Interval
from resolvers.storage.changed_signals import ChangedSignal
from resolvers.storage.computed_rows import GIVEN, NAMING, copy_signals
from resolvers.storage.engine_series import Done, mark_done
from resolvers.storage.signals import FROM_SIGNALS, SHOWN, signal_of
from resolvers.storage.written import Written, told

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

Gone = Mapping[int, IntArray]
"""The times of bars that are not there any more, in unix seconds, by instrument."""

_Name = tuple[datetime, UUID]

_BULK_SECONDS = 600
_COLUMNS = ", ".join((*NAMING, *GIVEN))
_CHANGED = (*GIVEN, "is_cancelled", "rationale")
_MERGE = (
    # Compared first, row by row through the key: an upsert locks what it then leaves alone, and so writes it.
    f"WITH written AS (INSERT INTO signals ({_COLUMNS}) SELECT {_COLUMNS} FROM staged_signals AS n"  # noqa: S608
    "  LEFT JOIN LATERAL (SELECT s.is_cancelled, s.input_hash AS stored_hash FROM signals AS s"
    "   WHERE s.time = n.time AND s.id = n.id LIMIT 1) AS stored ON true"
    "  WHERE stored.is_cancelled OR stored_hash IS DISTINCT FROM input_hash"
    f" ON CONFLICT (time, id) DO UPDATE SET ({', '.join(_CHANGED)}, revision)"
    f" = ({', '.join(f'excluded.{name}' for name in _CHANGED)}, signals.revision + 1)"
    "  RETURNING time, id, instrument_id)"
    " SELECT (SELECT count(*) FROM written) AS written,"
    " ARRAY(SELECT DISTINCT instrument_id FROM written) AS instrument_ids, ARRAY(SELECT ROW (time, id) FROM written"
    "  WHERE id = ANY($1::uuid[]) ORDER BY time, id) AS news"
)
_SERIES = "bar_minutes = $1 AND producer = $2"


async def store_computed(
    one: "Connection",
    *,
    version: str,
    interval: Interval,
    computed: Sequence[ComputedSignals],
    done: Mapping[int, Done],
    gone: Gone | None = None,
) -> Written:
    """
    Stores signals of claimed series of an engine's version, as the end of the caller's transaction, and tells of them.

    A signal whose hash is the stored one stays as it is; one that is different raises the revision of its row. The
    partitions of the bars' years must be there, see `ensure_partitions`.

    Args:
        computed: At most one for each series; what is known to be stored already may be left out.
        done: What each series was computed of, by instrument.
        gone: Whose signals are cancelled.

    Returns:
        With the signals that are news.
    """
    parts, gone = [part for part in computed if len(part)], gone or {}
    producer = producer_of(version)
    series = await _lock_series(one, interval, producer, parts, gone)
    # Into a series that is new nobody else can write, so nothing can be in the way of what is copied there.
    fresh = [part for part in parts if series[part.instrument_id] is None]
    await copy_signals(one, "signals", fresh)
    written, news, moved = sum(map(len, fresh)), _news(fresh), {part.instrument_id for part in fresh}
    merged = [part for part in parts if series[part.instrument_id] is not None]
    if merged:
        row = await _merge(one, merged)
        written, news, moved = written + row["written"], news + row["news"], moved.union(row["instrument_ids"])
    cancelled, active = await _cancel(one, interval, producer, gone, series)
    await _move_series(one, interval, producer, parts, gone)
    await mark_done(one, version=version, interval=interval, done=done)
    changed = await _changed(one, [*news, *active])
    moved.update(cancelled)
    quiet = written + cancelled.total() - len(changed)
    return await told(one, signals=changed, quiet_signals=quiet, quiet_instruments=moved)


def _news(parts: Iterable[ComputedSignals]) -> list[_Name]:
    return [
        (datetime.fromtimestamp(time, UTC), UUID(bytes=digest.tobytes()))
        for part in parts
        for time, digest in zip(part.time[part.is_news].tolist(), part.digest[part.is_news], strict=True)
    ]


async def _lock_series(
    one: "Connection", interval: Interval, producer: str, parts: Iterable[ComputedSignals], gone: Gone
) -> dict[int, datetime | None]:
    """The newest bar with a signal of each series, None where there never was one; other writers wait from now on."""
    newest = {part.instrument_id: float(part.time.max()) for part in parts}
    # All writers lock series in one order, and so never wait in a circle.
    ordered = sorted(newest)
    rows = await one.fetch(
        "INSERT INTO signal_series (bar_minutes, producer, instrument_id, last_time)"
        " SELECT $1, $2, id, to_timestamp(time) FROM unnest($3::int[], $4::float8[]) AS n (id, time)"
        " ON CONFLICT DO NOTHING RETURNING instrument_id",
        interval.value,
        producer,
        ordered,
        [newest[number] for number in ordered],
    )
    new = {row["instrument_id"] for row in rows}
    rows = await one.fetch(
        f"SELECT instrument_id, last_time FROM signal_series WHERE {_SERIES} AND instrument_id = ANY($3::int[])"  # noqa: S608
        " ORDER BY instrument_id FOR UPDATE",
        interval.value,
        producer,
        sorted(newest.keys() | gone.keys()),
    )
    return {row["instrument_id"]: None if row["instrument_id"] in new else row["last_time"] for row in rows}


async def _merge(one: "Connection", parts: Sequence[ComputedSignals]) -> Any:
    """How many signals are new or different, and which of those are news."""
    await one.execute(
        "CREATE TEMPORARY TABLE IF NOT EXISTS staged_signals (LIKE signals INCLUDING DEFAULTS) ON COMMIT DELETE ROWS"
    )
    await one.execute("TRUNCATE staged_signals")
    await copy_signals(one, "staged_signals", parts)
    return await one.fetchrow(_MERGE, [digest for _, digest in _news(parts)], timeout=_BULK_SECONDS)


async def _cancel(
    one: "Connection", interval: Interval, producer: str, gone: Gone, series: Mapping[int, datetime | None]
) -> tuple[Counter[int], list[_Name]]:
    """Cancels the signals of bars that are gone: how many of each instrument, and which of them stood until now."""
    if not gone:
        return Counter(), []
    rows = await one.fetch(
        "UPDATE signals AS s SET is_cancelled = true, revision = s.revision + 1"  # noqa: S608
        " FROM unnest($3::int[], $4::float8[]) AS g (instrument_id, time)"
        f" WHERE s.{_SERIES} AND s.instrument_id = g.instrument_id AND s.time = to_timestamp(g.time)"
        " AND NOT s.is_cancelled"
        " RETURNING s.id, s.instrument_id, s.time, s.valid_until > now() AS is_valid",
        interval.value,
        producer,
        np.repeat(list(gone), [len(times) for times in gone.values()]).tolist(),
        np.concatenate(list(gone.values())).astype(np.float64).tolist(),
        timeout=_BULK_SECONDS,
    )
    active = [
        (row["time"], row["id"]) for row in rows if row["is_valid"] and row["time"] == series[row["instrument_id"]]
    ]
    return Counter(row["instrument_id"] for row in rows), active


async def _move_series(
    one: "Connection", interval: Interval, producer: str, parts: Iterable[ComputedSignals], gone: Gone
) -> None:
    """
    Says which bar is the newest that has a signal.

    Where bars are gone, an earlier one may be it again; where all are, nothing is left to be superseded.
    """
    newest = dict.fromkeys(gone, -np.inf) | {part.instrument_id: float(part.time.max()) for part in parts}
    await one.execute(
        "UPDATE signal_series AS t SET last_time = CASE WHEN n.is_shorter THEN coalesce((SELECT max(time)"  # noqa: S608
        "  FROM signals AS s WHERE s.instrument_id = n.id AND s.bar_minutes = $1 AND s.producer = $2"
        "  AND NOT s.is_cancelled), t.last_time) ELSE greatest(t.last_time, to_timestamp(n.time)) END"
        " FROM unnest($3::int[], $4::float8[], $5::bool[]) AS n (id, time, is_shorter)"
        f" WHERE t.{_SERIES} AND t.instrument_id = n.id",
        interval.value,
        producer,
        list(newest),
        list(newest.values()),
        [number in gone for number in newest],
    )


async def _changed(one: "Connection", names: Sequence[_Name]) -> list[ChangedSignal]:
    """The signals of these names as they are now, in their order."""
    if not names:
        return []
    rows = await one.fetch(
        f"SELECT {SHOWN}, s.revision FROM {FROM_SIGNALS}"  # noqa: S608
        " JOIN unnest($1::timestamptz[], $2::uuid[]) WITH ORDINALITY AS asked (time, id, place)"
        " ON (s.time, s.id) = (asked.time, asked.id) ORDER BY asked.place",
        [time for time, _ in names],
        [digest for _, digest in names],
    )
    return [ChangedSignal(signal=signal_of(row), revision=row["revision"]) for row in rows]
