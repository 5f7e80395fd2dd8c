"""The consensus of single bars, whatever others it is worked out with."""

import numpy as np
import pytest

from resolvers.compute.agents.entries import roster_of
from resolvers.compute.agents.panel import PANEL
from resolvers.compute.consensus import consensus
from resolvers.compute.reliability import Reliability
from resolvers.compute.track_record import TrackRecord
from resolvers.compute.verdicts import DIRECTIONS, STRENGTHS, verdicts
from resolvers.model.consensus import ConsensusMethod
from resolvers.model.interval import Interval
from resolvers.model.vote import AgentFamily
from tests.bars import spaced
from tests.votes import FAMILIES, bytes_of

_ROSTER = roster_of(PANEL, "0" * 12)
_BARS = spaced(600, Interval.D1)
_VOTES = PANEL.votes(_BARS)
_RELIABILITY = Reliability(TrackRecord.of(_VOTES, _BARS, 5))


@pytest.mark.parametrize("method", ConsensusMethod)
@pytest.mark.parametrize("reliability", [None, _RELIABILITY])
def test_a_verdict_is_the_consensus_of_the_series(method: ConsensusMethod, reliability: Reliability | None) -> None:
    """Bit for bit, in any order and number, also of bars on which nobody or hardly anybody has a vote."""
    said = consensus(_VOTES, FAMILIES, _BARS.time, method, reliability)
    order = np.random.default_rng(1).permutation(len(_BARS)).tolist()
    ballots = [(int(_BARS.time[at]), bytes_of(_VOTES, at)) for at in order]
    together = verdicts(_ROSTER, ballots, method, reliability)
    alone = [verdicts(_ROSTER, [one], method, reliability)[0] for one in ballots[:60]]
    assert alone == together[:60]
    for at, one in zip(order, together, strict=True):
        assert (one.method, one.score, one.agreement) == (method, said.score[at], said.agreement[at])
        assert (one.effective, one.heard, one.asked) == (said.effective[at], said.heard[at], len(FAMILIES))
        assert one.direction is DIRECTIONS[int(said.direction[at])]
        assert one.strength is STRENGTHS[said.strength[at]]
        assert [family.family for family in one.families] == list(AgentFamily)
        means = [float("nan") if family.score is None else family.score for family in one.families]
        np.testing.assert_array_equal(means, said.families[:, at])
        assert sum(family.agents for family in one.families) == one.heard
