"""The engine: it waits for bars, and has signals stored of them."""

import asyncio
import time
from collections.abc import Callable

from resolvers.engine.mirror import Mirror
from resolvers.engine.plan import Plan
from resolvers.engine.pool import Threads
from resolvers.engine.work import Tally, Work
from resolvers.ingest import Ingest
from resolvers.storage.engine_series import ensure_engine_series
from resolvers.storage.leading import Session
from resolvers.storage.panels import StoredPanel, store_panel
from resolvers.storage.pool import Pool, connection

_POLL_SECONDS = 2.0
_BUSY_SECONDS = 0.05


class Engine:
    """
    Any number may run on a database: each series is computed by one at a time, and one that dies leaves nothing behind.

    Args:
        clock: Unix seconds.
        poll_seconds: How often it looks for work that nobody told it of.
    """

    def __init__(
        self,
        pool: Pool,
        ingest: Ingest,
        plan: Plan,
        *,
        clock: Callable[[], float] = time.time,
        poll_seconds: float = _POLL_SECONDS,
    ) -> None:
        self._pool = pool
        self._ingest = ingest
        self._plan = plan
        self._clock = clock
        self._poll = poll_seconds
        self._threads = Threads(plan.threads, lanes=plan.lanes)
        self._mirror = Mirror(pool, plan)
        self._work = [Work(pool, ingest, plan, self._mirror, self._threads, one) for one in plan.intervals]
        self._closes_next = float("-inf")
        self._next_poll = float("-inf")

    @property
    def tallies(self) -> dict[str, Tally]:
        """What was done, by interval."""
        return {interval.name: one.tally for interval, one in zip(self._plan.intervals, self._work, strict=True)}

    @property
    def failing(self) -> int:
        """How many series could not be computed when they were tried last."""
        return sum(len(one.resting) for one in self._work)

    async def run(self, own: Session) -> None:
        """
        Computes what is pending and what comes, as long as the session is open, which wakes it.

        Raises:
            Unavailable: If PostgreSQL does not answer.
        """
        await self._begin()
        while own.is_open:
            await self._round()
            until = min(self._next_poll, self._closes_next + self._plan.grace) - self._clock()
            await own.woken(max(until, 0.0))

    async def finish(self) -> None:
        """
        Computes what is pending, and returns when nothing is, whoever computes it; what fails is tried once.

        Raises:
            Unavailable: If PostgreSQL does not answer.
        """
        await self._begin()
        while True:
            await self._round()
            now = self._now()
            left = sum([await one.pending(now) for one in self._work])
            if left <= self.failing:
                return
            await asyncio.sleep(_BUSY_SECONDS)
            self._next_poll = float("-inf")

    def close(self) -> None:
        """Ends its threads."""
        self._threads.close()

    async def _begin(self) -> None:
        async with connection(self._pool) as one:
            await store_panel(one, self._plan.version, StoredPanel.of(self._plan.panel))
        await self._ingest.retired_engines(self._plan.version)
        await self._mirror.refresh()
        self._next_poll = float("-inf")

    async def _round(self) -> None:
        """Does what there is to do, if anything has changed, a bar was closed, or it has not looked for long."""
        has_changed = await self._mirror.refresh()
        now = self._now()
        if not (has_changed or now >= self._closes_next or self._clock() >= self._next_poll):
            return
        self._next_poll = self._clock() + self._poll
        self._closes_next = self._mirror.closing_next(now)
        await ensure_engine_series(self._pool, self._plan.version, self._plan.intervals)
        for work in self._work:
            while await work.step(now):
                now = self._now()
        for work in self._work:
            # What was claimed first is told first; only then is there time to look who rests on something else now.
            await work.prepare(now)
            while await work.step(now):
                now = self._now()
            await work.tidy(now)

    def _now(self) -> float:
        """Unix seconds, less what a bar that has just ended may still change in."""
        return self._clock() - self._plan.grace
