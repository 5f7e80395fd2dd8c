"""What outlives a request."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from resolvers.cache.tiers import Tiers
from resolvers.compute.agents.entries import roster_of
from resolvers.compute.agents.panel import PANEL, Panel
from resolvers.compute.engine.subject import Subject
from resolvers.errors import GatewayError
from resolvers.events.position import Follower, Unconnected
from resolvers.ingest import Ingest
from resolvers.model.demand import Demand
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.model.revisions import Revisions
from resolvers.model.roster import Roster
from resolvers.model.signal import Signal
from resolvers.storage.pool import Pool


class Analyst(Protocol):
    """
    The engine, for what is asked of it beside what it does by itself.

    Attributes:
        panel: Who votes; `Services.roster` tells of the same agents.
    """

    panel: Panel

    async def subject(self, instrument: Instrument, interval: Interval) -> Subject:
        """
        The closed bars of a series among the others, of which the last one is the newest.

        Raises:
            NotFound: If no closed bar of it is stored.
            BadInput: If the engine makes no signals of the interval.
        """

    async def analyze(
        self, instruments: Sequence[Instrument], interval: Interval
    ) -> Mapping[int, Signal | GatewayError]:
        """
        The signal of each series' newest closed bar, by instrument: computed, and stored where it was not.

        An error in the place of a signal says why there is none, as of `subject`.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """
    Everything that resolvers share between requests.

    Attributes:
        clock: The present in unix seconds.
        max_bars: Most bars that one window may hold.
        max_read_bars: Most bars that one operation may read, those before its windows included.
        bar_grace_seconds: How long after its end a bar still counts as forming.
        tiers: What is held of stored values.
        revisions: What this process has heard of their changes; while nobody moves them, nothing that is held is used.
        quote_stale_seconds: Age from which a quote counts as stale.
        ingest: The way in for what clients publish.
        events: How far this process has heard.
        demand: What is asked for.
        roster: The agents that vote now.
        analyst: The engine, where the process has one.
    """

    pool: Pool
    clock: Callable[[], float]
    max_bars: int
    bar_grace_seconds: float
    quote_stale_seconds: float
    ingest: Ingest
    max_read_bars: int = 2_000_000
    tiers: Tiers = field(default_factory=Tiers)
    revisions: Revisions = field(default_factory=Revisions)
    events: Follower = field(default_factory=Unconnected)
    demand: Demand = field(default_factory=Demand)
    roster: Roster = field(default_factory=lambda: roster_of(PANEL, PANEL.version))
    analyst: Analyst | None = None
