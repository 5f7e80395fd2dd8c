"""No two agents say the same."""

from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import numpy as np

from resolvers.compute.agents.catalog import AGENTS
from resolvers.compute.agents.panel import PANEL
from resolvers.compute.agents.universe import Universe
from resolvers.model.vote import Votes
from tests.resolvers.compute.agents.market import Market, generated_market, real_market


def _votes(market: Market) -> Votes:
    universe = Universe.of(market)
    return np.concatenate([PANEL.votes(bars, universe.member(symbol)) for symbol, bars in market.items()], axis=1)


def _twins(votes: Votes) -> list[tuple[str, str]]:
    """Agents that agree, one way or the other, wherever both have a vote."""
    found = []
    for one, other in combinations(range(len(AGENTS)), 2):
        both = (np.abs(votes[one]) <= 1) & (np.abs(votes[other]) <= 1)
        same, opposite = votes[one][both] == votes[other][both], votes[one][both] == -votes[other][both]
        if same.all() or opposite.all():
            found.append((AGENTS[one].name, AGENTS[other].name))
    return found


def _silent(votes: Votes) -> Iterable[str]:
    return (agent.name for agent, row in zip(AGENTS, votes, strict=True) if not {-1, 1} <= set(row.tolist()))


def test_on_a_generated_market() -> None:
    """Not even where they are compared only on bars on which both vote."""
    votes = _votes(generated_market())
    assert _twins(votes) == []
    assert list(_silent(votes)) == []


def test_on_real_prices(real_prices: Path) -> None:
    """Five years of 24 large companies; each of them buys and sells somewhere."""
    votes = _votes(real_market(real_prices))
    assert _twins(votes) == []
    assert list(_silent(votes)) == []
