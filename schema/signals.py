"""Signals."""

import re
from collections.abc import Awaitable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final

import strawberry

from resolvers import signals, votes
from resolvers.errors import TooLarge
from resolvers.loaders import Loaders
from resolvers.market import instruments_of
from resolvers.model.instrument import Instrument
from resolvers.model.signal import ConfidenceBasis, Signal
from resolvers.model.signal_page import SignalConditions, SignalKey
from schema.agents import OfFamily
from schema.caching import CacheControl
from schema.consensus import ConsensusType
from schema.context import Info
from schema.engine_costs import CONSENSUS, MEASURES, RATIONALE, VOTES
from schema.enums import ConsensusMethod, Direction, Interval, SignalStatus, Strength
from schema.insights import INSIGHT, InsightType, signal_insight
from schema.market import Hub, hub
from schema.measures import MeasureType, measures_of
from schema.node import Node, global_id
from schema.resolving import asks_context, is_steady
from schema.scalars import FIRST_SECOND, LAST_SECOND, Moment, given
from schema.votes import VoteType, votes_of

DISCLAIMER: Final = (
    "For information only, as its producer gave it. It is no advice to buy or to sell, and says nothing of what anybody"
    " will earn or lose."
)
MAX_SYMBOLS: Final = 500

_DIGEST = re.compile("[0-9a-f]{32}")


def signal_key(time: int, digest: str) -> SignalKey | None:
    """The key that a bar's time and a digest make; None where no signal can have it."""
    if isinstance(time, bool) or not FIRST_SECOND <= time <= LAST_SECOND or not _DIGEST.fullmatch(digest):
        return None
    return SignalKey(time, digest)


@strawberry.input(description="Which signals are meant; every condition given must hold.")
class SignalFilter:
    """Conditions on signals."""

    symbols: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="About one of these: symbols or aliases, in any case; at most 500."
    )
    interval: Interval | None = strawberry.field(default=strawberry.UNSET, description="Of bars of this length.")
    direction: Direction | None = strawberry.field(default=strawberry.UNSET, description="Of this direction.")
    status: SignalStatus | None = strawberry.field(default=strawberry.UNSET, description="Of this status now.")
    min_confidence: float | None = strawberry.field(
        default=strawberry.UNSET, description="At least so confident, from 0 to 1; one that does not say is not."
    )
    min_score: float | None = strawberry.field(
        default=strawberry.UNSET, description="A score of at least this size, from 0 to 1, whichever the direction."
    )
    producer: str | None = strawberry.field(default=strawberry.UNSET, description="Made by this one.")
    from_: datetime | None = strawberry.field(
        name="from", default=strawberry.UNSET, description="Of bars from this time on."
    )
    to: datetime | None = strawberry.field(default=strawberry.UNSET, description="Of bars before this time.")


async def conditions_of(
    loaders: Loaders, asked: SignalFilter | None, *, of: Instrument | None = None
) -> SignalConditions:
    """
    What a filter means.

    Args:
        of: The one instrument that signals may be about, if there is one.

    Raises:
        BadInput: If a condition cannot be right.
        TooLarge: If there are too many symbols.
        NotFound: If a symbol is unknown.
    """
    asked = asked or SignalFilter()
    symbols = given(asked.symbols)
    ids: tuple[int, ...] | None = None
    if symbols is not None:
        if len(symbols) > MAX_SYMBOLS:
            raise TooLarge(f"symbols holds at most {MAX_SYMBOLS} items, {len(symbols)} were given")
        ids = tuple(sorted({one.id for one in await instruments_of(loaders, symbols)}))
    if of is not None:
        ids = (of.id,) if ids is None or of.id in ids else ()
    return SignalConditions(
        instrument_ids=ids,
        interval=given(asked.interval),
        direction=given(asked.direction),
        status=given(asked.status),
        min_confidence=given(asked.min_confidence),
        min_score=given(asked.min_score),
        producer=given(asked.producer),
        start=given(asked.from_),
        end=given(asked.to),
    )


def filter_of(coerced: Mapping[str, Any] | None) -> SignalFilter | None:
    """The filter of an argument as graphql-core coerces it, which no resolver was asked for."""
    if coerced is None:
        return None
    names = {"from": "from_", "minConfidence": "min_confidence", "minScore": "min_score"}
    return SignalFilter(**{names.get(name, name): value for name, value in coerced.items()})


@strawberry.type(name="ConfidenceBasis", description="What a confidence rests on.")
class ConfidenceBasisType:
    """The fit that a confidence is of."""

    basis: strawberry.Private[ConfidenceBasis]
    horizon: strawberry.Private[int | None]

    @strawberry.field(description="Its name: when it was made, for which horizon, and a hash of all that it counted.")
    def fit(self) -> str:
        return self.basis.fit

    @strawberry.field(
        description=(
            "The share of all bars after which the price went to the side of the signal. A confidence below it says"
            " that such a score was worse than none."
        )
    )
    def base_rate(self) -> float:
        return self.basis.base_rate

    @strawberry.field(description="Scores like this one of which it was known what became of them.")
    def cases(self) -> int:
        return self.basis.cases

    @strawberry.field(description="Bars from a score to what became of it.")
    def horizon_bars(self) -> int | None:
        return self.horizon


@strawberry.type(
    name="Signal",
    description="What somebody thinks that a price will do. It may be wrong, and nobody is promised anything.",
    directives=[CacheControl(max_age=30)],
)
class SignalType(Node):
    """A stored signal."""

    stored: strawberry.Private[Signal]

    @classmethod
    def of(cls, signal: Signal) -> "SignalType":
        """*signal* as a client sees it; its id stays the same, so a client's cache merges what is said anew."""
        return cls(id=global_id("Signal", signal.time, signal.digest), stored=signal)

    @strawberry.field(description="What it is about.", graphql_type=Hub)
    @asks_context
    def instrument(self, info: Info) -> Hub | Awaitable[Hub]:
        return signals.instrument_of(info.context.loaders, self.stored, hub)

    @strawberry.field(description="Length of the bars that it is about.")
    def interval(self) -> Interval:
        return self.stored.interval

    @strawberry.field(description="Start of the bar that it was made on.")
    def bar_time(self) -> Moment:
        return Moment(self.stored.time)

    @strawberry.field(description="Which way the price is expected to go.")
    def direction(self) -> Direction:
        return self.stored.direction

    @strawberry.field(description="How clear it is.")
    def strength(self) -> Strength:
        return self.stored.strength

    @strawberry.field(description="From -1 (sell) to 1 (buy).")
    def score(self) -> float:
        return self.stored.score

    @strawberry.field(description="How much of what was asked agrees, from 0 to 1. It is no probability.")
    def agreement(self) -> float:
        return self.stored.agreement

    @strawberry.field(
        description="How often such a signal was right, from 0 to 1; null where its producer does not know."
    )
    def confidence(self) -> float | None:
        return self.stored.confidence

    @strawberry.field(description="The last price when it was made.")
    def price(self) -> float:
        return self.stored.price

    @strawberry.field(description="At which price to begin, if its producer says.")
    def entry(self) -> float | None:
        return self.stored.entry

    @strawberry.field(description="At which price it was wrong, if its producer says.")
    def stop(self) -> float | None:
        return self.stored.stop

    @strawberry.field(description="At which price it was right, if its producer says.")
    def target(self) -> float | None:
        return self.stored.target

    @strawberry.field(
        description="From `entry` to `target`, in units of the way from `entry` to `stop`; null without all three."
    )
    def risk_reward(self) -> float | None:
        return self.stored.risk_reward

    @strawberry.field(description="After how many bars it is to be judged, if its producer says.")
    def horizon_bars(self) -> int | None:
        return self.stored.horizon_bars

    @strawberry.field(description="When it expires; null where only a newer one ends it.")
    def valid_until(self) -> datetime | None:
        return self.stored.valid_until

    @strawberry.field(description="Whether it still stands, when it is read.")
    @asks_context
    def status(self, info: Info) -> SignalStatus:
        return signals.status(info.context.loaders, self.stored)

    @strawberry.field(
        description=(
            "Why, in its producer's words; of a signal of this gateway's engine in words made of its votes, measures"
            " and levels."
        ),
        graphql_type=str,
        **RATIONALE,
    )
    @asks_context
    @is_steady
    def rationale(self, info: Info) -> str | Awaitable[str]:
        return votes.rationale(info.context.loaders, self.stored)

    @strawberry.field(description="What `confidence` rests on; null where its producer does not say.")
    def confidence_basis(self) -> ConfidenceBasisType | None:
        basis = self.stored.basis
        return None if basis is None else ConfidenceBasisType(basis=basis, horizon=self.stored.horizon_bars)

    @strawberry.field(
        description="What each agent said, in the order of `agents`; empty for signals of other producers.", **VOTES
    )
    async def votes(
        self,
        info: Info,
        family: OfFamily = strawberry.UNSET,
    ) -> list[VoteType]:
        asked = await votes.roster(info.context.loaders, self.stored)
        if asked is None or self.stored.votes is None:
            return []
        return votes_of(asked, self.stored.votes, given(family))

    @strawberry.field(
        description="What the agents say together; null for signals of other producers.",
        **CONSENSUS,
    )
    async def consensus(
        self,
        info: Info,
        method: Annotated[
            ConsensusMethod, strawberry.argument(description="What a vote weighs.")
        ] = ConsensusMethod.FAMILY_MEAN,
    ) -> ConsensusType | None:
        said = await votes.consensus(info.context.loaders, self.stored, method)
        return None if said is None else ConsensusType(said=said)

    @strawberry.field(
        description="Values that were measured on its bar; empty for signals of other producers.", **MEASURES
    )
    def measures(self) -> list[MeasureType]:
        return [] if self.stored.measures is None else measures_of(self.stored.measures)

    @strawberry.field(
        description="It in words, with the market at its bar; null where fewer than 50 closed bars lead up to it.",
        **INSIGHT,
    )
    async def insight(self, info: Info) -> InsightType | None:
        return await signal_insight(info, self.stored)

    @strawberry.field(description="When it was first stored.")
    def created_at(self) -> datetime:
        return self.stored.created_at

    @strawberry.field(description="Who made it, with the version of what made it.")
    def producer(self) -> str:
        return self.stored.producer

    @strawberry.field(description="What it is not; to be shown with it.")
    def disclaimer(self) -> str:
        return DISCLAIMER
