"""What an agent may not be."""

from typing import Any

import numpy as np
import pytest

from resolvers.compute.agents.agent import Agent
from resolvers.model.vote import AgentFamily

GIVEN: dict[str, Any] = {
    "name": "mine",
    "family": AgentFamily.TREND,
    "warmup": 3,
    "meaning": "Buy while it rises.",
    "evidence": lambda of: of.bars.close,
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "My Agent"}, "name must be snake_case, up to 40 characters, was 'My Agent'"),
        ({"name": "a" * 41}, "name must be snake_case, up to 40 characters, was 'aaa"),
        ({"name": 7}, "name must be snake_case, up to 40 characters, was 7"),
        ({"family": "TREND "}, "mine: family must be an AgentFamily, was 'TREND '"),
        ({"warmup": -1}, "mine: warmup must be a whole number, at least 0, was -1"),
        ({"warmup": 2.5}, r"mine: warmup must be a whole number, at least 0, was 2\.5"),
        ({"warmup": True}, "mine: warmup must be a whole number, at least 0, was True"),
        ({"settles": 2}, "mine: settles must be None or a whole number, at least warmup, was 2"),
        ({"meaning": "two\nlines"}, "mine: meaning must be one line, was 'two"),
        ({"meaning": " "}, "mine: meaning must be one line, was ' '"),
        ({"parameters": 3}, "mine: parameters must be finite numbers by name, was 3"),
        ({"parameters": {"mode": "fast"}}, "mine: parameters must be finite numbers by name, was {'mode': 'fast'}"),
        ({"parameters": {"limit": float("inf")}}, "parameters must be finite numbers by name, was {'limit': inf}"),
        ({"parameters": {"limit": float("nan")}}, "parameters must be finite numbers by name, was {'limit': nan}"),
        ({"parameters": {"exact": True}}, "parameters must be finite numbers by name, was {'exact': True}"),
        ({"parameters": {"period": 10**400}}, "parameters must be finite numbers by name, was {'period': 1000"),
        ({"parameters": {"two words": 3}}, "parameters must be finite numbers by name, was {'two words': 3}"),
        ({"parameters": {3: 4}}, "parameters must be finite numbers by name, was {3: 4}"),
        ({"evidence": 3}, "mine: evidence must be a function, was 3"),
    ],
)
def test_what_cannot_be_right_is_refused(changes: dict[str, Any], message: str) -> None:
    """With the agent's name, what was expected, and what was found."""
    with pytest.raises(ValueError, match=message):
        Agent(**{**GIVEN, **changes})


def test_parameters_cannot_be_changed_later() -> None:
    """Neither through the agent nor through what it was made of."""
    mine = {"period": 3}
    agent = Agent(**GIVEN, parameters=mine)
    mine["period"] = 4
    assert agent.parameters == {"period": 3}
    with pytest.raises(TypeError):
        agent.parameters["period"] = 5  # type: ignore[index]


def test_the_evidence_is_a_function_of_the_parameters() -> None:
    """They are given as keywords."""
    agent = Agent(**{**GIVEN, "evidence": lambda of, *, period: np.full(2, period)}, parameters={"period": 3})
    assert agent.evidence(None, **agent.parameters).tolist() == [3, 3]
