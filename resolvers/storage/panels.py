"""Who votes in the signals of an engine's version: old votes can still be read when the panel is another one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from resolvers.compute.agents.panel import Panel
from resolvers.model.vote import AgentFamily
from resolvers.storage.pool import Pool, connection

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredPanel:
    """Names and families of the agents, in the order of their votes."""

    agents: tuple[str, ...]
    families: tuple[AgentFamily, ...]

    @classmethod
    def of(cls, panel: Panel) -> Self:
        """What is stored of a panel."""
        return cls(
            agents=tuple(agent.name for agent in panel.agents), families=tuple(agent.family for agent in panel.agents)
        )


async def store_panel(one: "Connection", version: str, panel: StoredPanel) -> None:
    """Stores the panel of a version, once: a version never has another one."""
    await one.execute(
        "INSERT INTO panels (version, agents, families) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        version,
        list(panel.agents),
        [family.value for family in panel.families],
    )


async def read_panels(pool: Pool, versions: Sequence[str]) -> dict[str, StoredPanel]:
    """The panels of *versions*, by version; those are left out of which no engine ever ran here."""
    async with connection(pool) as one:
        rows = await one.fetch(
            "SELECT version, agents, families FROM panels WHERE version = ANY($1::text[])", list(versions)
        )
    return {
        row["version"]: StoredPanel(
            agents=tuple(row["agents"]), families=tuple(AgentFamily(name) for name in row["families"])
        )
        for row in rows
    }
