"""
The score of an opportunity, and the ranking by it.

Source:
    docs/opportunities.md has the formula. The weights are a convention, fitted to nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import floor, inf, isfinite
from types import MappingProxyType
from typing import Final, NamedTuple

from resolvers.model.instrument import Instrument
from resolvers.model.opportunity import Choice, Opportunity, OpportunityPart, Ranking
from resolvers.model.signal import Direction, Signal, SignalStatus
from resolvers.model.universe import Liquidity, Member, Universe

WEIGHTS: Final[Mapping[OpportunityPart, float]] = MappingProxyType(
    {
        OpportunityPart.SCORE: 0.35,
        OpportunityPart.CONFIDENCE: 0.15,
        OpportunityPart.REWARD: 0.2,
        OpportunityPart.LIQUIDITY: 0.15,
        OpportunityPart.FRESHNESS: 0.15,
    }
)
COIN: Final = 0.5
"""The base rate where none is known."""
LIQUIDITY_DAYS: Final = 20
STEPS: Final = 10
"""In how many steps a signal loses its freshness, so that a ranking stands for a while."""
HORIZON_BARS: Final = 5
"""After how many bars a signal is stale whose producer says neither until when it holds nor when to judge it."""

_DIGITS = 6


class Freshness(NamedTuple):
    """
    How much of a signal's life is left.

    Attributes:
        value: From 0 to 1, in steps.
        until: When it is another one, in unix seconds.
    """

    value: float
    until: float


class Traded(NamedTuple):
    """
    What is stored of an instrument that is traded.

    Attributes:
        turnover: Median of close times volume over its last *days* days; None where no volume is stored.
    """

    instrument: Instrument
    turnover: float | None
    days: int


def ranking(
    signals: Iterable[Signal],
    universe: Universe,
    choice: Choice,
    now: float,
    *,
    revision: int = 0,
    universe_revision: int = 0,
) -> Ranking:
    """
    The opportunities of a choice, best first, equal ones by symbol; each of another instrument.

    Args:
        signals: At least those that are active; others are passed over.
        now: In unix seconds.
    """
    until, members = inf, universe.members
    scored: list[tuple[float, str, Signal, tuple[float, ...]]] = []
    for signal in candidates(signals, choice, now):
        member = members.get(signal.instrument_id)
        if member is None:
            continue
        fresh = freshness(signal, now)
        values = (
            abs(signal.score),
            edge(signal),
            reward(signal),
            0.0 if member.liquidity is None else member.liquidity.rank,
            fresh.value,
        )
        scored.append((-score(values), signal.symbol, signal, values))
        until = min(until, fresh.until, _end(signal))
    scored.sort(key=lambda one: one[:2])
    return Ranking(
        opportunities=tuple(
            Opportunity(
                choice=choice,
                rank=rank,
                score=-negative,
                values=values,
                signal=signal,
                member=members[signal.instrument_id],
                ranked_at=now,
            )
            for rank, (negative, _, signal, values) in enumerate(scored, 1)
        ),
        universe=universe,
        until=until,
        revision=revision,
        universe_revision=universe_revision,
    )


def candidates(signals: Iterable[Signal], choice: Choice, now: float) -> list[Signal]:
    """
    The one signal that stands for each instrument: of those that are active and say BUY or SELL the newest.

    That is the one of the latest bar; of bars that begin together that of the longest, then that of the producer whose
    name comes first, then that with the lowest digest.
    """
    newest: dict[int, Signal] = {}
    for one in signals:
        if (
            one.direction is Direction.HOLD
            or (choice.interval is not None and one.interval is not choice.interval)
            or one.status(now) is not SignalStatus.ACTIVE
        ):
            continue
        held = newest.get(one.instrument_id)
        if held is None or _newness(one) < _newness(held):
            newest[one.instrument_id] = one
    return list(newest.values())


def _newness(signal: Signal) -> tuple[int, int, str, str]:
    """Lower for a signal that goes before another one of its instrument."""
    return -signal.time, -signal.interval.value, signal.producer, signal.digest


def score(values: Sequence[float]) -> float:
    """The weighted mean of the parts' *values*, each from 0 to 1, to six digits; from 0 to 1."""
    return round(sum(weight * value for weight, value in zip(WEIGHTS.values(), values, strict=True)), _DIGITS)


def edge(signal: Signal) -> float:
    """
    Of the cases in which the price went against such a side, the share that the confidence claims for it.

    From 0 to 1; 0 for a confidence that is not above its base rate, or not known.
    """
    if signal.confidence is None:
        return 0.0
    base = COIN if signal.basis is None else signal.basis.base_rate
    return max(0.0, signal.confidence - base) / (1 - base) if base < 1 else 0.0


def reward(signal: Signal) -> float:
    """The way from entry to target in that from stop to target, from 0 to 1; 0 where a price is not given."""
    ratio = signal.risk_reward
    if ratio is None:
        return 0.0
    return ratio / (1 + ratio) if isfinite(ratio) else 1.0


def freshness(signal: Signal, now: float) -> Freshness:
    """
    The share of a signal's life that is left, rounded up to tenths.

    Its life is from the start of its bar to ``validUntil``; without that as long as its horizon and its bar, and what
    is left then is 0 for good.
    """
    begin, end = signal.time, _end(signal)
    if end == inf:
        end = begin + (1 + (signal.horizon_bars or HORIZON_BARS)) * signal.interval.seconds
    if now >= end:
        return Freshness(0.0, inf)
    life = end - begin
    steps = max(0, floor((now - begin) * STEPS / life))
    until = begin + (steps + 1) * life / STEPS
    if until <= now:  # by the last bit of a division
        steps, until = steps + 1, begin + (steps + 2) * life / STEPS
    return Freshness(max(0, STEPS - steps) / STEPS, until)


def _end(signal: Signal) -> float:
    return inf if signal.valid_until is None else signal.valid_until.timestamp()


def universe_of(traded: Sequence[Traded]) -> Universe:
    """All of them, each ranked among those of its currency that are simulated as it is, or real as it is."""
    peers: dict[tuple[str, bool], list[Traded]] = defaultdict(list)
    for one in traded:
        spec = one.instrument.spec
        peers[spec.currency, spec.is_simulated].append(one)
    members: dict[int, Member] = {}
    for same in peers.values():
        known = sorted(one.turnover for one in same if one.turnover is not None)
        ranks = _ranks(known)
        for one in same:
            liquidity = None
            if one.turnover is not None:
                liquidity = Liquidity(
                    turnover=one.turnover, days=one.days, rank=ranks[one.turnover], peers=len(known) - 1
                )
            members[one.instrument.id] = Member(instrument=one.instrument, liquidity=liquidity)
    return Universe(members)


def _ranks(ordered: Sequence[float]) -> dict[float, float]:
    """Of each of the values, lowest first: the share of the others below it, equal ones counted as halves."""
    others = len(ordered) - 1
    if others <= 0:
        return dict.fromkeys(ordered, 0.5)
    first: dict[float, int] = {}
    count: dict[float, int] = defaultdict(int)
    for place, value in enumerate(ordered):
        first.setdefault(value, place)
        count[value] += 1
    return {value: (below + (count[value] - 1) / 2) / others for value, below in first.items()}
