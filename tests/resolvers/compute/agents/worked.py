"""
Agents on a few bars that somebody worked out by hand, with short periods.

Expected votes are one character a bar: ``+`` buy, ``-`` sell, ``0`` neither, ``.`` an abstention.
"""

from dataclasses import replace

import numpy as np

from resolvers.compute.agents.catalog import AGENTS
from resolvers.compute.agents.panel import Panel
from resolvers.compute.agents.universe import Member
from resolvers.model.bars import Bars
from tests.resolvers.compute.simulated import bars_of

_SIGNS = {1: "+", -1: "-", 0: "0"}

Row = tuple[float, ...]


def said(name: str, bars: Bars, member: Member | None = None, **parameters: float) -> str:
    """The votes of an agent with these parameters, whatever its warm-up would be with its own."""
    (agent,) = (one for one in AGENTS if one.name == name)
    changed = replace(agent, parameters=parameters or agent.parameters, warmup=0, settles=None)
    panel = Panel([changed])
    votes = panel.votes(bars, member)[0].tolist()
    assert not panel.failures
    return "".join(_SIGNS.get(vote, ".") for vote in votes)


def closes(*prices: float) -> Bars:
    """Bars without a range."""
    price = np.array(prices, float)
    return bars_of(price, price, price, price, np.ones(len(price)))


def spans(*rows: tuple[float, float, float]) -> Bars:
    """Bars of ``(high, low, close)``."""
    high, low, close = np.array(rows, float).T.copy()
    return bars_of(close, high, low, close, np.ones(len(rows)))


def candles(*rows: tuple[float, float, float, float]) -> Bars:
    """Bars of ``(open, high, low, close)``."""
    opened, high, low, close = np.array(rows, float).T.copy()
    return bars_of(opened, high, low, close, np.ones(len(rows)))


def traded(prices: Row, volumes: Row) -> Bars:
    """Bars without a range, with volumes."""
    price = np.array(prices, float)
    return bars_of(price, price, price, price, np.array(volumes, float))
