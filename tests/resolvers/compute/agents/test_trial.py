"""What the trial finds, and that nobody who comes with the gateway fails it."""

import sys
from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np
import pytest

from resolvers.compute.agents.agent import Agent
from resolvers.compute.agents.catalog import AGENTS
from resolvers.compute.agents.indicators import Indicators
from resolvers.compute.agents.shared import change, sma
from resolvers.compute.agents.trial import fault_of
from resolvers.model.bars import Series
from resolvers.model.vote import AgentFamily

_calls = count()


def _agent(evidence: Callable[..., Any], warmup: int = 5) -> Agent:
    return Agent(name="mine", family=AgentFamily.TREND, warmup=warmup, meaning="A test.", evidence=evidence)


def _centred(of: Indicators) -> Series:
    """The usual mistake: an average with the bar in its middle."""
    return of.bars.close - np.convolve(of.bars.close, np.ones(5) / 5, "same")


def _standardised(of: Indicators) -> Series:
    """The other usual one: a mean over all bars, those to come included."""
    mean: float = of.bars.close.mean()
    return of.bars.close - mean


def _tomorrow(of: Indicators) -> Series:
    return np.append(np.diff(of.bars.close), 0.0)


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.name)
def test_those_that_come_with_the_gateway_pass(agent: Agent) -> None:
    """The cross-sectional ones too."""
    assert fault_of(agent) is None


@pytest.mark.parametrize(
    ("evidence", "fault"),
    [
        (_tomorrow, "its vote on bar 99 depends on bars after 99"),
        (_centred, "its vote on bar 97 depends on bars after 98"),
        (_standardised, "depends on bars after"),
        (lambda of: sys.exit(3), "it raised SystemExit: 3"),
        (lambda of: 1 / 0, "it raised ZeroDivisionError: division by zero"),
        (
            lambda of: of.bars.close[1:],
            "it raised ValueError: a number for each of 101 bars was expected, found the shape",
        ),
        (lambda of: of(sma, 10) * np.nan, "it has nothing to say on any of 96 bars after its warm-up of 5"),
        (lambda of: np.full(len(of.bars), -1.0 if next(_calls) % 2 else 1.0), "does not answer the same"),
    ],
)
def test_what_is_wrong_is_said(evidence: Callable[..., Any], fault: str) -> None:
    """In the words of the refusal."""
    assert fault in str(fault_of(_agent(evidence)))


def test_values_before_the_warm_up_are_not_looked_at() -> None:
    """Nobody hears them."""
    assert fault_of(_agent(lambda of: of(change, 1) * (np.arange(len(of.bars)) > 2))) is None
