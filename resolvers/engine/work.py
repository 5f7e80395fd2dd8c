"""The work with one interval: series are claimed, computed and stored, a batch in each transaction."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from resolvers.compute.engine.subject import Seen, seen
from resolvers.engine.batch import Task, only_changed, task_of
from resolvers.engine.knowledge import Knowledge
from resolvers.engine.learning import Held
from resolvers.engine.markets import Markets
from resolvers.engine.mirror import Mirror
from resolvers.engine.mirrored import MirroredSeries
from resolvers.engine.plan import Plan
from resolvers.engine.pool import Threads
from resolvers.engine.resting import Resting
from resolvers.errors import Unavailable
from resolvers.ingest import EnginePass, Ingest
from resolvers.model.bars import IntArray
from resolvers.model.computed_signals import ComputedSignals, Hashes, producer_of
from resolvers.model.interval import Interval
from resolvers.storage.computed_rows import known_hashes
from resolvers.storage.engine_series import Claim, Done, claimed, pending
from resolvers.storage.partitions import tidy
from resolvers.storage.pool import Pool, connection

_NOTHING = float("inf")
# From so many new rows on a vacuum is worth its second.
_LARGE = 20_000

_log = logging.getLogger("gateway.engine")


@dataclass(slots=True)
class Tally:
    """What was done: passes over series, and signals that were new, different or cancelled."""

    series: int = 0
    signals: int = 0
    news: int = 0


class Work:
    """
    One interval of an engine.

    Args:
        ingest: Where signals are stored.
    """

    def __init__(
        self, pool: Pool, ingest: Ingest, plan: Plan, mirror: Mirror, threads: Threads, interval: Interval
    ) -> None:
        self._pool = pool
        self._ingest = ingest
        self._plan = plan
        self._mirror = mirror
        self._threads = threads
        self._interval = interval
        self._markets = Markets(pool, plan, mirror, threads, interval)
        self._most: int | None = None
        self._tidied = 0
        # So many are tried one by one, because one of them has failed among others.
        self._careful = 0
        self.resting = Resting(interval.name)
        self.tally = Tally()

    async def step(self, now: float) -> bool:
        """
        Claims some series, and stores their signals; whether there were any.

        Args:
            now: In unix seconds, less the grace.

        Raises:
            Unavailable: If PostgreSQL does not answer. Then nothing of it is stored.
        """
        claims: list[Claim] = []
        self._careful = max(0, self._careful - 1)
        try:
            async with self._ingest.engine_pass(self._markets.years(now)) as one:
                claims = await claimed(
                    one.one,
                    version=self._plan.version,
                    interval=self._interval,
                    contexts=self._markets.contexts(now),
                    now=now,
                    shard=self._plan.shard,
                    most=self._batch(),
                    without=self.resting.at(now),
                )
                if claims:
                    await self._compute(one, claims, now)
        except Unavailable:
            raise
        except Exception as error:
            self._failed(claims, error, now)
        if not claims:
            # What comes next is most probably a bar of each.
            self._most = self._plan.most_series
        return bool(claims)

    async def prepare(self, now: float) -> None:
        """As `Knowledge.prepare`; what rests on something else by now is claimed by the next step."""
        await self._markets.prepare(now)

    async def tidy(self, now: float) -> None:
        """
        Vacuums the partitions of signals when many were stored: without statistics new bars take longer.

        Raises:
            Unavailable: If PostgreSQL does not answer.
        """
        if self.tally.signals - self._tidied >= _LARGE:
            self._tidied = self.tally.signals
            await tidy(self._pool, self._markets.years(now), of="signals")

    async def pending(self, now: float) -> int:
        """How many series somebody still has to compute."""
        async with connection(self._pool) as one:
            return await pending(
                one,
                version=self._plan.version,
                interval=self._interval,
                contexts=self._markets.contexts(now),
                now=now,
            )

    async def _compute(self, one: EnginePass, claims: Sequence[Claim], now: float) -> None:
        # Their bars are at least those of the claims from here on.
        await self._mirror.refresh()
        tasks: list[Task] = []
        barren = {claim.instrument_id: claim for claim in claims}
        for known in self._markets.known.values():
            held = known.held(now)
            mine = {
                series.stored.instrument_id: (barren.pop(series.stored.instrument_id), series, count)
                for series, count in held
                if series.stored.instrument_id in barren
            }
            if mine:
                tasks += await self._tasks(known, held, list(mine.values()), now)
        await self._store(one, self._fitting(tasks), list(barren.values()), now)

    async def _tasks(
        self, known: Knowledge, held: Held, claims: Sequence[tuple[Claim, MirroredSeries, int]], now: float
    ) -> list[Task]:
        """What is to be computed of claimed series of one market, each with the number of its closed bars."""
        newest = [series.bars.time[count - 1] for _, series, count in claims if count]
        surroundings, judge = await known.of(held, float(max(newest, default=0)))
        return await self._threads(
            lambda: [
                task_of(claim, series, plan=self._plan, surroundings=surroundings, judge=judge, now=now)
                for claim, series, _ in claims
            ]
        )

    def _fitting(self, tasks: Sequence[Task]) -> list[Task]:
        """As many as one transaction should store, at least one; the others are claimed again."""
        rows, fitting = 0, list[Task]()
        for task in tasks:
            rows += task.rows
            if fitting and rows > self._plan.most_rows:
                break
            fitting.append(task)
        mean = sum(task.rows for task in fitting) / max(len(fitting), 1)
        self._most = max(1, min(self._plan.most_series, int(self._plan.most_rows / max(mean, 1))))
        return fitting

    async def _store(self, one: EnginePass, tasks: Sequence[Task], barren: Sequence[Claim], now: float) -> None:
        looked = await self._threads.each(
            lambda task: seen(self._plan.panel, task.subject), tasks, at_once=self._plan.at_once
        )
        good = []
        for task, found in zip(tasks, looked, strict=True):
            if isinstance(found, Exception):
                self.resting.failed(task.subject.instrument_id, task.subject.symbol, found, now)
            else:
                good.append((task, found))
        computed = await self._threads(lambda: _signals(good, now))
        tasks = [task for task, _ in good]
        known = await self._known(one, tasks, barren)
        changed, gone = await self._threads(lambda: only_changed(tasks, computed, known))
        done = {task.subject.instrument_id: task.done for task in tasks}
        for claim in barren:
            done[claim.instrument_id] = Done(claim.revision, None, b"")
            if claim.instrument_id in known:
                gone[claim.instrument_id] = known[claim.instrument_id][0]
        written = await one.store(
            version=self._plan.version, interval=self._interval, computed=changed, done=done, gone=gone
        )
        for number in done:
            self.resting.worked(number)
        self.tally.series += len(done)
        self.tally.news += len(written.signals)
        self.tally.signals += len(written.signals) + written.quiet_signals

    async def _known(
        self, one: EnginePass, tasks: Sequence[Task], barren: Sequence[Claim]
    ) -> dict[int, tuple[IntArray, Hashes]]:
        """Times and hashes of the stored signals that what is computed is compared with."""
        since = {task.subject.instrument_id: task.known_from for task in tasks if task.known_from < _NOTHING}
        since |= {claim.instrument_id: float("-inf") for claim in barren}
        earliest = min(since.values(), default=_NOTHING)
        return await known_hashes(
            one.one,
            producer_of(self._plan.version),
            self._interval,
            sorted(since),
            None if earliest in (float("-inf"), _NOTHING) else int(earliest),
        )

    def _batch(self) -> int:
        """How many series are claimed at once."""
        if self._careful:
            return 1
        if self._most is None:
            return max(1, min(self._plan.most_series, int(self._plan.most_rows / self._markets.bars_each())))
        return self._most

    def _failed(self, claims: Sequence[Claim], error: Exception, now: float) -> None:
        """Of one alone it is known whose error it is; of many they are tried one by one."""
        if len(claims) == 1:
            self.resting.failed(claims[0].instrument_id, claims[0].symbol, error, now)
        elif not claims:
            raise error
        else:
            _log.warning("%d series of %s are tried one by one: %r", len(claims), self._interval.name, error)
            self._careful = len(claims)


def _signals(good: Sequence[tuple[Task, Seen]], now: float) -> list[ComputedSignals]:
    """In their order, in which those of a market follow each other."""
    return [
        made
        for judge, together in groupby(good, key=lambda one: one[0].judge)
        for made in judge.signals([found for _, found in together], news_from=now)
    ]
