"""What is counted of a market so that the next month's signals may know it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from resolvers.compute.agents.panel import Panel
from resolvers.compute.calibration import ScoreRecord
from resolvers.compute.consensus import consensus
from resolvers.compute.engine.anchors import month_begins, stretches
from resolvers.compute.engine.subject import Subject
from resolvers.compute.monthly_counts import MonthlyCounts
from resolvers.compute.track_record import TrackRecord
from resolvers.model.bars import Bars


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Records:
    """
    What became of the scores and of the votes of an interval.

    Attributes:
        month: The first one that is not counted, from January 1970; what came to be known in earlier ones is.
    """

    month: int
    scores: ScoreRecord
    track: TrackRecord

    @classmethod
    def none(cls, panel: Panel, horizon: int, month: int) -> "Records":
        """Nothing is known yet."""
        votes = panel.votes(Bars.empty())
        return cls(
            month=month,
            scores=ScoreRecord.of(np.empty(0), Bars.empty(), horizon),
            track=TrackRecord.of(votes, Bars.empty(), horizon),
        )

    def __add__(self, other: "Records") -> "Records":
        """The records of both, up to the later end."""
        month = max(self.month, other.month)
        return Records(month=month, scores=self.scores + other.scores, track=self.track + other.track)


def counted(panel: Panel, subject: Subject, horizon: int, *, since: int | None, month: int) -> Records:
    """
    What came to be known of one series from the month *since* on, and before *month*; all there is without *since*.

    Args:
        subject: Its bars and its universe; all bars may be looked at, whichever are wanted.
    """
    total = Records.none(panel, horizon, month)
    time = subject.bars.time
    end = int(np.searchsorted(time, month_begins(month)))
    first = 0 if since is None else max(int(np.searchsorted(time, month_begins(since))) - horizon, 0)
    families = [agent.family for agent in panel.agents]
    bars = subject.bars[:end]
    parts = list(stretches(subject.interval, bars.time, first)) if end > first else []
    votes = [panel.votes(bars[part], subject.member, last=part.stop - part.start - wanted) for part, wanted in parts]
    if not votes:
        return total
    judged = np.concatenate(votes, axis=1)
    late = bars[first:]
    score = consensus(judged, families, late.time).score
    scores, track = ScoreRecord.of(score, late, horizon), TrackRecord.of(judged, late, horizon)
    if since is None:
        return Records(month=month, scores=scores, track=track)
    return Records(
        month=month,
        scores=replace(scores, market=_from(scores.market, since), scores=_from(scores.scores, since)),
        track=replace(
            track,
            market=_from(track.market, since),
            agents=_from(track.agents, since),
            pairs=_from(track.pairs, since),
        ),
    )


def totalled(nothing: Records, many: Iterable[Records]) -> Records:
    """All of them together, and *nothing* where there are none."""
    for one in many:
        nothing = nothing + one
    return nothing


def _from(counts: MonthlyCounts, month: int) -> MonthlyCounts:
    """What was counted from a month on."""
    gone = min(max(month - counts.first, 0), len(counts.counts))
    return MonthlyCounts(first=counts.first + gone, counts=counts.counts[gone:])
