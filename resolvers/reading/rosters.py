"""Who votes in the signals of a version of the engine."""

from collections.abc import Mapping, Sequence

from resolvers.cache.found import Loaded
from resolvers.model.event import ROSTERS
from resolvers.model.roster import Roster
from resolvers.reading.reads import Missing, Reads
from resolvers.storage.panels import read_panels


def held_roster(reads: Reads, version: str) -> Roster | Missing | None:
    """The agents of a version, if the process holds them; those that it asks itself it always does."""
    if version == reads.services.roster.version:
        return reads.services.roster
    return reads.peeked(reads.services.tiers.nouns.roster, version, ROSTERS)


async def rosters(reads: Reads, versions: Sequence[str]) -> Mapping[str, Roster | None]:
    """The agents of versions, those of now included; None for one of which no engine ever ran here."""
    own = reads.services.roster
    known = {one.name: one for one in own.agents}

    async def load(versions: Sequence[str]) -> dict[str, Loaded[Roster] | Exception]:
        read = await read_panels(reads.services.pool, versions)
        panels = {
            version: Roster.of_names(version, zip(panel.agents, panel.families, strict=True), known)
            for version, panel in read.items()
        }
        return {version: Loaded(panels.get(version), 0) for version in versions}

    others = dict.fromkeys([version for version in versions if version != own.version], ROSTERS)
    found = await reads.found(reads.services.tiers.nouns.roster, others, load) if others else {}
    return {own.version: own} | {
        version: None if isinstance(one.value, Exception) else one.value for version, one in found.items()
    }
