"""What is known of the agents of a version in one market."""

from functools import cached_property

from resolvers.compute.performance import AgentPerformance, performances
from resolvers.compute.reliability import Reliability
from resolvers.compute.track_record import TrackRecord


class KnownAgents:
    """
    A track record, and what is worked out of it when it is asked for.

    Args:
        record: Of all series of the market.
        stamp: Tells it from the records that were stored in its place before and after it.
    """

    def __init__(self, record: TrackRecord, stamp: str) -> None:
        self.record = record
        self.stamp = stamp
        self.reliability = Reliability(record)

    @cached_property
    def performances(self) -> tuple[AgentPerformance, ...]:
        """One for each agent, in the order of the votes."""
        return performances(self.record)

    @property
    def size_bytes(self) -> int:
        """Of its counts, and of the correlations of all months."""
        counts = self.record.pairs.counts
        return counts.nbytes + counts.nbytes // 2 + self.record.agents.counts.nbytes
