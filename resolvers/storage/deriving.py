"""Rollups of what a transaction changed, level by level."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from resolvers.compute.rollup import DERIVED_FROM, bucket_starts, rollup, touched_range
from resolvers.model.instrument import Instrument, Source
from resolvers.model.interval import Interval
from resolvers.storage.series import Locked, SeriesKey
from resolvers.storage.spans import Span, bars_of_spans
from resolvers.storage.writing import SeriesChange, SeriesWrite, write_derived

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection


@dataclass(frozen=True, kw_only=True, slots=True)
class Touched:
    """
    The part of a series that longer bars are to be made of anew.

    Attributes:
        first, last: Between which times it lies, in unix seconds, both inclusive.
        has_gaps: Whether bars may be gone from it, and with them what was made of them alone.
    """

    instrument: Instrument
    interval: Interval
    first: int
    last: int
    has_gaps: bool


def with_rollups(sources: Mapping[SeriesKey, Source]) -> dict[SeriesKey, Source]:
    """*sources* and the series that are derived from them, level by level, which take the source of what they hold."""
    all_sources = dict(sources)
    for interval, parent in DERIVED_FROM.items():
        for (other, instrument_id), source in list(all_sources.items()):
            if other is parent:
                all_sources.setdefault((interval, instrument_id), source)
    return all_sources


def touched_by(changes: Sequence[SeriesChange]) -> list[Touched]:
    """The parts of series that *changes* are about."""
    return [
        Touched(
            instrument=change.instrument,
            interval=change.interval,
            first=change.first_time,
            last=change.last_time,
            has_gaps=change.gone > 0,
        )
        for change in changes
    ]


async def derive(
    one: "Connection",
    locked: Locked,
    touched: Sequence[Touched],
    *,
    of: Collection[Interval] = tuple(DERIVED_FROM),
) -> list[SeriesChange]:
    """Makes the bars of intervals *of* anew: what one level changes, the next one is made from."""
    changes: list[SeriesChange] = []
    for interval in of:
        parent = DERIVED_FROM[interval]
        parents = [
            part
            for part in _merged([part for part in (*touched, *touched_by(changes)) if part.interval is parent])
            # A series of another source keeps its own bars.
            if locked[interval, part.instrument.id].source is locked[parent, part.instrument.id].source
        ]
        if parents:
            changes += await _derive_one(one, locked, interval, parents)
    return changes


async def _derive_one(
    one: "Connection", locked: Locked, interval: Interval, parents: Sequence[Touched]
) -> list[SeriesChange]:
    spans = []
    for part in parents:
        start, end = touched_range(interval, part.first, part.last, part.instrument.spec.sessions)
        spans.append(Span(instrument_id=part.instrument.id, start=start, end=end))
    writes: list[SeriesWrite] = []
    cleared: dict[SeriesKey, tuple[int, int]] = {}
    for part, bars in zip(parents, await bars_of_spans(one, parents[0].interval, spans), strict=True):
        calendar = part.instrument.spec.sessions
        bounds = bucket_starts(interval, np.array([part.first, part.last], np.int64), calendar)
        rolled = rollup(interval, bars, calendar)
        # What was read reaches further than the touched buckets, and cuts the outermost ones.
        low, high = np.searchsorted(rolled.time, bounds[0]), np.searchsorted(rolled.time, bounds[1], "right")
        key = (interval, part.instrument.id)
        writes.append(
            SeriesWrite(
                instrument=part.instrument,
                interval=interval,
                source=locked[key].source,
                bars=rolled[int(low) : int(high)],
            )
        )
        if part.has_gaps:
            cleared[key] = (int(bounds[0]), int(bounds[1]))
    return await write_derived(one, locked, writes, cleared=cleared)


def _merged(parts: Sequence[Touched]) -> list[Touched]:
    """One part per instrument: bars of one interval may have been stored and derived in one write."""
    merged: dict[int, Touched] = {}
    for part in parts:
        other = merged.get(part.instrument.id, part)
        merged[part.instrument.id] = Touched(
            instrument=part.instrument,
            interval=part.interval,
            first=min(part.first, other.first),
            last=max(part.last, other.last),
            has_gaps=part.has_gaps or other.has_gaps,
        )
    return list(merged.values())
