"""What outlives a request."""

from collections.abc import Callable
from dataclasses import dataclass, field

from resolvers.cache.tiers import Tiers
from resolvers.compute.agents.entries import roster_of
from resolvers.compute.agents.panel import PANEL
from resolvers.events.position import Follower, Unconnected
from resolvers.ingest import Ingest
from resolvers.model.demand import Demand
from resolvers.model.revisions import Revisions
from resolvers.model.roster import Roster
from resolvers.storage.pool import Pool


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
