"""The consensus of a few votes, worked out by hand."""

import math
from fractions import Fraction

import numpy as np
import pytest

from resolvers.compute.agents.catalog import AGENTS
from resolvers.compute.consensus import Consensus, consensus
from resolvers.compute.reliability import Reliability
from resolvers.compute.track_record import TrackRecord
from resolvers.model.bars import Bars, IntArray, Series
from resolvers.model.consensus import ConsensusMethod
from resolvers.model.vote import Abstention, AgentFamily

FAMILIES = [AgentFamily.TREND, AgentFamily.TREND, AgentFamily.MOMENTUM, AgentFamily.VOLUME]
NONE = Abstention.NO_VOLUME
NAN = math.nan
# One column a bar: a family is silent; nearly all buy; one alone is heard; one sells.
VOTES = np.array([[1, 1, -1, NONE], [1, 0, 1, 1], [-1, NONE, NONE, NONE], [-1, 0, 0, 0]], np.int8).T


class _Known(Reliability):
    """What is known of four agents, in every month."""

    def __init__(self, rates: list[float], likeness: Series) -> None:
        super().__init__(TrackRecord.of(np.empty((4, 0), np.int8), Bars.empty(), 1))
        self.rates, self.alike = rates, likeness

    def hit_rates(self, months: IntArray) -> Series:
        """The same for each."""
        return np.tile(np.array(self.rates), (len(months), 1))

    def likeness(self, month: int) -> Series:
        """Whatever the month."""
        return self.alike


def _consensus(method: ConsensusMethod, reliability: Reliability | None = None) -> Consensus:
    return consensus(VOTES, FAMILIES, 86_400 * np.arange(4), method, reliability)


def _pair(likeness: float) -> Series:
    """The first and the third agent are that alike, all others are independent."""
    alike = np.eye(4)
    alike[0, 2] = alike[2, 0] = likeness
    return alike


def test_families_weigh_the_same() -> None:
    """(1 - 1) / 2 with volume silent, (0.5 + 1 + 1) / 3, nobody but one, (-0.5 + 0 + 0) / 3."""
    found = _consensus(ConsensusMethod.FAMILY_MEAN)
    assert found.score.tolist() == [0, 0.833333333333, 0, -0.166666666667]
    assert found.direction.tolist() == [0, 1, 0, -1]
    assert found.strength.tolist() == [0, 2, 0, 0]
    assert found.heard.tolist() == [3, 4, 1, 4]


def test_agreement_is_the_weight_that_votes_as_the_consensus() -> None:
    """Nobody holds; a sixth and two thirds buy; the one that is heard does not hold; a sixth sells."""
    np.testing.assert_allclose(_consensus(ConsensusMethod.FAMILY_MEAN).agreement, [0, 5 / 6, 0, 1 / 6])


def test_votes_by_family() -> None:
    """Mean votes, none where a family is silent, in the order of the families."""
    families = dict(zip(AgentFamily, _consensus(ConsensusMethod.FAMILY_MEAN).families, strict=True))
    np.testing.assert_equal(families[AgentFamily.TREND], [1, 0.5, -1, -0.5])
    np.testing.assert_equal(families[AgentFamily.MOMENTUM], [-1, 1, NAN, 0])
    np.testing.assert_equal(families[AgentFamily.VOLUME], [NAN, 1, NAN, 0])
    assert np.isnan(families[AgentFamily.PATTERN]).all()


def test_effective_agents_without_correlations() -> None:
    """Weights of a quarter twice and a half, of a sixth and a third twice each: 1 / 0.375 and 1 / 0.2778."""
    found = _consensus(ConsensusMethod.FAMILY_MEAN).effective
    np.testing.assert_allclose(found, [8 / 3, 3.6, 1, 3.6])
    np.testing.assert_allclose(_consensus(ConsensusMethod.MAJORITY).effective, [3, 4, 1, 4])


def test_effective_agents_with_correlations() -> None:
    """Of three with the same weight two say the same: 1 / (3 / 9 + 2 / 9). Of four: 1 / (4 / 16 + 2 / 16)."""
    known = _Known([0.5] * 4, _pair(1.0))
    np.testing.assert_allclose(_consensus(ConsensusMethod.MAJORITY, known).effective, [9 / 5, 16 / 6, 1, 16 / 6])


def test_majority_counts_heads() -> None:
    """(2 - 1) / 3, 3 / 4, nobody but one, -1 / 4."""
    found = _consensus(ConsensusMethod.MAJORITY)
    np.testing.assert_allclose(found.score, [1 / 3, 3 / 4, 0, -1 / 4])
    assert found.strength.tolist() == [1, 2, 0, 1]
    np.testing.assert_allclose(found.agreement, [2 / 3, 3 / 4, 0, 1 / 4])


def test_confidence_weighs_as_often_as_it_was_right() -> None:
    """(0.6 + 0.5 - 0.4) / 1.5, (0.6 + 0.4 + 0.5) / 2, nobody but one, -0.6 / 2."""
    known = _Known([0.6, 0.5, 0.4, 0.5], np.eye(4))
    found = _consensus(ConsensusMethod.CONFIDENCE_WEIGHTED, known)
    np.testing.assert_allclose(found.score, [7 / 15, 3 / 4, 0, -0.3])


def test_log_odds_turn_who_is_mostly_wrong_round() -> None:
    """Odds of 3 : 2 for and, turned round, again 3 : 2: together 9 : 4, which is 9 / 13 against 4 / 13."""
    known = _Known([0.6, 0.5, 0.4, 0.5], np.eye(4))
    found = _consensus(ConsensusMethod.LOG_ODDS, known)
    np.testing.assert_allclose(found.score, [5 / 13, 0, 0, -1 / 5], atol=1e-15)
    np.testing.assert_allclose(found.agreement, [1, 0, 0, 1 / 2], atol=1e-15)


def test_log_odds_of_two_that_say_the_same_count_once() -> None:
    """9 : 4 is 3 : 2 again, a probability of 3 / 5 against 2 / 5."""
    known = _Known([0.6, 0.5, 0.4, 0.5], _pair(1.0))
    found = _consensus(ConsensusMethod.LOG_ODDS, known)
    np.testing.assert_allclose(found.score, [1 / 5, 0, 0, -np.tanh(np.log(1.5) / 4)], atol=1e-15)
    np.testing.assert_allclose(found.effective, [1, 1, 1, 1])


def test_nothing_known_is_no_odds_and_the_same_confidence() -> None:
    """So that nobody is believed before there is a reason to."""
    assert _consensus(ConsensusMethod.LOG_ODDS).score.tolist() == [0, 0, 0, 0]
    assert _consensus(ConsensusMethod.LOG_ODDS).effective.tolist() == [0, 0, 0, 0]
    np.testing.assert_allclose(
        _consensus(ConsensusMethod.CONFIDENCE_WEIGHTED).score, _consensus(ConsensusMethod.MAJORITY).score
    )


@pytest.mark.parametrize(
    ("buyers", "sellers", "direction", "strength"),
    [(1, 0, 1, 0), (0, 1, -1, 0), (2, 0, 1, 0), (5, 0, 1, 2), (0, 3, -1, 1), (4, 0, 1, 2), (1, 1, 0, 0)],
)
def test_a_tenth_is_a_direction(buyers: int, sellers: int, direction: int, strength: int) -> None:
    """Of ten agents of one weight: 0.1 is weak, 0.25 moderate, 0.4 strong; the bounds belong to what they begin."""
    votes = np.array([[1] * buyers + [-1] * sellers + [0] * (10 - buyers - sellers)], np.int8).T
    found = consensus(votes, [AgentFamily.TREND] * 10, np.zeros(1, np.int64), ConsensusMethod.MAJORITY)
    assert (found.direction.tolist(), found.strength.tolist()) == ([direction], [strength])


def test_a_limit_is_reached_however_a_score_was_added_up() -> None:
    """A quarter from eight families is a quarter: exact fractions say the same of every score that is near a limit."""
    families = [agent.family for agent in AGENTS]
    random = np.random.default_rng(7)
    votes = random.choice(np.array([-1, 0, 1, NONE], np.int8), (51, 60_000), p=[0.15, 0.4, 0.4, 0.05])
    found = consensus(votes, families, np.zeros(60_000, np.int64))
    limits = np.array([0.1, 0.25, 0.4])
    near = np.flatnonzero((np.abs(np.abs(found.score)[:, np.newaxis] - limits) < 1e-9).any(axis=1))
    for bar in near.tolist():
        said: dict[AgentFamily, list[int]] = {}
        for family, vote in zip(families, votes[:, bar].tolist(), strict=True):
            if vote != NONE:
                said.setdefault(family, []).append(vote)
        exact = abs(sum((Fraction(sum(of), len(of)) for of in said.values()), Fraction(0)) / len(said))
        reached = sum(exact >= Fraction(limit) for limit in ("0.1", "0.25", "0.4"))
        assert (abs(found.direction[bar]), found.strength[bar]) == (int(reached > 0), max(reached - 1, 0)), exact
    assert len(near) > 20


def test_half_of_the_agents_are_a_quorum() -> None:
    """Two of four have a score, one has none."""
    votes = np.array([[1, 1, NONE, NONE], [1, NONE, NONE, NONE]], np.int8).T
    found = consensus(votes, FAMILIES, np.zeros(2, np.int64))
    assert found.score.tolist() == [1, 0]


@pytest.mark.parametrize("method", ConsensusMethod)
@pytest.mark.parametrize("vote", [-1, 0, 1])
def test_all_of_one_mind_are_no_more_than_all(method: ConsensusMethod, vote: int) -> None:
    """Whoever is silent: shares that add up to a little more than one, by rounding, are one."""
    families = [agent.family for agent in AGENTS]
    is_silent = np.random.default_rng(6).random((len(families), 2_000)) < np.linspace(0, 0.5, 2_000)
    votes = np.where(is_silent, np.int8(NONE), np.int8(vote)).astype(np.int8)
    found = consensus(votes, families, np.zeros(2_000, np.int64), method)
    assert np.abs(found.score).max() <= 1
    assert found.agreement.max() <= 1
    assert found.agreement.min() >= 0


@pytest.mark.parametrize("method", ConsensusMethod)
def test_no_bars_have_no_consensus(method: ConsensusMethod) -> None:
    """Columns of no length."""
    found = consensus(np.empty((4, 0), np.int8), FAMILIES, np.empty(0, np.int64), method)
    assert found.score.shape == found.effective.shape == (0,)
    assert found.families.shape == (8, 0)
