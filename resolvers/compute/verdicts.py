"""The consensus of single bars of any series, worked out together."""

from collections.abc import Sequence

import numpy as np

from resolvers.compute.consensus import consensus
from resolvers.compute.reliability import Reliability
from resolvers.model.consensus import ConsensusMethod
from resolvers.model.roster import Roster
from resolvers.model.signal import Direction, Strength
from resolvers.model.verdict import FamilyVerdict, Verdict
from resolvers.model.vote import AgentFamily

DIRECTIONS = {1: Direction.BUY, 0: Direction.HOLD, -1: Direction.SELL}
STRENGTHS = (Strength.WEAK, Strength.MODERATE, Strength.STRONG)


def verdicts(
    roster: Roster,
    ballots: Sequence[tuple[int, bytes]],
    method: ConsensusMethod,
    reliability: Reliability | None = None,
) -> list[Verdict]:
    """
    What the agents of *roster* say together about each bar; the same, bit for bit, however many are asked about.

    Args:
        ballots: Start of the bar in unix seconds, and a byte for each agent.
        reliability: What is known of the agents on bars of this interval, if anything is.
    """
    families = roster.families
    votes = np.frombuffer(b"".join([votes for _, votes in ballots]), np.int8).reshape(len(ballots), len(families)).T
    said = consensus(votes, families, np.array([time for time, _ in ballots], np.int64), method, reliability)
    heard = np.abs(votes) <= 1
    of_family = [
        (at, family, heard[[one is family for one in families]].sum(axis=0))
        for at, family in enumerate(AgentFamily)
        if family in families
    ]
    return [
        Verdict(
            method=method,
            score=float(said.score[bar]),
            direction=DIRECTIONS[int(said.direction[bar])],
            strength=STRENGTHS[int(said.strength[bar])],
            agreement=float(said.agreement[bar]),
            effective=float(said.effective[bar]),
            heard=int(said.heard[bar]),
            asked=len(families),
            families=tuple(
                FamilyVerdict(
                    family=family,
                    score=float(said.families[at, bar]) if count[bar] else None,
                    agents=int(count[bar]),
                )
                for at, family, count in of_family
            ),
        )
        for bar in range(len(ballots))
    ]
