"""Questions about markets that move, in simulated time: how many share words, and how far off these are."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from resolvers.compute.catalog import Arguments, Indicator, computed
from resolvers.compute.insights.facts import market_facts
from resolvers.model.bars import Bars, Series
from resolvers.model.facts import Facts
from resolvers.model.insight import ModelWords, Words
from resolvers.model.interval import Interval
from resolvers.model.session import DAY

_TOLERANCE = 0.02


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrivals:
    """
    Questions as a Poisson process for each symbol, independent of prices and of each other.

    Attributes:
        per_minute: Questions a minute about each symbol.
        model_seconds: How long the model takes.
    """

    per_minute: float
    model_seconds: float
    seed: int = 1


@dataclass(kw_only=True, slots=True)
class Outcome:
    """
    What became of the questions.

    Attributes:
        asked: All of them.
        repeated, similar: Answered by words for the same facts, and for others of their key.
        calls: How often the model was asked.
        worst_rsi_gap, worst_price_gap: Between a question's state and its answer's; the second in percent.
    """

    asked: int = 0
    repeated: int = 0
    similar: int = 0
    calls: int = 0
    worst_rsi_gap: float = 0.0
    worst_price_gap: float = 0.0

    @property
    def hits(self) -> float:
        """The share of questions that were answered by words that were there."""
        return (self.repeated + self.similar) / self.asked if self.asked else 0.0


def states_of(symbol: str, bars: Bars) -> list[Facts | None]:
    """The facts at each minute of *bars*, known from its end on."""

    known: dict[Hashable, tuple[Series, ...]] = {}

    def values(indicator: Indicator, arguments: Arguments) -> tuple[Series, ...]:
        key = (indicator.name, *arguments.items())
        if key not in known:
            known[key] = computed(indicator, bars, bars.time // DAY, arguments)
        return known[key]

    return [
        market_facts(symbol=symbol, interval=Interval.M1, bars=bars, values=values, at=at, signal=None, of_signal=False)
        for at in range(len(bars))
    ]


def by_state(facts: Facts) -> Hashable:
    """The key of this gateway."""
    return facts.state


def by_older_rule(facts: Facts) -> Hashable:
    """
    The key of the system that this one replaces: ``int(v / (|v| * t))`` of each value, which is one number for all.

    RSI and price are positive, so only the trend's sign is left of a market's state.
    """
    buckets = [int(value / (abs(value) * _TOLERANCE)) for value in (facts.value("close"), facts.value("rsi"))]
    return facts.symbol, *buckets, facts.trend


def answered(
    markets: Mapping[str, tuple[Bars, Sequence[Facts | None]]], arrivals: Arrivals, key: Callable[[Facts], Hashable]
) -> Outcome:
    """
    What becomes of questions at the times of *arrivals*, while minutes close.

    Words live as `ModelWords` says: while they are stale they are given, and others are asked for. Where nothing is
    there the rules answer, and the model's words are there when it has taken its time.
    """
    sharing = _Sharing(arrivals, key)
    for number, (bars, states) in enumerate(markets.values()):
        chance = np.random.default_rng((arrivals.seed, number))
        for at in range(len(bars) - 1):
            facts = states[at]
            # A night is no stretch of questions about one bar: only minutes that follow each other count.
            if facts is None or bars.time[at + 1] - bars.time[at] != 60:
                continue
            for second in np.sort(chance.uniform(0, 60, chance.poisson(arrivals.per_minute))).tolist():
                sharing.ask(facts, float(bars.time[at]) + 60 + second)
    return sharing.outcome


class _Sharing:
    """What is held while questions come."""

    def __init__(self, arrivals: Arrivals, key: Callable[[Facts], Hashable]) -> None:
        self.outcome = Outcome()
        self._seconds = arrivals.model_seconds
        self._key = key
        self._told: dict[Hashable, list[ModelWords]] = {}

    def ask(self, facts: Facts, now: float) -> None:
        """A question about *facts* at *now*, in unix seconds."""
        self.outcome.asked += 1
        told = self._told.setdefault(self._key(facts), [])
        there = [one for one in told if one.made_at <= now < one.stale_until]
        if not any(now < one.fresh_until for one in told):
            # Neither fresh words nor any that are on their way.
            self.outcome.calls += 1
            told[:] = [*there, _words(facts, now + self._seconds)]
        if there:
            self._given(there[-1], facts)

    def _given(self, words: ModelWords, facts: Facts) -> None:
        outcome = self.outcome
        if words.fingerprint == facts.fingerprint:
            outcome.repeated += 1
        else:
            outcome.similar += 1
        outcome.worst_rsi_gap = max(outcome.worst_rsi_gap, abs(words.rsi - facts.value("rsi")))
        price_gap = abs(words.close / facts.value("close") - 1) * 100
        outcome.worst_price_gap = max(outcome.worst_price_gap, price_gap)


def _words(facts: Facts, made_at: float) -> ModelWords:
    return ModelWords(
        words=Words(summary="", points=()),
        bar=facts.bar,
        close=facts.value("close"),
        rsi=facts.value("rsi"),
        trend=facts.trend,
        fingerprint=facts.fingerprint,
        confidence=facts.confidence,
        made_at=made_at,
    )
