"""One level of a write: bars of one kind into series that the transaction has locked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from resolvers.compute.rollup import DERIVED_FROM, bucket_starts
from resolvers.errors import Conflict
from resolvers.model.bars import Bars
from resolvers.model.instrument import Instrument, Source
from resolvers.model.interval import Interval
from resolvers.storage.copy_format import encoded
from resolvers.storage.merging import append, drop_derived, merge
from resolvers.storage.series import Changed, Locked, SeriesKey, raise_revisions

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SeriesWrite:
    """Bars to store in one series."""

    instrument: Instrument
    interval: Interval
    source: Source
    bars: Bars

    @property
    def key(self) -> SeriesKey:
        """Which series it is."""
        return self.interval, self.instrument.id


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesChange:
    """
    What a write changed in one series.

    Attributes:
        bars: How many bars are new, different or gone.
        gone: How many of them are gone: derived ones whose place a stored bar takes, and what was made of them.
        first_time, last_time: Between which times they lie, in unix seconds, both inclusive.
        is_derived: Whether the bars are rollups.
        bar: The time and the values (open, high, low, close, volume) of the one bar that is new or different; None
            where there are several, or where any is gone.
    """

    instrument: Instrument
    interval: Interval
    bars: int
    first_time: int
    last_time: int
    is_derived: bool
    gone: int = 0
    bar: tuple[float, ...] | None = None


async def write_stored(one: "Connection", locked: Locked, writes: Sequence[SeriesWrite]) -> list[SeriesChange]:
    """
    Stores bars, and drops the derived bars whose place they take.

    Raises:
        Conflict: If a series holds bars from another source.
    """
    for write in writes:
        source = locked[write.key].source
        if source is not write.source:
            raise Conflict(
                f"{write.instrument.symbol} {write.interval.name} holds bars from {source},"
                f" and bars from {write.source} cannot be mixed in"
            )
    dropped = {write.key: await _make_way(one, write) for write in writes if locked[write.key].last_time is not None}
    return await _write(one, locked, writes, dropped, derived=False)


async def write_derived(
    one: "Connection", locked: Locked, writes: Sequence[SeriesWrite], *, cleared: Mapping[SeriesKey, tuple[int, int]]
) -> list[SeriesChange]:
    """
    Stores rollups where no stored bar stands.

    Args:
        cleared: The times [first, last], in unix seconds, between which a series keeps no other derived bar.
    """
    dropped = {
        write.key: await drop_derived(one, write.key, write.bars.time, first=first, last=last, others=True)
        for write in writes
        if (bounds := cleared.get(write.key))
        for first, last in [bounds]
    }
    return await _write(one, locked, writes, dropped, derived=True)


async def _write(
    one: "Connection",
    locked: Locked,
    writes: Sequence[SeriesWrite],
    dropped: Mapping[SeriesKey, Changed | None],
    *,
    derived: bool,
) -> list[SeriesChange]:
    """Writes bars, and raises the revisions of the series that changed."""
    # In the order of the key, so that a bulk load fills the index from left to right.
    writes = sorted(writes, key=lambda write: (write.instrument.id, write.interval))
    appended, merged = [], []
    changed = {key: gone for key, gone in dropped.items() if gone is not None}
    for write in writes:
        if not len(write.bars):
            continue
        bars, last_time = write.bars, locked[write.key].last_time
        split = 0 if last_time is None else int(np.searchsorted(bars.time, last_time, "right"))
        rows = encoded(write.instrument.id, write.interval.value, bars, derived=derived)
        # Nothing can stand in the way of bars after the newest: the series is locked, and they skip the staging.
        if split < len(bars):
            appended.append(rows[split:])
            new = Changed(bars=len(bars) - split, first=int(bars.time[split]), last=int(bars.time[-1]))
            changed[write.key] = new | changed.get(write.key)
        if split:
            merged.append(rows[:split])
    if appended:
        await append(one, appended)
    if merged:
        for key, new in (await merge(one, merged, derived=derived)).items():
            changed[key] = new | changed.get(key)
    if changed:
        await raise_revisions(one, locked, changed, has_stored=not derived)
    return [
        SeriesChange(
            instrument=write.instrument,
            interval=write.interval,
            bars=change.bars,
            first_time=change.first,
            last_time=change.last,
            is_derived=derived,
            gone=change.gone,
            bar=_only_bar(write.bars, change),
        )
        for write in writes
        if (change := changed.get(write.key)) is not None
    ]


def _only_bar(bars: Bars, change: Changed) -> tuple[float, ...] | None:
    if change.bars != 1 or change.gone:
        return None
    at = int(np.searchsorted(bars.time, change.first))
    values = (bars.open[at], bars.high[at], bars.low[at], bars.close[at], bars.volume[at])
    return int(bars.time[at]), *(float(value) for value in values)


async def _make_way(one: "Connection", write: SeriesWrite) -> Changed | None:
    """Drops the derived bars whose place a stored bar takes that starts within their bucket, not on it."""
    if write.interval not in DERIVED_FROM or not write.interval.is_intraday:
        return None
    buckets = bucket_starts(write.interval, write.bars.time, write.instrument.spec.sessions)
    covered = np.unique(buckets[~np.isin(buckets, write.bars.time)])
    if not len(covered):
        return None
    first, last = int(covered[0]), int(covered[-1])
    return await drop_derived(one, write.key, covered, first=first, last=last, others=False)
