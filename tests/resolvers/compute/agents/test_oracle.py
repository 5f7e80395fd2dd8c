"""Every agent votes as its second version in plain Python does, which knows nothing of TA-Lib or NumPy."""

import math
from pathlib import Path

import numpy as np
import pytest

from resolvers.compute.agents.catalog import AGENTS
from resolvers.compute.agents.panel import PANEL
from resolvers.model.bars import Bars
from resolvers.model.vote import Abstention, Votes
from tests.resolvers.compute.agents.oracle import RULES
from tests.resolvers.compute.oracle.columns import Given
from tests.resolvers.compute.real import real_series
from tests.resolvers.compute.simulated import days_of, simulated_bars

SEEDS = (1, 2, 3)
SERIES = ("AAPL", "GE", "btc-daily.csv", "USDJPY", "spy-1min.csv")
_seen: dict[object, Votes] = {}


def _votes(key: object, bars: Bars) -> Votes:
    if key not in _seen:
        _seen[key] = PANEL.votes(bars)
    return _seen[key]


def _assert_equal(name: str, found: Votes, bars: Bars) -> None:
    expected = RULES[name](Given.of(bars, days_of(bars), {}))
    assert len(expected) == len(bars)
    said = [None if math.isnan(value) else int(np.sign(value)) for value in expected]
    heard = [vote if vote in (-1, 0, 1) else None for vote in found.tolist()]
    assert heard == said


def test_every_agent_has_a_second_version() -> None:
    """Whoever adds an agent writes it twice; those that compare instruments have theirs with the universe."""
    assert RULES.keys() == {agent.name for agent in AGENTS if not agent.needs_universe}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", RULES)
def test_votes_as_its_second_version_on_generated_bars(name: str, seed: int) -> None:
    """On each of 600 bars, with both votes among them."""
    bars = simulated_bars(600, seed=seed)
    votes = _votes(seed, bars)[[agent.name for agent in AGENTS].index(name)]
    _assert_equal(name, votes, bars)


@pytest.mark.parametrize("name", RULES)
def test_every_vote_occurs_on_generated_bars(name: str) -> None:
    """Else nothing was compared above."""
    at = [agent.name for agent in AGENTS].index(name)
    found = np.concatenate([_votes(seed, simulated_bars(600, seed=seed))[at] for seed in SEEDS])
    assert {-1, 1, Abstention.WARM_UP} <= set(found.tolist())


@pytest.mark.parametrize("series", SERIES)
@pytest.mark.parametrize("name", RULES)
def test_votes_as_its_second_version_on_real_bars(name: str, series: str, real_prices: Path) -> None:
    """Large caps, whose prices are in cents and tie, Bitcoin, and hours and minutes."""
    bars = real_series(real_prices)[series][0][-700:]
    votes = _votes(series, bars)[[agent.name for agent in AGENTS].index(name)]
    _assert_equal(name, votes, bars)
