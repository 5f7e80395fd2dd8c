"""The fits of a market: counted by whoever comes first, stored, and read by all others."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from resolvers.compute.calibration import Calibration
from resolvers.compute.engine.anchors import month_begins
from resolvers.compute.engine.fits import Records, counted, totalled
from resolvers.compute.engine.signals import Judge
from resolvers.compute.engine.subject import Subject
from resolvers.compute.outcomes import months_of
from resolvers.engine.mirrored import MirroredSeries
from resolvers.engine.plan import Plan
from resolvers.engine.pool import Threads
from resolvers.model.interval import Interval
from resolvers.model.market import Market
from resolvers.storage.engine_fits import EngineFit, lock_fit, read_fit, store_fit
from resolvers.storage.pool import Pool, connection

_log = logging.getLogger("gateway.engine")

Held = Sequence[tuple[MirroredSeries, int]]
"""All series of a market, each with the number of its closed bars."""

Subjects = Mapping[int, Subject]
"""The closed bars of all series of a market, by instrument."""


class Learning:
    """
    What is known of earlier scores and votes of a market.

    It counts the months before that of the newest closed bar, over all instruments that have a bar of before it. In a
    new month those of the last one are added, and what was counted stays, also if its bars are corrected later; where
    other instruments have a past, all is counted anew.
    """

    def __init__(self, pool: Pool, plan: Plan, threads: Threads, market: Market) -> None:
        self._pool = pool
        self._plan = plan
        self._threads = threads
        self._market = market
        self._fit: EngineFit | None = None
        self._judge: Judge | None = None

    async def judge(self, held: Held, subjects: Callable[[], Subjects]) -> Judge:
        """
        Who knows what is to be known for the newest closed bars; the same one until that is something else.

        Args:
            subjects: Asked for where something has to be counted.

        Raises:
            Unavailable: If PostgreSQL does not answer.
        """
        wanted = _wanted(held)
        if self._judge is None or self._fit is None or not _serves(self._fit, wanted):
            self._fit = await self._ensured(held, subjects, *wanted)
            self._judge = Judge(self._plan.panel, self._plan.horizon, Calibration(self._fit.scores))
        return self._judge

    def forget(self) -> None:
        """Lets the stored fit be read again: one of a later month may count an instrument that has left."""
        self._fit = self._judge = None

    async def _ensured(
        self, held: Held, subjects: Callable[[], Subjects], month: int, ids: tuple[int, ...]
    ) -> EngineFit:
        version = self._plan.version
        async with connection(self._pool) as one:
            found = await read_fit(one, version, self._market)
        if found is not None and _serves(found, (month, ids)):
            return found
        async with connection(self._pool) as one, one.transaction():
            await lock_fit(one, version, self._market)
            # Whoever came first has counted while we waited.
            found = await read_fit(one, version, self._market)
            if found is None or not _serves(found, (month, ids)):
                if found is not None and (found.month >= month or found.instrument_ids != _past(held, found.month)):
                    found = None
                found = await self._counted(found, subjects(), month, ids)
                await store_fit(one, version, self._market, found)
        return found

    async def _counted(
        self, before: EngineFit | None, subjects: Subjects, month: int, ids: tuple[int, ...]
    ) -> EngineFit:
        total = Records.none(self._plan.panel, self._plan.horizon, month)
        since: int | None = None
        if before is not None:
            total = Records(month=before.month, scores=before.scores, track=before.track)
            since = before.month

        def count(number: int) -> Records:
            subject, first = subjects[number], since
            if first is None and self._market.interval < Interval.H1 and len(subject.wanted):
                # What is older is seen from no anchor of its own.
                first = int(months_of(subject.wanted.time[:1])[0])
            return counted(self._plan.panel, subject, self._plan.horizon, since=first, month=month)

        good: list[Records] = []
        for number, found in zip(ids, await self._threads.each(count, ids, at_once=1), strict=True):
            if isinstance(found, Exception):
                _log.error("%s is not counted: %r", subjects[number].symbol, found, exc_info=found)
            else:
                good.append(found)
        total = await self._threads(partial(totalled, total, good))
        return EngineFit(month=month, instrument_ids=ids, scores=total.scores, track=total.track)


def _wanted(held: Held) -> tuple[int, tuple[int, ...]]:
    """The month that is not over, and the instruments with a past."""
    newest = max((int(one.bars.time[count - 1]) for one, count in held if count), default=0)
    month = int(months_of(np.array([newest], np.int64))[0])
    return month, _past(held, month)


def _past(held: Held, month: int) -> tuple[int, ...]:
    begins = month_begins(month)
    return tuple(sorted(one.stored.instrument_id for one, count in held if count and one.bars.time[0] < begins))


def _serves(fit: EngineFit, wanted: tuple[int, tuple[int, ...]]) -> bool:
    # Of a later month it is that of a worker who has seen newer bars, and knows of the same months before.
    return fit.month > wanted[0] or (fit.month, fit.instrument_ids) == wanted
