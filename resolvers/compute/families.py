"""The votes of a series' newest bar, family by family."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from resolvers.compute.agents.panel import Panel
from resolvers.compute.engine.anchors import stretches
from resolvers.compute.engine.subject import Subject
from resolvers.model.bars import IntArray
from resolvers.model.vote import AgentFamily

_KEPT_PANELS = 4

FamilyPanel = tuple[AgentFamily, IntArray, Panel]
"""A family, the places of its agents in the order of all votes, and a panel of them alone."""


@lru_cache(maxsize=_KEPT_PANELS)
def family_panels(panel: Panel) -> Sequence[FamilyPanel]:
    """The families that have agents in *panel*, in the order of `AgentFamily`."""
    places = [(family, np.flatnonzero([agent.family is family for agent in panel.agents])) for family in AgentFamily]
    return tuple((family, at, Panel(panel.agents[one] for one in at.tolist())) for family, at in places if len(at))


def newest_votes(panel: Panel, subject: Subject) -> bytes:
    """A byte for each agent of *panel*: its vote on the last bar of *subject*, as a pass over all bars has it."""
    bars = subject.bars
    ((stretch, first),) = stretches(subject.interval, bars.time, len(bars) - 1)
    seen = bars[stretch]
    return panel.votes(seen, subject.member, last=len(seen) - first)[:, -1].tobytes()
