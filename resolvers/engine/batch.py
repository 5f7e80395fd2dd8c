"""Claimed series: what is to be computed of each, and what of that is not stored already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from resolvers.compute.engine.signals import Judge
from resolvers.compute.engine.subject import Subject
from resolvers.engine.mirrored import MirroredSeries
from resolvers.engine.plan import Plan
from resolvers.engine.surroundings import Surroundings
from resolvers.model.bars import IntArray
from resolvers.model.computed_signals import ComputedSignals, Hashes
from resolvers.storage.engine_series import Claim, Done


def subject_of(
    series: MirroredSeries, count: int, plan: Plan, surroundings: Surroundings, first: int | None = None
) -> Subject:
    """
    The first *count* bars of a series among the others.

    Args:
        first: From which bar on signals are wanted; never of bars before the plan's history, which is all without it.
    """
    stored, begins = series.stored, max(0, count - plan.history)
    return Subject(
        instrument_id=stored.instrument_id,
        symbol=stored.symbol,
        interval=stored.interval,
        calendar=stored.calendar,
        trades_daily=stored.trades_daily,
        bars=series.bars[:count],
        member=surroundings.member(stored.symbol),
        first=begins if first is None else min(max(first, begins), count),
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Task:
    """
    What is to be computed of a claimed series.

    Attributes:
        judge: Who makes them, of its market.
        done: What its signals are stored of when that is done.
        known_from: Stored signals on bars from this time on (unix seconds) are compared with what is computed; infinite
            where there are none.
    """

    subject: Subject
    judge: Judge
    done: Done
    known_from: float

    @property
    def rows(self) -> int:
        """How many signals it makes."""
        return len(self.subject.bars) - self.subject.first


def task_of(
    claim: Claim, series: MirroredSeries, *, plan: Plan, surroundings: Surroundings, judge: Judge, now: float
) -> Task:
    """What is to be computed at *now*: what may have changed since signals were stored if that is known, else all."""
    count = series.closed(now)
    done = Done(series.stored.revision, series.quiet_until(now), surroundings.context(series, count, judge))
    unknown = None
    if claim.context is not None:
        unknown = series.unknown_from(claim.done_revision, claim.quiet_until)
    if unknown is not None:
        first = int(np.searchsorted(series.bars.time, unknown))
        # What was known then of the others was of the bars before, or of one more that is different now.
        before = {surroundings.context(series, min(end, count), judge) for end in (first, first + 1)}
        if claim.context in before:
            wanted = subject_of(series, count, plan, surroundings, first)
            return Task(subject=wanted, judge=judge, done=done, known_from=unknown)
    subject = subject_of(series, count, plan, surroundings)
    known_from = float(subject.wanted.time[0]) if subject.first else float("-inf")
    return Task(subject=subject, judge=judge, done=done, known_from=known_from if claim.done_revision else float("inf"))


def only_changed(
    tasks: Sequence[Task],
    computed: Sequence[ComputedSignals],
    known: Mapping[int, tuple[IntArray, Hashes]],
) -> tuple[list[ComputedSignals], dict[int, IntArray]]:
    """
    What is new or different of what was computed, and the times of bars, by instrument, that are not there any more.

    Args:
        known: The times and hashes of the signals that are stored of a series, by instrument.
    """
    changed, gone = [], {}
    for task, one in zip(tasks, computed, strict=True):
        times, hashes = known.get(one.instrument_id, (np.empty(0, np.int64), np.empty((0, 16), np.uint8)))
        late = times >= task.known_from
        times, hashes = times[late], hashes[late]
        if not len(times):
            changed.append(one)
            continue
        place = np.minimum(np.searchsorted(times, one.time), len(times) - 1)
        is_stored = (times[place] == one.time) & (hashes[place] == one.input_hash).all(axis=1)
        changed.append(one[~is_stored])
        missing = times[~np.isin(times, one.time)]
        if len(missing):
            gone[one.instrument_id] = missing
    return changed, gone
