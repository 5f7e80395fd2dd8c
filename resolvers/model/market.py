"""Markets that never learn from each other: the real one and the simulated one, of each interval."""

from typing import NamedTuple

from resolvers.model.interval import Interval


class Market(NamedTuple):
    """
    The instruments of an interval whose prices are real, or those whose prices are made up.

    Attributes:
        is_simulated: As of their `InstrumentSpec`.
    """

    interval: Interval
    is_simulated: bool

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{'simulated' if self.is_simulated else 'real'} {self.interval.name}"
