"""Opportunities."""

from collections.abc import Container, Hashable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from typing import Annotated, Any, Final

import strawberry

from resolvers import opportunities
from resolvers.compute.opportunities import WEIGHTS
from resolvers.compute.opportunity_reasons import reasons
from resolvers.errors import TooLarge
from resolvers.loaders import Loaders
from resolvers.market import instruments_of
from resolvers.model.instrument import Instrument
from resolvers.model.opportunity import ANY, Choice, Opportunity, OpportunityConditions, Ranking
from schema.caching import CacheControl
from schema.context import Info
from schema.enums import AssetClass, Direction, Interval, OpportunityPart
from schema.kept_rows import KeptRows, RowTexts
from schema.market import Hub, hub
from schema.market_costs import OPPORTUNITY_PARTS
from schema.node import Node, global_id
from schema.pagination import checked_first
from schema.scalars import given
from schema.signals import MAX_SYMBOLS, SignalType

KIND: Final = "Opportunity"
DISCLAIMER: Final = (
    "An order of what producers of signals say, by a stated formula that was fitted to nothing. It is no advice, and"
    " says nothing of what anybody will earn or lose."
)


@strawberry.input(description="Which opportunities are meant; every condition given must hold.")
class OpportunityFilter:
    """Conditions on opportunities."""

    symbols: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Of one of these: symbols or aliases, in any case; at most 500."
    )
    asset_classes: list[AssetClass] | None = strawberry.field(
        default=strawberry.UNSET, description="Of instruments of one of these kinds."
    )
    interval: Interval | None = strawberry.field(
        default=strawberry.UNSET,
        description=(
            "Rank signals of bars of this length alone. All other conditions leave ranks as they are."
            " Without it the newest signal of each instrument is ranked, whatever its interval."
        ),
    )
    direction: Direction | None = strawberry.field(default=strawberry.UNSET, description="`BUY` or `SELL`.")
    min_score: float | None = strawberry.field(
        default=strawberry.UNSET, description="At least this score of the opportunity, from 0 to 1."
    )
    min_confidence: float | None = strawberry.field(
        default=strawberry.UNSET,
        description="A signal that is at least so confident, from 0 to 1; one that does not say is not.",
    )
    min_risk_reward: float | None = strawberry.field(
        default=strawberry.UNSET,
        description="A signal of at least this `riskReward`, from 0 on; one that does not say has none.",
    )


OpportunityFirst = Annotated[int, strawberry.argument(description="At most this many, up to 500.")]
OpportunityWanted = Annotated[
    OpportunityFilter | None, strawberry.argument(description="Conditions that all must hold.")
]


async def conditions_of(loaders: Loaders, asked: OpportunityFilter | None) -> OpportunityConditions:
    """
    What a filter means.

    Raises:
        BadInput: If a condition cannot be right.
        TooLarge: If there are too many symbols.
        NotFound: If a symbol is unknown.
    """
    asked = asked or OpportunityFilter()
    choice = Choice(given(asked.interval))
    symbols, classes = given(asked.symbols), given(asked.asset_classes)
    ids: frozenset[int] | None = None
    if symbols is not None:
        if len(symbols) > MAX_SYMBOLS:
            raise TooLarge(f"symbols holds at most {MAX_SYMBOLS} items, {len(symbols)} were given")
        ids = await _ids_of(loaders, choice, symbols)
    return OpportunityConditions(
        choice=choice,
        instrument_ids=ids,
        asset_classes=None if classes is None else frozenset(classes),
        direction=given(asked.direction),
        min_score=given(asked.min_score),
        min_confidence=given(asked.min_confidence),
        min_risk_reward=given(asked.min_risk_reward),
    )


async def _ids_of(loaders: Loaders, choice: Choice, symbols: Sequence[str]) -> frozenset[int]:
    """The instruments of *symbols*; most are those of the ranking, written as they are stored."""
    known = (await opportunities.ranking_of(loaders, choice)).universe.ids
    found = [known.get(symbol) for symbol in symbols]
    unknown = [symbol for symbol, one in zip(symbols, found, strict=True) if one is None]
    others = [one.id for one in await instruments_of(loaders, unknown)] if unknown else []
    return frozenset([*(one for one in found if one is not None), *others])


def filter_of(coerced: Mapping[str, Any] | None) -> OpportunityFilter | None:
    """The filter of an argument as graphql-core coerces it, which no resolver was asked for."""
    if coerced is None:
        return None
    names = {
        "assetClasses": "asset_classes",
        "minScore": "min_score",
        "minConfidence": "min_confidence",
        "minRiskReward": "min_risk_reward",
    }
    return OpportunityFilter(**{names.get(name, name): value for name, value in coerced.items()})


@strawberry.type(name="OpportunityComponent", description="A part of the score of an opportunity.")
class OpportunityComponent:
    """A value, what it weighs, and what it comes from."""

    name: OpportunityPart = strawberry.field(description="Which part it is.")
    value: float = strawberry.field(description="From 0 to 1; 0 where nothing is known of it.")
    weight: float = strawberry.field(description="Its share in the score; those of all parts together are 1.")
    text: str = strawberry.field(description="What it comes from, in words and numbers.")


@strawberry.type(
    name=KIND,
    description=(
        "A signal that stands for its instrument, and its place among those of all instruments by a stated score."
        " It may be wrong, and nobody is promised anything."
    ),
    directives=[CacheControl(max_age=30)],
)
class OpportunityType(Node):
    """A ranked signal."""

    ranked: strawberry.Private[Opportunity]

    @classmethod
    def of(cls, ranked: Opportunity) -> "OpportunityType":
        """*ranked* as a client sees it; its id is of the instrument and the choice, whatever its place."""
        interval = ranked.choice.interval
        id_ = global_id(KIND, ranked.signal.symbol, None if interval is None else interval.name)
        return cls(id=id_, ranked=ranked)

    @strawberry.field(
        description="Its place from 1 on, among the opportunities of all instruments; a filter leaves it as it is."
    )
    def rank(self) -> int:
        return self.ranked.rank

    @classmethod
    def shown(cls, ranking: Ranking, some: Sequence[Opportunity]) -> KeptRows:
        """Some of a ranking; what is made of them is kept with it, for all who ask."""
        kept: dict[Hashable, OpportunityType] = ranking.shown.setdefault("types", {})
        texts: RowTexts = ranking.shown.get("texts") or ranking.shown.setdefault("texts", RowTexts())

        def types(some: Sequence[Opportunity]) -> dict[Hashable, OpportunityType]:
            for one in some:
                if one.rank not in kept:
                    kept[one.rank] = cls.of(one)
            return {one.rank: kept[one.rank] for one in some}

        def others(known: Container[Hashable], most: int) -> dict[Hashable, OpportunityType]:
            return types(list(islice((one for one in ranking.opportunities if one.rank not in known), most)))

        found = types(some)
        return KeptRows(found.values(), list(found), texts, others)

    @cached_property
    def _hub(self) -> Hub:
        return hub(self.ranked.member.instrument)

    @cached_property
    def _signal(self) -> SignalType:
        return SignalType.of(self.ranked.signal)

    @strawberry.field(description="What the signal is about.")
    def instrument(self) -> Hub:
        return self._hub

    @strawberry.field(description="From 0 to 1: the sum of each component's value times its weight, to six digits.")
    def score(self) -> float:
        return self.ranked.score

    @strawberry.field(
        description="What the score is made of, always the same parts in the same order.", **OPPORTUNITY_PARTS
    )
    def components(self) -> list[OpportunityComponent]:
        return [
            OpportunityComponent(name=name, value=value, weight=weight, text=text)
            for (name, weight), value, text in zip(
                WEIGHTS.items(), self.ranked.values, reasons(self.ranked), strict=True
            )
        ]

    @strawberry.field(description="Which way the price is expected to go: `BUY` or `SELL`.")
    def direction(self) -> Direction:
        return self.ranked.signal.direction

    @strawberry.field(description="The signal that stands for the instrument.")
    def signal(self) -> SignalType:
        return self._signal

    @strawberry.field(
        description="From the signal's `entry` to its `target`, in percent of `entry`; below 0 for an expected fall."
    )
    def expected_move_percent(self) -> float | None:
        return self.ranked.expected_move_percent

    @strawberry.field(
        description="From the signal's `entry` to its `stop`, in percent of `entry`, whichever the direction."
    )
    def risk_percent(self) -> float | None:
        return self.ranked.risk_percent

    @strawberry.field(description="Why it has its place: the texts of the components.", **OPPORTUNITY_PARTS)
    def reasons(self) -> list[str]:
        return list(reasons(self.ranked))

    @strawberry.field(description="When it was ranked.")
    def as_of(self) -> datetime:
        return datetime.fromtimestamp(self.ranked.ranked_at, UTC)

    @strawberry.field(description="What it is not; to be shown with it.")
    def disclaimer(self) -> str:
        return DISCLAIMER


async def best(info: Info, first: int, asked: OpportunityFilter | None) -> list[OpportunityType]:
    """
    The best opportunities that are meant, in the order of their ranks.

    Raises:
        BadInput: If *first* is negative, or a condition cannot be right.
        TooLarge: If *first* is over the limit, or there are too many symbols.
        NotFound: If a symbol is unknown.
    """
    checked_first(first)
    loaders = info.context.loaders
    conditions = await conditions_of(loaders, asked)
    ranking = await opportunities.ranking_of(loaders, conditions.choice)
    return OpportunityType.shown(ranking, opportunities.first_of(ranking, conditions, first))


async def opportunity_of(info: Info, instrument: Instrument) -> OpportunityType | None:
    """The opportunity of an instrument among those of all intervals."""
    found = await opportunities.opportunity_of(info.context.loaders, instrument, ANY)
    return None if found is None else OpportunityType.of(found)


async def opportunity_node(info: Info, instrument: Instrument, interval: str | None) -> OpportunityType:
    """
    The opportunity that an id names.

    Raises:
        NotFound: If no signal stands for the instrument.
    """
    choice = Choice(None if interval is None else Interval[interval])
    return OpportunityType.of(await opportunities.opportunity(info.context.loaders, instrument, choice))
