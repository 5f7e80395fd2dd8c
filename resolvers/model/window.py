"""A stretch of a price series: what is asked for, and what was found."""

from dataclasses import dataclass, field

from resolvers.model.bars import Bars
from resolvers.model.instrument import Source
from resolvers.model.interval import Interval
from resolvers.model.kept import Kept


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """
    How far before its window the indicators of a request look.

    Attributes:
        bars: Bars before the first one asked for.
        anchored: Whether values depend on everything since the series' anchor: the first stored
            bar for H1 and above, the start of the UTC month below.
    """

    bars: int = 0
    anchored: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowRequest:
    """
    Bars of one series that a client asks for. Hashable: it is the key of a loader.

    Attributes:
        start: First moment, inclusive, in unix seconds; None for no bound.
        end: Last moment, exclusive and after *start*, in unix seconds; None for no bound.
        last: At most this many bars, the newest of the range; None for all of it.
        limit: Most bars that the answer may hold.
        reach: How far before the window to read as well.
    """

    instrument_id: int
    interval: Interval
    start: int | None
    end: int | None
    last: int | None
    limit: int
    reach: Reach = Reach()


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SeriesState:
    """
    What is known of a series without its bars.

    Attributes:
        revision: Raised in every transaction that changes a bar.
        body_revision: The revision at which a bar before the newest last changed, or a new one became the newest.
        first_time, last_time: Times of its oldest and newest bar, in unix seconds.
    """

    instrument_id: int
    interval: Interval
    source: Source
    revision: int
    first_time: int
    last_time: int
    body_revision: int = 0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StoredWindow:
    """
    Bars read in one snapshot, together with the state of their series.

    Attributes:
        bars: Oldest first, beginning with those that only indicators look at.
        offset: How many of them come before the window that was asked for.
        is_cut: Whether the range holds more bars than the request's limit.
        reaches_newest: Whether the newest bar of the series is among the bars, which then follow every change of it.
        read_bars: How many bars it takes from an operation's budget: the most that its range could hold.
        kept: What was made of the bars of the window alone, by name; it lives as long as they do.
        computed: Columns of indicators, by what they were computed with; as `kept`.
    """

    state: SeriesState
    bars: Bars
    offset: int
    is_cut: bool = False
    reaches_newest: bool = True
    read_bars: int = 0
    kept: Kept = field(default_factory=Kept, repr=False)
    computed: Kept = field(default_factory=Kept, repr=False)
