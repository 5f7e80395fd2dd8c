"""The newest closed bar of a series, analysed for who asks."""

from typing import Annotated

import strawberry

from resolvers import votes
from resolvers.analysis import Analyzed, Progress
from resolvers.model.market import Market
from schema.consensus import ConsensusType
from schema.context import Info
from schema.engine_costs import CONSENSUS, VOTES
from schema.enums import AgentFamily, ConsensusMethod, Interval
from schema.market import Hub, hub
from schema.publishing import PublishError
from schema.scalars import Moment
from schema.signals import SignalType
from schema.votes import VoteType, votes_of


@strawberry.type(description="What became of the symbols. All signals are committed.")
class AnalyzePayload:
    """The answer of the mutation."""

    signals: list[SignalType] = strawberry.field(
        description="The signals of the newest closed bars, in the order of the symbols that have one."
    )
    errors: list[PublishError] = strawberry.field(description="Symbols without one, by index, each with the reason.")
    position: str = strawberry.field(
        description="Where this stands among all changes; opaque. The signals are part of all that follows it."
    )

    @classmethod
    def of(cls, analyzed: Analyzed) -> "AnalyzePayload":
        """*analyzed* as a client sees it."""
        return cls(
            signals=[SignalType.of(one) for one in analyzed.signals],
            errors=[PublishError.at(one, "symbols") for one in analyzed.refusals],
            position=analyzed.position,
        )


@strawberry.type(
    name="AnalysisProgress",
    description="How far the analysis of a bar has come: a message for each family, and a last.",
)
class AnalysisProgressType:
    """One step of an analysis."""

    step: strawberry.Private[Progress]

    @strawberry.field(description="What is analysed.")
    def instrument(self) -> Hub:
        return hub(self.step.instrument)

    @strawberry.field(description="Length of the bar.")
    def interval(self) -> Interval:
        return self.step.interval

    @strawberry.field(
        description="Start of the bar. Where another one closes meanwhile, the analysis begins again with that."
    )
    def bar_time(self) -> Moment:
        return Moment(self.step.time)

    @strawberry.field(description="Whose votes have just come; null in the last message.")
    def family(self) -> AgentFamily | None:
        return self.step.family

    @strawberry.field(description="The votes of `family`; in the last message those of all.", **VOTES)
    def votes(self) -> list[VoteType]:
        return votes_of(self.step.roster, self.step.votes, self.step.family)

    @strawberry.field(description="How many families have voted.")
    def completed_families(self) -> int:
        return self.step.completed

    @strawberry.field(description="How many families there are.")
    def total_families(self) -> int:
        return self.step.total

    @strawberry.field(description="Whether this is the last message.")
    def is_complete(self) -> bool:
        return self.step.signal is not None

    @strawberry.field(
        description=(
            "What those say together that have voted so far; its score is 0 until half of all agents have. In the last"
            " message it is the signal's."
        ),
        **CONSENSUS,
    )
    async def consensus(
        self,
        info: Info,
        method: Annotated[
            ConsensusMethod, strawberry.argument(description="What a vote weighs.")
        ] = ConsensusMethod.FAMILY_MEAN,
    ) -> ConsensusType | None:
        step = self.step
        market = Market(step.interval, step.instrument.spec.is_simulated)
        said = await votes.consensus_of(info.context.loaders, step.roster, market, step.time, step.votes, method)
        return None if said is None else ConsensusType(said=said)

    @strawberry.field(description="The signal, which is stored by then; null before the last message.")
    def signal(self) -> SignalType | None:
        return None if self.step.signal is None else SignalType.of(self.step.signal)
