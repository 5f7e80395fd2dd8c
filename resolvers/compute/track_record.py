"""How often each agent was right, and how alike agents vote, as it came to be known month by month."""

from dataclasses import dataclass

import numpy as np

from resolvers.compute.monthly_counts import MonthlyCounts
from resolvers.compute.outcomes import months_of, outcomes
from resolvers.model.bars import Bars
from resolvers.model.vote import Votes


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TrackRecord:
    """
    Counts of one panel over one horizon; records of several series are added up.

    A vote of 1 is right where the close is higher after the horizon, one of -1 where it is lower; an unchanged close
    is right for neither. A vote of 0 says nothing, and is no case. What became of a bar counts in the month of the
    bar that showed it.

    Attributes:
        horizon: Bars from a vote to what became of it.
        since, until: Times of the first and the last bar of which that is known, in unix seconds; None without any.
        market: Bars, rises and falls, shape ``(months, 3)``.
        agents: Buys, sells, right buys and right sells, shape ``(months, 4, agents)``.
        pairs: On bars on which both vote, the sum of the products of their votes; and the first agent's votes that
            are not 0. Shape ``(months, 2, agents, agents)``.
    """

    horizon: int
    since: int | None
    until: int | None
    market: MonthlyCounts
    agents: MonthlyCounts
    pairs: MonthlyCounts

    @classmethod
    def of(cls, votes: Votes, bars: Bars, horizon: int) -> "TrackRecord":
        """The record of one series."""
        became = outcomes(bars.close, horizon)
        known = months_of(bars.time[horizon:])
        rose, fell = became > 0, became < 0
        judged = votes[:, : len(became)]
        buys, sells = judged == 1, judged == -1
        return cls(
            horizon=horizon,
            since=int(bars.time[0]) if len(became) else None,
            until=int(bars.time[len(became) - 1]) if len(became) else None,
            market=MonthlyCounts.of(known, np.stack((np.ones_like(rose), rose, fell))),
            agents=MonthlyCounts.of(known, np.stack((buys, sells, buys & rose, sells & fell))),
            pairs=_pairs(votes, bars),
        )

    def __add__(self, other: "TrackRecord") -> "TrackRecord":
        """
        The record of both.

        Raises:
            ValueError: If they are of different horizons.
        """
        if self.horizon != other.horizon:
            raise ValueError(f"records must be of one horizon, were of {self.horizon} and {other.horizon} bars")
        return TrackRecord(
            horizon=self.horizon,
            since=min((one.since for one in (self, other) if one.since is not None), default=None),
            until=max((one.until for one in (self, other) if one.until is not None), default=None),
            market=self.market + other.market,
            agents=self.agents + other.agents,
            pairs=self.pairs + other.pairs,
        )


def _pairs(votes: Votes, bars: Bars) -> MonthlyCounts:
    if not len(bars):
        return MonthlyCounts(first=0, counts=np.zeros((0, 2, len(votes), len(votes)), np.int64))
    months = months_of(bars.time)
    starts = np.flatnonzero(np.diff(months, prepend=months[0] - 1))
    # Products of ones below 2**24 are exact in single precision, which is twice as quick.
    heard = (np.abs(votes) <= 1).astype(np.float32)
    opinion = votes * heard
    first = int(months[0])
    counts = np.zeros((int(months[-1]) - first + 1, 2, len(votes), len(votes)), np.int64)
    for start, end in zip(starts, [*starts[1:], len(months)], strict=True):
        part = opinion[:, start:end]
        row = counts[months[start] - first]
        row[0] = part @ part.T
        row[1] = (part * part) @ heard[:, start:end].T
    return MonthlyCounts(first=first, counts=counts)
