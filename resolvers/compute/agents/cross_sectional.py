"""Cross-sectional: how the instrument did among all others."""

from functools import partial

import numpy as np

from resolvers.compute.agents.agent import Agent
from resolvers.compute.agents.indicators import Indicators
from resolvers.model.bars import Series
from resolvers.model.vote import AgentFamily


def winners(of: Indicators, lookback: int, skip: int) -> Series:
    """
    1 among the 30 % with the highest returns of the universe, -1 among those with the lowest; NaN without a rank.

    Source: Jegadeesh and Titman 1993, who buy the winners of a year and leave out its last month.
    """
    if of.member is None:
        return np.full(len(of.bars), np.nan)
    return of.member.standing(of.bars.time, lookback, skip)


def losers(of: Indicators, lookback: int) -> Series:
    """
    1 among the 30 % with the lowest returns of the universe, -1 among those with the highest; NaN without a rank.

    Source: Lehmann 1990, who buys the losers of a week.
    """
    return -winners(of, lookback, 0)


_cross_sectional = partial(Agent, family=AgentFamily.CROSS_SECTIONAL, needs_universe=True)

CROSS_SECTIONAL = (
    _cross_sectional(
        name="momentum_12_1",
        parameters={"lookback": 252, "skip": 21},
        warmup=253,
        settles=253,
        meaning="Buy while its return of 12 months but the last is in the universe's highest 30 %, sell in its lowest.",
        evidence=winners,
    ),
    _cross_sectional(
        name="reversal_5",
        parameters={"lookback": 5},
        warmup=6,
        settles=6,
        meaning="Buy while its return of 5 bars is in the universe's lowest 30 %, sell while it is in its highest.",
        evidence=losers,
    ),
)
