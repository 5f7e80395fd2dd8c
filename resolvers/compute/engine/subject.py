"""What signals are computed of, and what was seen of it."""

from dataclasses import dataclass

import numpy as np

from resolvers.compute.agents.panel import Panel
from resolvers.compute.agents.universe import Member
from resolvers.compute.engine.anchors import stretches
from resolvers.compute.engine.measures import measured
from resolvers.model.bars import Bars, Series
from resolvers.model.interval import Interval
from resolvers.model.session import SessionCalendar
from resolvers.model.vote import Votes


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Subject:
    """
    A series of which signals are wanted.

    Attributes:
        calendar: When the instrument's day ends.
        trades_daily: Whether it also trades on weekends.
        bars: Closed ones. From the first stored one on for an interval of an hour or more; below, from the beginning
            of the UTC month before that of the first bar that is wanted, or earlier.
        member: The instrument among its universe, where it has one.
        first: Signals are wanted of the bars from this one on.
    """

    instrument_id: int
    symbol: str
    interval: Interval
    calendar: SessionCalendar
    trades_daily: bool
    bars: Bars
    member: Member | None
    first: int = 0

    @property
    def wanted(self) -> Bars:
        """The bars of which signals are wanted."""
        return self.bars[self.first :]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Seen:
    """
    What is known of the wanted bars of a subject when nobody has judged it yet.

    Attributes:
        votes: Shape ``(agents, n)``.
        measures: Shape ``(8, n)``.
    """

    subject: Subject
    votes: Votes
    measures: Series


def seen(panel: Panel, subject: Subject) -> Seen:
    """The votes and measures of the bars that are wanted; some two milliseconds for a thousand bars."""
    votes, measures = [], []
    for stretch, first in stretches(subject.interval, subject.bars.time, subject.first):
        bars = subject.bars[stretch]
        votes.append(panel.votes(bars, subject.member, last=len(bars) - first))
        measures.append(measured(bars)[:, first:])
    if not votes:
        return Seen(subject=subject, votes=panel.votes(Bars.empty()), measures=measured(Bars.empty()))
    return Seen(subject=subject, votes=np.concatenate(votes, axis=1), measures=np.concatenate(measures, axis=1))
