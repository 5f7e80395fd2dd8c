"""Indicators are computed once, and nobody can spoil them for the others."""

import numpy as np
import pytest

from resolvers.compute.agents.catalog import AGENTS
from resolvers.compute.agents.indicators import Indicators
from resolvers.model.bars import Series
from tests.resolvers.compute.simulated import bars_of, simulated_bars


class _Counted:
    """An indicator that remembers how it was asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, of: Indicators, period: int) -> tuple[Series, Series]:
        self.asked.append(period)
        return np.full(len(of.bars), period, float), np.zeros(len(of.bars))


def test_each_is_computed_once_for_its_arguments() -> None:
    """By place or by name is not the same question, and costs a second computation at most."""
    of, counted = Indicators(simulated_bars(5)), _Counted()
    first = of(counted, 3)
    assert of(counted, 3) is first
    of(counted, 4)
    of(counted, period=3)
    of(counted, period=3)
    assert counted.asked == [3, 4, 3]


def test_what_was_computed_is_read_only() -> None:
    """Each column of it."""
    of = Indicators(simulated_bars(5))
    for column in (*of(_Counted(), 3), of.tie, of.traded):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 7


def test_a_missing_volume_is_traded_as_nothing() -> None:
    """Who looks at it abstains; a recursive average goes on."""
    price = np.ones(3)
    of = Indicators(bars_of(price, price, price, price, np.array([2, np.nan, 3])))
    assert of.traded.tolist() == [2, 0, 3]


def test_agents_share_what_they_look_at() -> None:
    """All of them ask for an RSI of 14 bars, an average true range of 14 and so on, and get the one that is there."""
    of = Indicators(simulated_bars(300))
    with np.errstate(all="ignore"):
        for agent in AGENTS:
            agent.evidence(of, **agent.parameters)
        before = dict(of._kept)
        for agent in AGENTS:
            agent.evidence(of, **agent.parameters)
    assert of._kept.keys() == before.keys()
    assert all(of._kept[key] is value for key, value in before.items())
