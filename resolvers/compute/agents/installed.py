"""Agents that other packages bring: the one place here that looks at what is installed."""

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

from resolvers.compute.agents.agent import Agent
from resolvers.compute.agents.catalog import AGENTS
from resolvers.compute.agents.panel import PANEL, Panel
from resolvers.compute.agents.trial import fault_of

GROUP = "signal_gateway.agents"
"""The entry points under which a package registers its agents, one each."""


class AgentRefused(ValueError):
    """Agents that are registered and cannot be used; the text names each of them, and says why."""


def installed_agents(registered: Iterable[EntryPoint] | None = None) -> tuple[Agent, ...]:
    """
    The agents of all installed packages, by name.

    Args:
        registered: The entry points to read; those of ``GROUP`` where none are given.

    Raises:
        AgentRefused: If one of them cannot be loaded, is no agent, has a name that is taken, or fails its trial.
    """
    found: dict[str, Agent] = {}
    refused = []
    taken = {agent.name: "comes with the gateway" for agent in AGENTS}
    for point in sorted(entry_points(group=GROUP) if registered is None else registered, key=_said):
        agent = _loaded(point)
        if isinstance(agent, str):
            refused.append(f"{_said(point)}: {agent}")
        elif agent.name in taken:
            refused.append(f"{_said(point)}: names must be unique, {agent.name} {taken[agent.name]}")
        elif fault := fault_of(agent):
            refused.append(f"{_said(point)}: agent {agent.name} failed its trial, {fault}")
        else:
            found[agent.name] = agent
            taken[agent.name] = f"is that of {_said(point)}"
    if refused:
        raise AgentRefused("\n".join(["refused as agents:", *refused]))
    return tuple(found[name] for name in sorted(found))


def installed_panel() -> Panel:
    """
    The agents that come with the gateway and those of all installed packages, in the order of their votes.

    Raises:
        AgentRefused: As `installed_agents`.
    """
    found = installed_agents()
    return Panel((*AGENTS, *found)) if found else PANEL


def _loaded(point: EntryPoint) -> Agent | str:
    """What is registered, or why it is not an agent."""
    try:
        found = point.load()
    except (Exception, SystemExit) as error:  # importing runs what the package's author wrote
        return f"it cannot be loaded, {type(error).__name__}: {error}"
    return found if isinstance(found, Agent) else f"an Agent was expected, found {found!r:.60}"


def _said(point: EntryPoint) -> str:
    package = f" of {point.dist.name} {point.dist.version}" if point.dist else ""
    return f"{point.name} = {point.value}{package}"
