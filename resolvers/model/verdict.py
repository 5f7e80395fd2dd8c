"""What the agents say together about one bar."""

from dataclasses import dataclass

from resolvers.model.consensus import ConsensusMethod
from resolvers.model.signal import Direction, Strength
from resolvers.model.vote import AgentFamily


@dataclass(frozen=True, kw_only=True, slots=True)
class FamilyVerdict:
    """
    What a family says.

    Attributes:
        score: The mean of its votes, -1 to 1; None where none of it has one.
        agents: How many of it have a vote.
    """

    family: AgentFamily
    score: float | None
    agents: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """
    The consensus of one bar; what is not described here is as of `resolvers.compute.consensus.Consensus`.

    Attributes:
        asked: How many agents there are.
        families: Those that have agents, in the order of `AgentFamily`.
    """

    method: ConsensusMethod
    score: float
    direction: Direction
    strength: Strength
    agreement: float
    effective: float
    heard: int
    asked: int
    families: tuple[FamilyVerdict, ...]
