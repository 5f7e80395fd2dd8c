"""Agents of other packages: installed for real in a folder of their own."""

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from resolvers.compute.agents.installed import GROUP, AgentRefused, installed_agents
from resolvers.compute.agents.panel import PANEL, Panel
from tests.resolvers.compute.agents.packages import install
from tests.resolvers.compute.simulated import simulated_bars

MODULE = """
from resolvers.compute.agents.agent import Agent
from resolvers.compute.agents.shared import change
from resolvers.model.vote import AgentFamily

def agent(name, evidence):
    return Agent(name=name, family=AgentFamily.MOMENTUM, warmup=1, meaning="Buy on a rise.", evidence=evidence)

RISE = agent("rise", lambda of: of(change, 1))
OTHER_RISE = agent("rise", lambda of: of(change, 1))
FALL = agent("a_fall", lambda of: -of(change, 1))
TAKEN = agent("cci", lambda of: of(change, 1))
TOMORROW = agent("tomorrow", lambda of: -of(change, 1)[list(range(1, len(of.bars))) + [0]])
PERIOD = 14
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that packages are looked for in."""
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("their_agents", None)


def _refusal() -> list[str]:
    with pytest.raises(AgentRefused) as refused:
        installed_agents()
    return str(refused.value).splitlines()


def test_nothing_is_installed_by_default() -> None:
    """The gateway's own agents are not entry points."""
    assert installed_agents() == ()


def test_what_a_package_registers_votes_with_the_others(folder: Path) -> None:
    """After them, by name, so that their votes stay where they are."""
    install(folder, "their_agents", MODULE, {"one": "their_agents:RISE", "two": "their_agents:FALL"})
    agents = installed_agents()
    assert [agent.name for agent in agents] == ["a_fall", "rise"]
    panel, bars = Panel([*PANEL.agents, *agents]), simulated_bars(30)
    votes = panel.votes(bars)
    assert (votes[:-2] == PANEL.votes(bars)).all()
    assert (votes[-1, 1:] == -votes[-2, 1:]).all()
    assert panel.version != PANEL.version


def test_a_bad_one_is_refused_with_its_package_and_the_reason(folder: Path) -> None:
    """All bad ones at once, so that one need not be mended to hear of the next."""
    registered = {
        "gone": "their_agents:GONE",
        "number": "their_agents:PERIOD",
        "one": "their_agents:RISE",
        "other": "their_agents:OTHER_RISE",
        "taken": "their_agents:TAKEN",
        "tomorrow": "their_agents:TOMORROW",
    }
    install(folder, "their_agents", MODULE, registered)
    reasons = {
        "gone": "it cannot be loaded, AttributeError: module 'their_agents' has no attribute 'GONE'",
        "number": "an Agent was expected, found 14",
        "other": "names must be unique, rise is that of one = their_agents:RISE of their_agents 1.0",
        "taken": "names must be unique, cci comes with the gateway",
        "tomorrow": "agent tomorrow failed its trial, its vote on bar 95 depends on bars after 95",
    }
    said = [f"{point} = {registered[point]} of their_agents 1.0: {reason}" for point, reason in reasons.items()]
    assert _refusal() == ["refused as agents:", *said]


@pytest.mark.parametrize("error", [RuntimeError, SystemExit])
def test_a_package_that_cannot_be_imported_is_named(error: type[BaseException], folder: Path) -> None:
    """With what its import raised, of whatever kind."""
    install(folder, "their_agents", f"raise {error.__name__}('no licence')", {"one": "their_agents:RISE"})
    assert _refusal()[1].endswith(f"it cannot be loaded, {error.__name__}: no licence")


def test_an_agent_that_cannot_be_made_is_named(folder: Path) -> None:
    """Its module fails with what an agent may not be."""
    install(folder, "their_agents", MODULE.replace('"rise"', '"My Rise"'), {"one": "their_agents:RISE"})
    assert _refusal()[1].endswith("ValueError: name must be snake_case, up to 40 characters, was 'My Rise'")


def test_entry_points_may_be_given() -> None:
    """Without a package, as a test of one's own does."""
    point = EntryPoint("again", "resolvers.compute.agents.panel:PANEL", GROUP)
    with pytest.raises(AgentRefused, match="PANEL: an Agent was expected, found <"):
        installed_agents([point])
