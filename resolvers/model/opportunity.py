"""Opportunities: what is signalled, ranked over all instruments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from resolvers.errors import BadInput
from resolvers.model.instrument import AssetClass
from resolvers.model.interval import Interval
from resolvers.model.signal import Direction, Signal
from resolvers.model.universe import NOTHING, Member, Universe


class OpportunityPart(StrEnum):
    """What a score is made of."""

    SCORE = "SCORE"
    CONFIDENCE = "CONFIDENCE"
    REWARD = "REWARD"
    LIQUIDITY = "LIQUIDITY"
    FRESHNESS = "FRESHNESS"


class Choice(NamedTuple):
    """Which signals are ranked: those of bars of *interval*, or of any where that is None."""

    interval: Interval | None = None


ANY: Final = Choice()


@dataclass(frozen=True, kw_only=True, slots=True)
class Opportunity:
    """
    The signal that stands for an instrument, and its place.

    Attributes:
        rank: Among those of all instruments, from 1.
        score: From 0 to 1.
        values: Of each part, from 0 to 1, in the order of `OpportunityPart`.
        member: Of the universe, as its liquidity was found.
        ranked_at: In unix seconds.
    """

    choice: Choice
    rank: int
    score: float
    values: tuple[float, ...]
    signal: Signal
    member: Member
    ranked_at: float

    @property
    def expected_move_percent(self) -> float | None:
        """From entry to target, in percent of entry, below 0 for a fall; None where either is not given."""
        entry, target = self.signal.entry, self.signal.target
        return None if entry is None or target is None else (target / entry - 1) * 100

    @property
    def risk_percent(self) -> float | None:
        """From entry to stop, in percent of entry, whichever the side; None where either is not given."""
        entry, stop = self.signal.entry, self.signal.stop
        return None if entry is None or stop is None else abs(stop / entry - 1) * 100


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Ranking:
    """
    All opportunities of a choice, best first.

    Attributes:
        universe: Whose members were ranked.
        until: The first moment at which the same signals are ranked otherwise, in unix seconds.
        revision: Of the signals, and
        universe_revision: of the instruments that it was made of.
        shown: What whoever shows them makes of opportunities, by names of their own; kept as long as the ranking.
    """

    opportunities: tuple[Opportunity, ...] = ()
    universe: Universe = NOTHING
    until: float
    revision: int = 0
    universe_revision: int = 0
    of_instrument: Mapping[int, Opportunity] = field(init=False)
    shown: dict[str, Any] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Makes them found by instrument."""
        found = {one.signal.instrument_id: one for one in self.opportunities}
        object.__setattr__(self, "of_instrument", MappingProxyType(found))


@dataclass(frozen=True, kw_only=True, slots=True)
class OpportunityConditions:
    """
    Conditions on opportunities, which all must hold.

    All but the choice leave ranks as they are.

    Raises:
        BadInput: If no opportunity can be meant.

    Attributes:
        choice: Which signals are ranked.
        instrument_ids: Of one of these instruments.
        min_score: Of the opportunity.
        min_confidence: Of its signal; one that does not say is not.
        min_risk_reward: Likewise.
    """

    choice: Choice = ANY
    instrument_ids: frozenset[int] | None = None
    asset_classes: frozenset[AssetClass] | None = None
    direction: Direction | None = None
    min_score: float | None = None
    min_confidence: float | None = None
    min_risk_reward: float | None = None

    def __post_init__(self) -> None:
        """Refuses what cannot be looked for."""
        for name, value in (("minScore", self.min_score), ("minConfidence", self.min_confidence)):
            if value is not None and not 0 <= value <= 1:
                raise BadInput(f"{name} must be from 0 to 1, was {value}")
        if self.min_risk_reward is not None and not self.min_risk_reward >= 0:
            raise BadInput(f"minRiskReward must be at least 0, was {self.min_risk_reward}")
        if self.direction is Direction.HOLD:
            raise BadInput("direction must be BUY or SELL, was HOLD")

    @property
    def ask_more(self) -> bool:
        """Whether more is asked for than an instrument."""
        others = (self.asset_classes, self.direction, self.min_score, self.min_confidence, self.min_risk_reward)
        return others.count(None) < len(others)

    def accept(self, one: Opportunity) -> bool:
        """Whether an opportunity of the choice is meant."""
        signal = one.signal
        return (
            (self.instrument_ids is None or signal.instrument_id in self.instrument_ids)
            and (self.asset_classes is None or one.member.asset_class in self.asset_classes)
            and (self.direction is None or signal.direction is self.direction)
            and (self.min_score is None or one.score >= self.min_score)
            and _is_at_least(signal.confidence, self.min_confidence)
            and _is_at_least(signal.risk_reward, self.min_risk_reward)
        )


def _is_at_least(value: float | None, least: float | None) -> bool:
    return least is None or (value is not None and value >= least)
