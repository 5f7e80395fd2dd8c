"""Signals of the engine's kind for tests: real agents' votes on generated bars."""

from typing import Any

import numpy as np

from gateway.config import Settings
from resolvers.compute.agents.panel import PANEL
from resolvers.compute.consensus import consensus
from resolvers.compute.engine.version import engine_version
from resolvers.compute.verdicts import DIRECTIONS, STRENGTHS
from resolvers.model.bars import Bars
from resolvers.model.computed_signals import producer_of
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.model.signal import SignalDraft
from resolvers.model.vote import AgentFamily, Votes
from tests.signals import draft

VERSION = engine_version(PANEL, Settings().engine_horizon_bars)
"""Of the engine of a gateway that nobody has told anything."""
FAMILIES: tuple[AgentFamily, ...] = tuple(agent.family for agent in PANEL.agents)


def voted(one: Instrument, bars: Bars, interval: Interval, *, last: int = 1, **changes: Any) -> list[SignalDraft]:
    """Signals of the last bars of a series, with their votes, as the engine would have them without a fit."""
    votes = PANEL.votes(bars)
    said = consensus(votes, FAMILIES, bars.time)
    return [
        draft(
            one,
            **{
                "interval": interval,
                "time": int(bars.time[at]),
                "direction": DIRECTIONS[int(said.direction[at])],
                "strength": STRENGTHS[int(said.strength[at])],
                "score": float(said.score[at]),
                "agreement": float(said.agreement[at]),
                "price": float(bars.close[at]),
                "producer": producer_of(VERSION),
                "rationale": None,
                "votes": bytes_of(votes, at),
            }
            | changes,
        )
        for at in range(len(bars) - last, len(bars))
    ]


def bytes_of(votes: Votes, at: int) -> bytes:
    """The votes of one bar as they are stored."""
    return np.ascontiguousarray(votes[:, at]).tobytes()
