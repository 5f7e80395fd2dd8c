"""What is told of the agents of a panel."""

from resolvers.compute.agents.panel import Panel
from resolvers.model.roster import AgentEntry, Roster


def roster_of(panel: Panel, version: str) -> Roster:
    """The agents of *panel*, in its order, as those of a *version* of the engine."""
    return Roster(
        version=version,
        agents=tuple(
            AgentEntry(
                name=one.name,
                family=one.family,
                parameters=tuple((name, float(value)) for name, value in sorted(one.parameters.items())),
                warmup=one.warmup,
                meaning=one.meaning,
            )
            for one in panel.agents
        ),
    )
