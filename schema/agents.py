"""Agents: who votes, and what became of their votes."""

from functools import lru_cache
from typing import Annotated

import strawberry

from resolvers import votes
from resolvers.compute.performance import AgentPerformance
from resolvers.model.roster import AgentEntry, Roster
from schema.caching import CacheControl
from schema.context import Info
from schema.engine_costs import PARAMETERS
from schema.enums import AgentFamily, Interval
from schema.scalars import Moment

_KEPT_ROSTERS = 16

OfFamily = Annotated[AgentFamily | None, strawberry.argument(description="Of this family alone.")]


@strawberry.type(name="AgentParameter", description="A number that an agent's rule uses.")
class AgentParameter:
    """A parameter as a client sees it."""

    name: str = strawberry.field(description="What it is called.")
    value: float = strawberry.field(description="Its value.")


@strawberry.type(
    name="AgentPerformance",
    description=(
        "What became of an agent's votes on all stored series of an interval, real and simulated ones never together."
        " Cases overlap, and instruments move together: they say less than their number."
    ),
    directives=[CacheControl(max_age=30)],
)
class AgentPerformanceType:
    """What became of an agent's votes."""

    known: strawberry.Private[AgentPerformance]
    simulated: strawberry.Private[bool]

    @strawberry.field(
        description=(
            "Whether it is of the simulated market, every price of which is made up; false where it is of the real one."
        )
    )
    def is_simulated(self) -> bool:
        return self.simulated

    @strawberry.field(description="Votes for the side that the close went to.")
    def hits(self) -> int:
        return self.known.hits

    @strawberry.field(description="Votes that were not 0, and of which it is known what became of them.")
    def cases(self) -> int:
        return self.known.cases

    @strawberry.field(description="`hits` of `cases`; null without any. Beside `baseRate` it means something.")
    def hit_rate(self) -> float | None:
        return self.known.hit_rate

    @strawberry.field(
        description=(
            "The share of hits that as many buys and sells would have had at bars chosen blindly; null without cases."
            " An agent below it knows nothing."
        )
    )
    def base_rate(self) -> float | None:
        return self.known.base_rate

    @strawberry.field(description="Bars from a vote to what became of it.")
    def horizon_bars(self) -> int:
        return self.known.horizon

    @strawberry.field(
        name="from",
        description=(
            "The first bar of the period, in which an agent votes from the end of its warm-up on; null where nothing is"
            " known."
        ),
    )
    def from_(self) -> Moment | None:
        return None if self.known.since is None else Moment(self.known.since)

    @strawberry.field(description="The last bar of the period; null where nothing is known.")
    def to(self) -> Moment | None:
        return None if self.known.until is None else Moment(self.known.until)


@strawberry.type(
    name="Agent",
    description="A rule that votes on every closed bar for a rise, for a fall, or for neither, or abstains.",
    directives=[CacheControl(max_age=600)],
)
class AgentType:
    """An agent of one version of the engine."""

    entry: strawberry.Private[AgentEntry]
    version: strawberry.Private[str]

    @strawberry.field(description="Its unique name.")
    def name(self) -> str:
        return self.entry.name

    @strawberry.field(description="What kind of thing it looks at.")
    def family(self) -> AgentFamily:
        return self.entry.family

    @strawberry.field(description="When it votes which way, in one line.")
    def description(self) -> str:
        return self.entry.meaning

    @strawberry.field(
        description="Bars at the start of a series that it abstains on; 0 for one that is not asked any more."
    )
    def warmup_bars(self) -> int:
        return self.entry.warmup

    @strawberry.field(description="The numbers that its rule uses, by name.", **PARAMETERS)
    def parameters(self) -> list[AgentParameter]:
        return [AgentParameter(name=name, value=value) for name, value in self.entry.parameters]

    @strawberry.field(
        description=(
            "What became of its votes in the real market, or in the simulated one where nothing was counted in the real"
            " one; null where nothing is known of them."
        )
    )
    async def performance(
        self,
        info: Info,
        interval: Annotated[
            Interval, strawberry.argument(description="Length of the bars that it voted on.")
        ] = Interval.D1,
    ) -> AgentPerformanceType | None:
        known = await votes.performance(info.context.loaders, self.version, self.entry.name, interval)
        return None if known is None else AgentPerformanceType(known=known.of, simulated=known.is_simulated)


@lru_cache(maxsize=_KEPT_ROSTERS)
def agents_of(roster: Roster) -> tuple[AgentType, ...]:
    """The agents of a roster, in its order; the same objects each time, because they say the same."""
    return tuple(AgentType(entry=one, version=roster.version) for one in roster.agents)
