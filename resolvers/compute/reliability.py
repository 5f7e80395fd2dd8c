"""What a track record lets one believe about agents, at the beginning of each month."""

import numpy as np

from resolvers.compute.monthly_counts import MonthlyCounts
from resolvers.compute.track_record import TrackRecord
from resolvers.model.bars import IntArray, Series

PRIOR_MONTHS, PRIOR_CASES = 12, 100
"""
A year like the agent's own months, and a hundred cases, of half right and half wrong, that every agent begins with.

Months, because cases overlap and instruments move together: ten thousand of one month say little but where it went.
"""


class Reliability:
    """
    How often each agent is right, and how alike any two vote; each month knows what was known when it began.

    Args:
        record: Of all instruments whose outcomes may be known.
    """

    def __init__(self, record: TrackRecord) -> None:
        self._record = record
        agents = record.agents
        active = (agents.counts[:, 0] + agents.counts[:, 1] > 0).astype(np.int64)
        self._active = MonthlyCounts(first=agents.first, counts=active)
        self._likeness: dict[int, Series] = {}

    def hit_rates(self, months: IntArray) -> Series:
        """
        The share of right votes of each agent, drawn towards one half.

        Returns:
            Shape ``(k, agents)``, between 0 and 1 and never either; one half where nothing is known.
        """
        known = self._record.agents.before(months)
        cases, hits = known[:, 0] + known[:, 1], known[:, 2] + known[:, 3]
        prior = PRIOR_CASES + PRIOR_MONTHS * cases / np.maximum(self._active.before(months), 1)
        return (hits + prior / 2) / (cases + prior)

    def likeness(self, month: int) -> Series:
        """
        The squared correlation of the votes of any two agents, about zero, over the bars on which both vote.

        Squared, because of two that always contradict each other one is enough to know both.

        Returns:
            Shape ``(agents, agents)``, between 0 and 1, and 1 of each with itself; 0 where nothing is known.
        """
        # Threads that ask for it at once compute the same twice, which harms nobody.
        if month not in self._likeness:
            self._likeness[month] = _likeness(*self._record.pairs.before(np.array([month]))[0])
        return self._likeness[month]


def _likeness(products: IntArray, opinions: IntArray) -> Series:
    below = opinions.astype(np.float64) * opinions.T
    alike = np.divide(products.astype(np.float64) ** 2, below, out=np.zeros_like(below), where=below > 0)
    np.fill_diagonal(alike, 1.0)
    return alike
