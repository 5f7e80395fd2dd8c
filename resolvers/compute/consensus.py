"""One score from the votes of many agents, in four ways."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resolvers.compute.outcomes import months_of
from resolvers.compute.reliability import Reliability
from resolvers.model.bars import IntArray, Series
from resolvers.model.consensus import ConsensusMethod
from resolvers.model.vote import AgentFamily, Votes

HOLD_BELOW = 0.1
"""A score closer to zero than this is neither a purchase nor a sale."""
MODERATE_FROM, STRONG_FROM = 0.25, 0.4
_DECIMALS = 12
QUORUM = 0.5
"""The share of all agents that must have a vote on a bar; with fewer there is no score."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Consensus:
    """
    What the agents say together, one value for each bar.

    Attributes:
        score: From -1, all for a fall, to 1, all for a rise, to twelve decimals; 0 also where fewer than half of the
            agents have a vote.
        direction: 1 or -1 where the score is at least 0.1 away from zero, else 0.
        strength: 0 weak, 1 moderate from 0.25 on, 2 strong from 0.4 on; what these words mean is a convention.
        agreement: The share of the weight, of agents that have a vote, that voted as the direction says; 0 to 1.
        effective: How many independent agents would be worth as much as those that have a vote:
            ``1 / sum(w_i * w_j * r_ij ** 2)`` over all pairs, with weights that add up to 1 and the correlations of
            their votes. With no correlations it is ``1 / sum(w_i ** 2)`` (Kish 1965); with equal weights it is the
            participation ratio of the correlation matrix (Bretherton and others 1999).
        heard: How many agents have a vote.
        families: Mean vote of each family in the order of ``AgentFamily``, shape ``(8, n)``; NaN where none of it has
            one.
    """

    score: Series
    direction: npt.NDArray[np.int8]
    strength: npt.NDArray[np.int8]
    agreement: Series
    effective: Series
    heard: IntArray
    families: Series


def consensus(
    votes: Votes,
    families: Sequence[AgentFamily],
    time: IntArray,
    method: ConsensusMethod = ConsensusMethod.FAMILY_MEAN,
    reliability: Reliability | None = None,
) -> Consensus:
    """
    The consensus of *votes* on each bar, from what was known about the agents when its month began.

    Args:
        votes: Shape ``(agents, n)``.
        families: One for each agent.
        time: Start of each bar in unix seconds, shape ``(n,)``.
        reliability: Without it nothing is known of any agent: all are right half of the time and vote independently, so
            that confidences weigh the same and all log odds are 0.

    Source:
        Nitzan and Paroush 1982 for ``LOG_ODDS``: of independent agents the best decision is the sign of the sum of
        ``log(p / (1 - p))``. Agents are not independent, so the sum is divided by how much their correlations widen
        its variance, and the score is ``tanh`` of half of it: the probability of a rise less that of a fall.
    """
    heard = np.abs(votes) <= 1
    opinion = np.where(heard, votes, 0).astype(np.float64)
    members = np.array([[family is one for family in families] for one in AgentFamily], np.float64)
    # Sums of ones are exact in any order, so matrix products may be used for them, and only for them.
    in_family, voices = members @ heard, heard.sum(axis=0)
    means = np.divide(members @ opinion, in_family, out=np.full(in_family.shape, np.nan), where=in_family > 0)

    pattern, of_bar = _patterns(heard, months_of(time))
    weights = _weights(heard[:, pattern], members, method, reliability, months_of(time[pattern]))
    size = np.abs(weights)
    share = np.divide(size, _total(size), out=np.zeros_like(size), where=_total(size) > 0)
    alike = _alike(share, reliability, months_of(time[pattern]))
    sides = np.sign(weights)[:, of_bar] * opinion
    score = _total(share[:, of_bar] * sides)
    if method is ConsensusMethod.LOG_ODDS:
        spread = _total(share * share)
        widening = np.divide(alike, spread, out=np.ones_like(spread), where=spread > 0)
        score = np.tanh(_total(weights[:, of_bar] * opinion) / widening[of_bar] / 2)
    # Shares add up to one but for rounding, and where all say the same that may be a little more. Likewise a quarter
    # may come out as 0.24999999999999997, and would be on the wrong side of a limit.
    score = np.where(voices >= QUORUM * len(votes), np.clip(np.round(score, _DECIMALS) + 0.0, -1.0, 1.0), 0.0)

    direction = np.subtract(score >= HOLD_BELOW, score <= -HOLD_BELOW, dtype=np.int8)
    agreement = np.minimum(_total(share[:, of_bar] * (sides == direction)), 1.0)
    effective = np.divide(1.0, alike, out=np.zeros_like(alike), where=alike > 0)
    return Consensus(
        score=score,
        direction=direction,
        strength=np.digitize(np.abs(score), (MODERATE_FROM, STRONG_FROM)).astype(np.int8),
        agreement=agreement,
        effective=effective[of_bar],
        heard=voices,
        families=means,
    )


def _patterns(heard: npt.NDArray[np.bool_], months: IntArray) -> tuple[IntArray, IntArray]:
    """
    Bars that stand for all others with the same month and the same agents heard, and which one stands for each bar.

    What a vote weighs depends on these two alone, so it is worked out a hundred times instead of thousands, and always
    for vectors of one shape: then no value depends, in its last bits, on how many bars there are.
    """
    rows = np.concatenate((np.packbits(heard, axis=0), months.astype(np.int64).view(np.uint8).reshape(-1, 8).T)).T
    keys = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.shape[1]))).ravel()
    _, first, of_bar = np.unique(keys, return_index=True, return_inverse=True)
    return first, of_bar


def _weights(
    heard: npt.NDArray[np.bool_],
    members: Series,
    method: ConsensusMethod,
    reliability: Reliability | None,
    months: IntArray,
) -> Series:
    match method:
        case ConsensusMethod.FAMILY_MEAN:
            size = members @ heard
            return heard * (members.T @ np.divide(1.0, size, out=np.zeros_like(size), where=size > 0))
        case ConsensusMethod.MAJORITY:
            return heard.astype(np.float64)
        case _:
            right = np.full(heard.shape, 0.5) if reliability is None else reliability.hit_rates(months).T
            if method is ConsensusMethod.LOG_ODDS:
                right = np.log(right / (1 - right))
            return heard * right


def _alike(share: Series, reliability: Reliability | None, months: IntArray) -> Series:
    if reliability is None:
        return _total(share * share)
    pairs = zip(months.tolist(), np.ascontiguousarray(share.T), strict=True)
    return np.array([one @ reliability.likeness(month) @ one for month, one in pairs])


def _total(rows: Series) -> Series:
    """The sum of the rows, one after the other; ``sum`` adds in another order where there is a single column."""
    found: Series = np.add.accumulate(rows, axis=0)[-1]
    return found
