"""The signals of series, counted."""

from collections.abc import Mapping, Sequence

from resolvers.cache.found import Loaded
from resolvers.model.event import signals_subject
from resolvers.model.insight import SignalTally
from resolvers.model.interval import Interval
from resolvers.reading.reads import Missing, Reads
from resolvers.storage.signal_tallies import read_signal_tallies

Series = tuple[int, Interval]


def held_tally(reads: Reads, series: Series) -> SignalTally | Missing | None:
    """The tally of a series, if the process holds it."""
    return reads.peeked(reads.services.tiers.nouns.signal_tally, series, signals_subject(series[0]))


async def signal_tallies(reads: Reads, wanted: Sequence[Series]) -> Mapping[Series, SignalTally | None]:
    """The tally of each series."""
    pool = reads.services.pool

    async def load(wanted: Sequence[Series]) -> dict[Series, Loaded[SignalTally] | Exception]:
        read = await read_signal_tallies(pool, wanted)
        return {one: Loaded(read.value[one], read.revisions[one[0]]) for one in wanted}

    subjects = {one: signals_subject(one[0]) for one in wanted}
    found = await reads.found(reads.services.tiers.nouns.signal_tally, subjects, load)
    tallies: dict[Series, SignalTally | None] = {}
    for series, one in found.items():
        if isinstance(one.value, Exception):
            raise one.value
        tallies[series] = one.value
    return tallies
