"""Who votes in the signals of an engine's version: old votes can still be read when the panel is another one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from resolvers.model.vote import AgentFamily
from resolvers.storage.pool import Pool, connection

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredPanel:
    """Names and families of the agents, in the order of their votes."""

    agents: tuple[str, ...]
    families: tuple[AgentFamily, ...]


async def store_panel(one: "Connection", version: str, panel: StoredPanel) -> None:
    """Stores the panel of a version, once: a version never has another one."""
    await one.execute(
        "INSERT INTO panels (version, agents, families) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        version,
        list(panel.agents),
        [family.value for family in panel.families],
    )


async def read_panel(pool: Pool, version: str) -> StoredPanel | None:
    """The panel of a version; None where no engine of it ever ran here."""
    async with connection(pool) as one:
        row = await one.fetchrow("SELECT agents, families FROM panels WHERE version = $1", version)
    if row is None:
        return None
    return StoredPanel(agents=tuple(row["agents"]), families=tuple(AgentFamily(name) for name in row["families"]))
