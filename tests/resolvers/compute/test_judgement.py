"""From votes to confidence over a whole market: nothing knows what comes after, and a slow version says the same."""

import math
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
import pytest

from resolvers.compute.agents.panel import PANEL
from resolvers.compute.agents.universe import Universe
from resolvers.compute.calibration import FEWEST_CASES, Calibration, Confidence, ScoreRecord
from resolvers.compute.consensus import Consensus, consensus
from resolvers.compute.outcomes import month_name
from resolvers.compute.reliability import PRIOR_CASES, PRIOR_MONTHS, Reliability
from resolvers.compute.track_record import TrackRecord
from resolvers.model.bars import Bars
from resolvers.model.consensus import ConsensusMethod
from resolvers.model.vote import Votes
from tests.resolvers.compute.agents.market import Market, generated_market, real_market, until

HORIZON = 5
FAMILIES = [agent.family for agent in PANEL.agents]


@dataclass(frozen=True)
class _Judged:
    """One series with all that is said of it."""

    bars: Bars
    votes: Votes
    together: Consensus
    confidence: Confidence


def _votes(market: Market) -> dict[str, Votes]:
    universe = Universe.of(market)
    return {symbol: PANEL.votes(bars, universe.member(symbol)) for symbol, bars in market.items()}


def _reliability(market: Market, votes: dict[str, Votes]) -> Reliability:
    return Reliability(reduce(add, [TrackRecord.of(votes[symbol], bars, HORIZON) for symbol, bars in market.items()]))


def _judged(market: Market, method: ConsensusMethod) -> tuple[dict[str, _Judged], Calibration]:
    votes = _votes(market)
    known = _reliability(market, votes)
    together = {symbol: consensus(votes[symbol], FAMILIES, bars.time, method, known) for symbol, bars in market.items()}
    records = [ScoreRecord.of(together[symbol].score, bars, HORIZON) for symbol, bars in market.items()]
    calibration = Calibration(reduce(add, records))
    return {
        symbol: _Judged(
            bars, votes[symbol], together[symbol], calibration.confidence(together[symbol].score, bars.time)
        )
        for symbol, bars in market.items()
    }, calibration


def _assert_same(found: Consensus | Confidence, expected: Consensus | Confidence, part: slice, message: str) -> None:
    for column, other in zip(astuple(found), astuple(expected), strict=True):
        np.testing.assert_array_equal(column, other[..., part], err_msg=message)


def _assert_causal(market: Market, method: ConsensusMethod, moments: int) -> None:
    whole, fits = _judged(market, method)
    assert any(np.any(one.together.score) for one in whole.values())
    for time in np.unique(np.concatenate([bars.time for bars in market.values()]))[-2::-moments].tolist():
        past, fits_then = _judged(until(market, time), method)
        for symbol, then in past.items():
            part = slice(0, len(then.bars))
            _assert_same(then.together, whole[symbol].together, part, f"{symbol} at {time}")
            _assert_same(then.confidence, whole[symbol].confidence, part, f"{symbol} at {time}")
            for month in set(then.confidence.month[-1:].tolist()):
                assert fits_then.fit_id(month) == fits.fit_id(month)


@pytest.mark.parametrize("method", ConsensusMethod)
def test_a_generated_market_cut_at_a_moment(method: ConsensusMethod) -> None:
    """Scores, agreement, effective agents, confidence and the names of the fits, bit for bit."""
    _assert_causal(generated_market(), method, 41)


@pytest.mark.parametrize("method", ConsensusMethod)
def test_the_real_market_cut_at_a_moment(method: ConsensusMethod, real_prices: Path) -> None:
    """All of the large caps."""
    _assert_causal(real_market(real_prices), method, 331)


@pytest.mark.parametrize("method", ConsensusMethod)
def test_any_part_of_a_series_has_the_same_consensus(method: ConsensusMethod) -> None:
    """One bar alone too, which is how a new one comes."""
    market = generated_market()
    votes = _votes(market)
    known = _reliability(market, votes)
    bars, said = market["SYM0"], votes["SYM0"]
    whole = consensus(said, FAMILIES, bars.time, method, known)
    for part in [slice(at, at + 1) for at in range(len(bars))] + [slice(7, 30), slice(300, None), slice(3, 400, 7)]:
        found = consensus(said[:, part], FAMILIES, bars.time[part], method, known)
        _assert_same(found, whole, part, str(part))


@dataclass(frozen=True)
class _Case:
    """A vote of an agent, or a score, with what became of it."""

    known: str
    said: float
    became: int


def _month(time: int) -> str:
    return str(np.datetime64(time, "s").astype("datetime64[M]"))


def _cases(bars: Bars, said: Iterable[float]) -> Iterable[_Case]:
    close, time = bars.close.tolist(), bars.time.tolist()
    for at, one in zip(range(len(close) - HORIZON), said, strict=False):
        later = close[at + HORIZON]
        yield _Case(_month(time[at + HORIZON]), one, (later > close[at]) - (later < close[at]))


def test_log_odds_and_confidence_as_their_words_say() -> None:
    """In plain Python, on some bars of one instrument; the market is what all of it is learnt from."""
    market = generated_market()
    judged, _ = _judged(market, ConsensusMethod.LOG_ODDS)
    votes = {symbol: one.votes.tolist() for symbol, one in judged.items()}
    cases = [
        [case for symbol, bars in market.items() for case in _cases(bars, votes[symbol][agent]) if abs(case.said) == 1]
        for agent in range(len(PANEL.agents))
    ]
    one = judged["SYM3"]
    for at in (40, 333):
        month = _month(int(one.bars.time[at]))
        weights, sides = [], []
        for agent, mine in enumerate(cases):
            vote = votes["SYM3"][agent][at]
            known = [case for case in mine if case.known < month]
            prior = PRIOR_CASES + PRIOR_MONTHS * len(known) / max(len({case.known for case in known}), 1)
            rate = (sum(case.said == case.became for case in known) + prior / 2) / (len(known) + prior)
            weights.append(math.log(rate / (1 - rate)) if abs(vote) <= 1 else 0.0)
            sides.append(vote if abs(vote) <= 1 else 0)
        alike = _alike(market, votes, month, weights)
        wide = sum(map(abs, weights)) ** 2
        widening = alike / (sum(weight**2 for weight in weights) / wide) if wide else 1.0
        total = sum(weight * side for weight, side in zip(weights, sides, strict=True))
        assert one.together.score[at] == pytest.approx(math.tanh(total / widening / 2), abs=1e-12)
        assert one.together.effective[at] == pytest.approx(1 / alike if alike else 0)


def _alike(market: Market, votes: dict[str, list[list[int]]], month: str, weights: list[float]) -> float:
    """The weighted mean of the squared correlations of all pairs, from the months before."""
    total = sum(map(abs, weights))
    if not total:
        return 0.0
    past = [
        at
        for symbol, bars in market.items()
        for at in ((symbol, k) for k, t in enumerate(bars.time.tolist()) if _month(t) < month)
    ]
    rows = [[votes[symbol][agent][k] for symbol, k in past] for agent in range(len(weights))]
    result = 0.0
    for i, one in enumerate(weights):
        for j, other in enumerate(weights):
            both = (
                [(a, b) for a, b in zip(rows[i], rows[j], strict=True) if abs(a) <= 1 and abs(b) <= 1]
                if one and other
                else []
            )
            below = sum(a * a for a, _ in both) * sum(b * b for _, b in both)
            squared = 1.0 if i == j else sum(a * b for a, b in both) ** 2 / below if below else 0.0
            result += abs(one) * abs(other) / total**2 * squared
    return result


def test_confidence_as_its_words_say() -> None:
    """In plain Python: the share of such scores that were right, of all instruments, known before the month."""
    market = generated_market()
    judged, _ = _judged(market, ConsensusMethod.FAMILY_MEAN)
    cases = [case for one in judged.values() for case in _cases(one.bars, one.together.score.tolist())]
    edges = (0.1, 0.2, 0.3, 0.4)
    seen = 0
    for one in judged.values():
        for at in range(100, len(one.bars), 31):
            score, month = float(one.together.score[at]), _month(int(one.bars.time[at]))
            assert month_name(int(one.confidence.month[at])) == month
            step = sum(abs(score) >= edge for edge in edges)
            known = [case for case in cases if case.known < month]
            like = [
                case
                for case in known
                if case.said * score > 0 and sum(abs(case.said) >= edge for edge in edges) == step
            ]
            if not step:
                assert math.isnan(one.confidence.value[at])
                continue
            side = 1 if score > 0 else -1
            assert one.confidence.cases[at] == len(like)
            assert one.confidence.base_rate[at] == sum(case.became == side for case in known) / len(known)
            if len(like) >= FEWEST_CASES:
                seen += 1
                assert one.confidence.value[at] == sum(case.became == side for case in like) / len(like)
            else:
                assert math.isnan(one.confidence.value[at])
    assert seen > 30
