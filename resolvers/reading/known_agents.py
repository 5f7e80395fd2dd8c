"""What is known of agents, by version and market."""

from collections.abc import Mapping, Sequence

from resolvers.cache.found import Loaded
from resolvers.compute.known_agents import KnownAgents
from resolvers.model.event import SIGNALS
from resolvers.reading.reads import Missing, Reads
from resolvers.storage.track_records import RecordKey, read_track_records


def held_known_agents(reads: Reads, key: RecordKey) -> KnownAgents | Missing | None:
    """What is known, if the process holds it."""
    return reads.peeked(reads.services.tiers.nouns.known_agents, key, SIGNALS)


async def known_agents(reads: Reads, keys: Sequence[RecordKey]) -> Mapping[RecordKey, KnownAgents | None]:
    """
    What is known of the agents of a version in a market; None where nothing is.

    Where it is known becomes another with signals, so that it is as old as they are. Most new signals change nothing of
    it: what is held then stays, and only whether it has changed is read.
    """
    tiers = reads.services.tiers
    noun = tiers.nouns.known_agents

    async def load(keys: Sequence[RecordKey]) -> dict[RecordKey, Loaded[KnownAgents] | Exception]:
        entries = {key: tiers.memory(noun).get(key, 0, tiers.clock()) for key in keys}
        held = {key: entry.value for key, entry in entries.items() if entry is not None and entry.value is not None}
        read = await read_track_records(
            reads.services.pool, {key: held[key].stamp if key in held else None for key in keys}
        )
        found: dict[RecordKey, KnownAgents | None] = {}
        for key, one in read.value.items():
            found[key] = held[key] if one.record is None else KnownAgents(one.record, one.stamp)
        return {key: Loaded(found.get(key), read.revision) for key in keys}

    found = await reads.found(noun, dict.fromkeys(keys, SIGNALS), load)
    return {key: _given(one.value) for key, one in found.items()}


def _given(value: KnownAgents | Exception | None) -> KnownAgents | None:
    """A value; errors are raised, which these loads have none of for single keys."""
    if isinstance(value, Exception):
        raise value
    return value
