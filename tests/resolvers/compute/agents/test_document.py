"""docs/agents.md says what is so, and its example works."""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from resolvers.compute.agents.catalog import AGENTS
from resolvers.compute.agents.installed import GROUP, installed_agents
from resolvers.compute.agents.panel import PANEL, Panel
from resolvers.model.vote import Abstention
from tests.resolvers.compute.agents.packages import install
from tests.resolvers.compute.simulated import simulated_bars

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "agents.md").read_text()


def _block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that packages are looked for in."""
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("my_agents", None)


def test_every_agent_is_documented_as_it_is() -> None:
    """With its family, parameters, warm-up and meaning."""
    rows = [line for line in PAGE.splitlines() if re.match(r"\| `[a-z]", line)]
    expected = [
        f"| `{agent.name}` | {agent.family.value} "
        f"| {', '.join(f'{name} {value:g}' for name, value in agent.parameters.items())} "
        f"| {agent.warmup} | {agent.meaning} |"
        for agent in AGENTS
    ]
    assert rows == expected


def test_every_reason_is_documented_with_its_code() -> None:
    """The code is what is stored."""
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", PAGE, re.MULTILINE)
    assert [(int(code), name) for code, name in rows] == [(reason.value, reason.name) for reason in Abstention]


def test_who_never_settles_is_named() -> None:
    """Because an older bar that is stored later changes their votes."""
    (sentence,) = re.findall(r"Six never do[^:]*: ([^.]*)\.", PAGE)
    assert re.findall(r"`(\w+)`", sentence) == [agent.name for agent in AGENTS if agent.settles is None]


def test_the_example_votes(folder: Path) -> None:
    """As it is shown: the module, registered as the file of the project says."""
    registered = tomllib.loads(_block("toml"))["project"]["entry-points"][GROUP]
    install(folder, "my_agents", _block("python"), registered)
    panel, bars = Panel([*PANEL.agents, *installed_agents()]), simulated_bars(600)
    votes = panel.votes(bars)
    assert panel.agents[-1].name == "stretched_34"
    assert {-1, 0, 1} <= set(votes[-1].tolist())
    assert (votes[-1, :34] == Abstention.WARM_UP).all()
    assert np.isin(votes[-1, 34:], (-1, 0, 1)).all()
