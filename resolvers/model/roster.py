"""Who votes in the signals of one version of the engine, and in which order."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from resolvers.model.computed_signals import producer_of
from resolvers.model.vote import AgentFamily

_GONE: Final = "An agent of an earlier version of the engine, which is not asked any more."
_PRODUCER: Final = re.compile(re.escape(producer_of("")) + "([0-9a-f]{12})")


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentEntry:
    """
    What is told of an agent.

    Attributes:
        parameters: Names and values, by name.
        warmup: Bars at the start of a series that it abstains on; 0 where that is no longer known.
        meaning: One line that says when it votes which way.
    """

    name: str
    family: AgentFamily
    parameters: tuple[tuple[str, float], ...]
    warmup: int
    meaning: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Roster:
    """
    The agents of a version, in the order of their votes.

    Attributes:
        version: Twelve hexadecimal digits that change with anything that votes depend on, so that equal versions have
            equal agents.
    """

    version: str
    agents: tuple[AgentEntry, ...] = field(compare=False)

    @classmethod
    def of_names(cls, version: str, named: Iterable[tuple[str, AgentFamily]], known: Mapping[str, AgentEntry]) -> Self:
        """
        The agents of a version of which no more than names and families are stored.

        Args:
            known: Agents of now, by name: one that has the name and the family has most likely stayed what it was.
        """
        entries = ((name, family, known.get(name)) for name, family in named)
        return cls(
            version=version,
            agents=tuple(
                entry
                if entry is not None and entry.family is family
                else AgentEntry(name=name, family=family, parameters=(), warmup=0, meaning=_GONE)
                for name, family, entry in entries
            ),
        )

    @property
    def families(self) -> tuple[AgentFamily, ...]:
        """One for each agent."""
        return tuple(one.family for one in self.agents)


def version_of(producer: str) -> str | None:
    """The version of the engine that is a signal's producer; None where somebody else made it."""
    found = _PRODUCER.fullmatch(producer)
    return None if found is None else found[1]
