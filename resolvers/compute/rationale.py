"""A signal in words, made of its own numbers: who agrees, what speaks against it, and what it rests on."""

from bisect import bisect
from collections.abc import Iterable, Iterator
from math import floor, isnan, log10

from resolvers.compute.calibration import FEWEST_CASES
from resolvers.compute.consensus import HOLD_BELOW, MODERATE_FROM, STRONG_FROM
from resolvers.model.measures import Measures
from resolvers.model.roster import Roster
from resolvers.model.signal import Direction, Signal
from resolvers.model.vote import AgentFamily

_STRONGEST = 3
_WORDS = {
    AgentFamily.TREND: "trend",
    AgentFamily.MOMENTUM: "momentum",
    AgentFamily.MEAN_REVERSION: "mean reversion",
    AgentFamily.VOLATILITY: "volatility",
    AgentFamily.VOLUME: "volume",
    AgentFamily.BREAKOUT: "breakout",
    AgentFamily.PATTERN: "pattern",
    AgentFamily.CROSS_SECTIONAL: "cross-sectional",
}
_SIDES = {Direction.BUY: 1, Direction.SELL: -1, Direction.HOLD: 0}

Balance = tuple[AgentFamily, float, int]
"""A family, the mean of its votes, and how many of it have one."""


def rationale(signal: Signal, roster: Roster) -> str:
    """
    Why, in a few plain sentences with their numbers; the same for the same signal.

    Args:
        signal: One with a vote for each agent of *roster*.
    """
    votes = [byte if byte < 128 else byte - 256 for byte in signal.votes or b""]
    parts = [
        *_counts(signal, votes),
        *_families(signal, _balances(roster, votes)),
        *_measured(signal),
        *_levels(signal),
        *_confidence(signal),
    ]
    return " ".join(parts)


def _counts(signal: Signal, votes: list[int]) -> Iterator[str]:
    buys, sells, neither = votes.count(1), votes.count(-1), votes.count(0)
    heard = buys + sells + neither
    name = signal.direction.value.capitalize()
    silence = f"{len(votes) - heard or 'none'} without a vote"
    yield f"{name}: of {len(votes)} agents {buys} say buy, {sells} sell and {neither} neither; {silence}."
    if 2 * heard < len(votes):
        yield "With fewer than half of them heard there is no score."
        return
    if signal.direction is Direction.HOLD:
        yield f"The score of {_score(signal.score)} is too small for a side."
        return
    yield (
        f"The score is {_score(signal.score)}, {signal.strength.value.lower()}, and {_percent(signal.agreement)} of the"
        " weight agrees."
    )


def _balances(roster: Roster, votes: list[int]) -> list[Balance]:
    said: dict[AgentFamily, list[int]] = {}
    for entry, vote in zip(roster.agents, votes, strict=True):
        if abs(vote) <= 1:
            said.setdefault(entry.family, []).append(vote)
    return [
        (family, sum(said[family]) / len(said[family]), len(said[family])) for family in AgentFamily if family in said
    ]


def _families(signal: Signal, balances: list[Balance]) -> Iterator[str]:
    side = _SIDES[signal.direction] or 1
    supporting = _listed(one for one in balances if one[1] * side > 0)
    opposing = _listed(one for one in balances if one[1] * side < 0)
    if signal.direction is Direction.HOLD:
        if supporting:
            yield f"Towards buying: {supporting}."
        if opposing:
            yield f"Towards selling: {opposing}."
        return
    if supporting:
        yield f"Strongest for it: {supporting}."
    yield f"Against it: {opposing}." if opposing else "No family speaks against it."


def _listed(balances: Iterable[Balance]) -> str:
    """The strongest families, each with the mean of its votes and their number."""
    strongest = sorted(balances, key=lambda one: -abs(one[1]))[:_STRONGEST]
    return ", ".join(f"{_WORDS[family]} ({mean:+.2f} of {count})" for family, mean, count in strongest)


def _measured(signal: Signal) -> Iterator[str]:
    if signal.measures is None:
        return
    of = Measures.of(signal.measures)
    said = [f"{name} is {value:.1f}" for name, value in (("RSI(14)", of.rsi), ("ADX(14)", of.adx)) if not isnan(value)]
    if of.ema > 0:
        apart = signal.price / of.ema - 1
        side = "above" if apart >= 0 else "below"
        said.append(f"the price is {_percent(abs(apart), 1)} {side} its exponential average of 50 bars")
    if not isnan(of.volume_ratio):
        said.append(f"the volume is {of.volume_ratio:.2f} times the mean of the 20 bars before")
    if said:
        text = ", ".join(said)
        yield f"{text[0].upper()}{text[1:]}."


def _levels(signal: Signal) -> Iterator[str]:
    if signal.entry is None or signal.stop is None or signal.target is None:
        return
    # Five digits of the first, and no fewer than two decimals of any.
    places = max(2, 4 - floor(log10(signal.entry)))
    entry, target, stop = (f"{price:.{places}f}" for price in (signal.entry, signal.target, signal.stop))
    odds = f"{signal.risk_reward or 0:.2f} to 1"
    yield f"From {entry} it is right at {target} and wrong at {stop}, {odds}."


def _confidence(signal: Signal) -> Iterator[str]:
    if signal.direction is Direction.HOLD:
        return
    if signal.basis is None or signal.confidence is None:
        yield f"Fewer than {FEWEST_CASES} such scores are known before: too few to say how often they were right."
        return
    yield (
        f"Of {signal.basis.cases:,} such scores before, {_percent(signal.confidence, 1)} were right; the price went"
        f" that way after {_percent(signal.basis.base_rate, 1)} of all bars."
    )


def _score(score: float) -> str:
    """A score to two places, or to as many as it takes to see on which side of a limit it lies: 0.0997 is not 0.10."""
    limits = (HOLD_BELOW, MODERATE_FROM, STRONG_FROM)
    texts = (f"{score:+z.{places}f}" for places in range(2, 17))
    return next((one for one in texts if bisect(limits, abs(float(one))) == bisect(limits, abs(score))), str(score))


def _percent(share: float, places: int = 0) -> str:
    return f"{100 * share:.{places}f} %"
