"""What agents say together about a bar."""

import strawberry

from resolvers.model.verdict import Verdict
from schema.engine_costs import FAMILIES
from schema.enums import AgentFamily, ConsensusMethod, Direction, Strength


@strawberry.type(name="FamilyConsensus", description="What the agents of a family say together.")
class FamilyConsensus:
    """A family as a client sees it."""

    family: AgentFamily = strawberry.field(description="Which family.")
    score: float | None = strawberry.field(
        description="The mean of its votes, from -1 to 1; null where none of it has one."
    )
    agents: int = strawberry.field(description="How many of its agents have a vote.")


@strawberry.type(
    name="Consensus",
    description="What the agents say together. It is no probability, and no promise.",
)
class ConsensusType:
    """The consensus of one bar."""

    said: strawberry.Private[Verdict]

    @strawberry.field(description="What a vote weighs in it.")
    def method(self) -> ConsensusMethod:
        return self.said.method

    @strawberry.field(
        description="From -1, all for a fall, to 1, all for a rise; 0 where fewer than half of the agents have a vote."
    )
    def score(self) -> float:
        return self.said.score

    @strawberry.field(description="`BUY` or `SELL` from a score of 0.1 on, else `HOLD`.")
    def direction(self) -> Direction:
        return self.said.direction

    @strawberry.field(description="`MODERATE` from a score of 0.25 on, `STRONG` from 0.4 on: a convention.")
    def strength(self) -> Strength:
        return self.said.strength

    @strawberry.field(description="The share of the weight that voted as `direction` says, from 0 to 1.")
    def agreement(self) -> float:
        return self.said.agreement

    @strawberry.field(
        description=(
            "How many independent agents would be worth as much as those that have a vote, by how their votes of the"
            " months before go together."
        )
    )
    def effective_agents(self) -> float:
        return self.said.effective

    @strawberry.field(description="How many agents have a vote.")
    def heard(self) -> int:
        return self.said.heard

    @strawberry.field(description="How many agents there are.")
    def asked(self) -> int:
        return self.said.asked

    @strawberry.field(description="The families one by one, whatever the method.", **FAMILIES)
    def families(self) -> list[FamilyConsensus]:
        return [FamilyConsensus(family=one.family, score=one.score, agents=one.agents) for one in self.said.families]
