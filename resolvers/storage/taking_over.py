"""Series of nothing but derived bars give way to a file of bars of their own length."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from resolvers.compute.rollup import DERIVED_FROM
from resolvers.model.instrument import Instrument, Source
from resolvers.storage.merging import drop_all
from resolvers.storage.series import Locked, SeriesKey, give_to
from resolvers.storage.writing import SeriesChange, SeriesWrite

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection


async def make_way_for_files(one: "Connection", locked: Locked, writes: Sequence[SeriesWrite]) -> list[SeriesChange]:
    """
    Empties the derived series whose place files take, and gives them to their source; what is gone by that.

    A series in which anybody has stored a bar is no such series, and refuses the write later.
    """
    given: dict[SeriesKey, Instrument] = {}
    for write in writes:
        if write.source is Source.FILE and locked[write.key].source is not Source.FILE:
            given |= dict.fromkeys(_giving_way(locked, write.key), write.instrument)
    changes = []
    for key, instrument in sorted(given.items(), key=lambda item: item[0]):
        gone = await drop_all(one, key)
        if gone is None:
            continue
        changes.append(
            SeriesChange(
                instrument=instrument,
                interval=key[0],
                bars=gone.bars,
                gone=gone.gone,
                first_time=gone.first,
                last_time=gone.last,
                is_derived=True,
            )
        )
    if given:
        locked.update(await give_to(one, sorted(given), Source.FILE))
    return changes


def _giving_way(locked: Locked, key: SeriesKey) -> list[SeriesKey]:
    """The series and those that are derived from it; none where its own bars were stored."""
    source = locked[key].source
    if locked[key].has_stored or source is Source.SIMULATED:
        return []
    intervals = [key[0]]
    for interval, parent in DERIVED_FROM.items():
        longer = locked.get((interval, key[1]))
        # One that somebody stored bars in, or that was another's before, keeps them.
        if parent in intervals and longer is not None and longer.source is source and not longer.has_stored:
            intervals.append(interval)
    return [(interval, key[1]) for interval in intervals]
