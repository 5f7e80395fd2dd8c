"""Who votes in the signals of a version."""

import pytest

from resolvers.model.computed_signals import producer_of
from resolvers.model.roster import AgentEntry, Roster, version_of
from resolvers.model.vote import AgentFamily


@pytest.mark.parametrize(
    ("producer", "version"),
    [
        (producer_of("0123456789ab"), "0123456789ab"),
        ("gateway-engine-0123456789AB", None),
        ("gateway-engine-0123456789abc", None),
        ("my-gateway-engine-0123456789ab", None),
        ("gateway", None),
        ("desk/1", None),
    ],
)
def test_the_version_is_in_the_producer(producer: str, version: str | None) -> None:
    """Of the engine's own signals, and of no others."""
    assert version_of(producer) == version


def test_agents_that_are_known_are_described() -> None:
    """By name and family; one whose name has another family now is another one."""
    now = AgentEntry(name="a", family=AgentFamily.TREND, parameters=(("period", 3.0),), warmup=3, meaning="Buy.")
    named = [("a", AgentFamily.TREND), ("a", AgentFamily.VOLUME), ("b", AgentFamily.TREND)]
    roster = Roster.of_names("0" * 12, named, {"a": now})
    assert roster.agents[0] == now
    assert [(one.name, one.family) for one in roster.agents] == named
    assert [one.parameters for one in roster.agents[1:]] == [(), ()]
    assert roster.families == (AgentFamily.TREND, AgentFamily.VOLUME, AgentFamily.TREND)
