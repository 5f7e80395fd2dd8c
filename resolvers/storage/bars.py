"""Writing bars: one transaction for the bars, their rollups, the revisions and the quotes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg
import numpy as np

from resolvers.compute.rollup import DERIVED_FROM, bucket_starts, rollup, touched_range
from resolvers.errors import Conflict
from resolvers.model.bars import Bars
from resolvers.model.instrument import Instrument, Source
from resolvers.model.interval import Interval
from resolvers.storage.copy_format import encoded
from resolvers.storage.merging import append, drop_all_derived, drop_derived, merge
from resolvers.storage.partitions import ensure_partitions, years_of
from resolvers.storage.pool import connection
from resolvers.storage.quotes import quotes_from_bars
from resolvers.storage.series import Changed, lock_series, raise_revisions
from resolvers.storage.windows import Span, bars_of_spans, series_states

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SeriesWrite:
    """Bars to store in one series."""

    instrument: Instrument
    interval: Interval
    source: Source
    bars: Bars


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesChange:
    """
    What a write changed in one series.

    Attributes:
        bars: How many bars are new or different.
        first_time, last_time: Between which times they lie, in unix seconds, both inclusive.
        is_derived: Whether the bars are rollups.
    """

    instrument: Instrument
    interval: Interval
    bars: int
    first_time: int
    last_time: int
    is_derived: bool


async def store_bars(pool: asyncpg.Pool, writes: Sequence[SeriesWrite], *, now: int) -> list[SeriesChange]:
    """
    Stores bars and brings all that follows from them up to date, in one transaction.

    Bars that are already stored with the same values change nothing. *writes* holds each series once.

    Args:
        now: Unix seconds; a quote that is taken from a bar is never from the future.

    Raises:
        Conflict: If a series has another source, or real bars meet a simulated instrument.
    """
    writes = [write for write in writes if len(write.bars)]
    for write in writes:
        _refuse_mixing(write)
    if not writes:
        return []
    years = {year for write in writes for year in years_of(int(write.bars.time[0]), int(write.bars.time[-1]))}
    await ensure_partitions(pool, years)
    async with connection(pool) as one, one.transaction():
        stored = await _store(one, writes, derived=False)
        changes = stored + await _derive(one, stored, {write.instrument.id: write.source for write in writes})
        await quotes_from_bars(one, writes, now=now)
    return changes


async def rederive_sessions(pool: asyncpg.Pool, instrument: Instrument) -> list[SeriesChange]:
    """
    Makes the derived D1 and W1 bars of an instrument anew, after the calendar of its sessions has changed.

    Bars that were stored themselves carry dates that somebody else gave them, and stay.
    """
    async with connection(pool) as one:
        hours = (await series_states(one, Interval.H1, {instrument.id})).get(instrument.id)
    if hours is None:
        return []
    await ensure_partitions(pool, years_of(hours.first_time, hours.last_time))
    whole = SeriesChange(
        instrument=instrument,
        interval=Interval.H1,
        bars=0,
        first_time=hours.first_time,
        last_time=hours.last_time,
        is_derived=False,
    )
    sessions = (Interval.D1, Interval.W1)
    async with connection(pool) as one, one.transaction():
        # Locked from H1 on, so that no bar comes in between reading the hours and storing the days.
        await lock_series(one, [(interval, instrument.id, hours.source) for interval in (Interval.H1, *sessions)])
        await drop_all_derived(one, instrument.id, sessions)
        return await _derive(one, [whole], {instrument.id: hours.source}, of=sessions)


def _refuse_mixing(write: SeriesWrite) -> None:
    if write.instrument.spec.is_simulated != (write.source is Source.SIMULATED):
        kind = "simulated" if write.instrument.spec.is_simulated else "real"
        raise Conflict(
            f"{write.instrument.symbol} is a {kind} instrument, and bars from {write.source} cannot be mixed in"
        )


async def _derive(
    one: "Connection",
    stored: Sequence[SeriesChange],
    sources: dict[int, Source],
    *,
    of: Collection[Interval] = tuple(DERIVED_FROM),
) -> list[SeriesChange]:
    """Rolls changed bars up, level by level: what one level changes, the next one is made from."""
    changes = list(stored)
    for interval in of:
        parent = DERIVED_FROM[interval]
        parents = _merged([change for change in changes if change.interval is parent])
        if not parents:
            continue
        ranges = [
            touched_range(interval, change.first_time, change.last_time, change.instrument.spec.sessions)
            for change in parents
        ]
        spans = [
            Span(instrument_id=change.instrument.id, start=start, end=end)
            for change, (start, end) in zip(parents, ranges, strict=True)
        ]
        writes = [
            SeriesWrite(
                instrument=change.instrument,
                interval=interval,
                source=sources[change.instrument.id],
                bars=_rolled_up(interval, change, bars),
            )
            for change, bars in zip(parents, await bars_of_spans(one, parent, spans), strict=True)
        ]
        changes += await _store(one, writes, derived=True)
    return changes[len(stored) :]


def _merged(changes: Sequence[SeriesChange]) -> list[SeriesChange]:
    """One change per instrument: bars of one interval may have been stored and derived in one write."""
    merged: dict[int, SeriesChange] = {}
    for change in changes:
        other = merged.get(change.instrument.id, change)
        merged[change.instrument.id] = SeriesChange(
            instrument=change.instrument,
            interval=change.interval,
            bars=max(change.bars, other.bars),
            first_time=min(change.first_time, other.first_time),
            last_time=max(change.last_time, other.last_time),
            is_derived=change.is_derived,
        )
    return list(merged.values())


def _rolled_up(interval: Interval, change: SeriesChange, bars: Bars) -> Bars:
    """The bars of *interval* that a change touches, from what was read around it."""
    calendar = change.instrument.spec.sessions
    bounds = np.array([change.first_time, change.last_time], np.int64)
    first, last = bucket_starts(interval, bounds, calendar)
    rolled = rollup(interval, bars, calendar)
    # What was read reaches further than the touched buckets, and cuts the outermost ones.
    return rolled[int(np.searchsorted(rolled.time, first)) : int(np.searchsorted(rolled.time, last, "right"))]


async def _store(one: "Connection", writes: Sequence[SeriesWrite], *, derived: bool) -> list[SeriesChange]:
    """Writes bars of series that this transaction locks, and raises the revisions of those that changed."""
    keys = [(write.interval, write.instrument.id, write.source) for write in writes]
    locked = await lock_series(one, keys)
    # In the order of the key, so that a bulk load fills the index from left to right.
    writes = sorted(writes, key=lambda write: (write.instrument.id, write.interval))
    by_key = {(write.interval, write.instrument.id): write for write in writes}
    appended, merged = [], []
    changed: Changed = {}
    for key, write in by_key.items():
        series = locked[key]
        if series.source is not write.source:
            if derived:
                continue  # a series of another source keeps its own bars
            raise Conflict(
                f"{write.instrument.symbol} {write.interval.name} holds bars from {series.source},"
                f" and bars from {write.source} cannot be mixed in"
            )
        bars = write.bars
        split = 0 if series.last_time is None else int(np.searchsorted(bars.time, series.last_time, "right"))
        rows = encoded(write.instrument.id, write.interval.value, bars, derived=derived)
        # Nothing can stand in the way of bars after the newest: the series is locked, and they skip the staging.
        if split < len(bars):
            appended.append(rows[split:])
            changed[key] = (len(bars) - split, int(bars.time[split]), int(bars.time[-1]))
        if split:
            merged.append(rows[:split])
    if appended:
        await append(one, appended)
    if merged:
        for key, (count, first, last) in (await merge(one, merged, derived=derived)).items():
            more, _, newest = changed.get(key, (0, first, last))
            changed[key] = (count + more, first, newest)
    if not derived:
        for key in changed:
            await _make_way(one, by_key[key])
    await raise_revisions(one, changed, has_stored=not derived)
    return [
        SeriesChange(
            instrument=by_key[key].instrument,
            interval=key[0],
            bars=count,
            first_time=first,
            last_time=last,
            is_derived=derived,
        )
        for key, (count, first, last) in changed.items()
    ]


async def _make_way(one: "Connection", write: SeriesWrite) -> None:
    """Drops the derived bars whose place a stored bar takes that starts within their bucket, not on it."""
    if write.interval in DERIVED_FROM and write.interval.is_intraday:
        buckets = bucket_starts(write.interval, write.bars.time, write.instrument.spec.sessions)
        covered = np.unique(buckets[buckets != write.bars.time])
        if len(covered):
            await drop_derived(one, write.interval, write.instrument.id, covered)
