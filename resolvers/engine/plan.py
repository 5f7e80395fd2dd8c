"""What an engine is told to do."""

from dataclasses import dataclass, replace

from resolvers.compute.agents.panel import Panel
from resolvers.compute.engine.version import engine_version
from resolvers.model.interval import Interval
from resolvers.storage.engine_series import Shard


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """
    Which signals are made, and how.

    Attributes:
        panel: Who votes.
        intervals: Of which bars.
        history: Signals are stored of at most so many closed bars of a series, the last ones.
        horizon: For how many bars a signal is made.
        threads: In which is computed.
        shard: Which series are taken first.
        grace: How long after its end a bar still counts as forming, in seconds.
        most_rows: About so many signals are stored in one transaction.
        most_series: And at most those of so many series.
        at_once: Series that a thread computes, and that are read, in one go: more are quicker, and leave the others who
            use the processor waiting for longer.
    """

    panel: Panel
    intervals: tuple[Interval, ...]
    history: int
    horizon: int
    threads: int
    shard: Shard
    grace: float
    most_rows: int
    most_series: int
    at_once: int

    @property
    def version(self) -> str:
        """Of its signals."""
        return engine_version(self.panel, self.horizon)

    def of(self, interval: Interval) -> "Plan":
        """The same for one interval alone."""
        return replace(self, intervals=(interval,))
