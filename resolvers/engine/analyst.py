"""The engine as clients ask it: for the newest closed bar of a series, at once."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from resolvers.compute.engine.signals import Judge
from resolvers.compute.engine.subject import Subject, seen
from resolvers.engine.batch import subject_of
from resolvers.engine.markets import Markets
from resolvers.engine.mirror import Mirror
from resolvers.engine.mirrored import MirroredSeries
from resolvers.engine.plan import Plan
from resolvers.engine.pool import Threads
from resolvers.errors import BadInput, GatewayError, NotFound, Unavailable
from resolvers.ingest import EnginePass, Ingest
from resolvers.model.computed_signals import ComputedSignals
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.model.market import Market
from resolvers.model.signal import Signal
from resolvers.model.signal_page import SignalKey
from resolvers.storage.engine_series import ensure_engine_series, hold_series
from resolvers.storage.panels import StoredPanel, store_panel
from resolvers.storage.pool import Pool, connection
from resolvers.storage.signal_pages import read_signals

T = TypeVar("T")


class EngineAnalyst:
    """
    Makes the signals that an engine on the same plan makes, beside any number of those.

    It looks at the market when it is asked for the first time, and then follows it. What it stores of a bar is what the
    engine stores: whoever comes second finds it there, and writes nothing.

    Args:
        clock: Unix seconds.
    """

    def __init__(self, pool: Pool, ingest: Ingest, plan: Plan, *, clock: Callable[[], float] = time.time) -> None:
        self.panel = plan.panel
        self._threads = Threads(plan.threads, lanes=plan.lanes)
        self._desks = {one: _Desk(pool, ingest, plan, self._threads, one, clock) for one in plan.intervals}

    async def subject(self, instrument: Instrument, interval: Interval) -> Subject:
        """As `resolvers.services.Analyst.subject`."""
        return await self._desk(interval).subject(instrument)

    async def analyze(
        self, instruments: Sequence[Instrument], interval: Interval
    ) -> Mapping[int, Signal | GatewayError]:
        """As `resolvers.services.Analyst.analyze`."""
        return await self._desk(interval).analyze(instruments)

    def close(self) -> None:
        """Ends its threads."""
        self._threads.close()

    def _desk(self, interval: Interval) -> "_Desk":
        if interval not in self._desks:
            names = ", ".join(one.name for one in self._desks)
            raise BadInput(f"the engine makes signals of {names} bars, interval was {interval.name}")
        return self._desks[interval]


class _Desk:
    """One interval of an analyst; one call after the other, because they follow one market."""

    def __init__(
        self,
        pool: Pool,
        ingest: Ingest,
        plan: Plan,
        threads: Threads,
        interval: Interval,
        clock: Callable[[], float],
    ) -> None:
        self._pool = pool
        self._ingest = ingest
        self._plan = plan
        self._threads = threads
        self._interval = interval
        self._clock = clock
        # A plan of this interval alone: what nobody asks for is not read.
        self._mirror = Mirror(pool, plan.of(interval))
        self._markets = Markets(pool, plan, self._mirror, threads, interval)
        self._turn = asyncio.Lock()
        self._has_begun = False

    async def subject(self, instrument: Instrument) -> Subject:
        """The closed bars of an instrument, of which the last one is wanted."""
        found, _ = await self._in_turn(lambda: self._subjects([instrument], self._now()))
        subject = found[instrument.id]
        if isinstance(subject, GatewayError):
            raise subject
        return subject

    async def analyze(self, instruments: Sequence[Instrument]) -> Mapping[int, Signal | GatewayError]:
        """The stored signals of the newest closed bars, or why there are none."""
        made = await self._in_turn(lambda: self._made(instruments))
        keys = {
            number: SignalKey(int(each.time[-1]), each.digest[-1].tobytes().hex())
            for number, each in made.items()
            if isinstance(each, ComputedSignals)
        }
        stored = (await read_signals(self._pool, list(keys.values()))).value if keys else {}
        return {
            number: each if isinstance(each, GatewayError) else stored.get(keys[number], _gone())
            for number, each in made.items()
        }

    async def _made(self, instruments: Sequence[Instrument]) -> Mapping[int, ComputedSignals | GatewayError]:
        await self._begin()
        now = self._now()
        # What takes long when it is asked for the first time, before anybody has to wait for the transaction.
        found, _ = await self._subjects(instruments, now)
        years = {
            datetime.fromtimestamp(int(one.bars.time[-1]), UTC).year
            for one in found.values()
            if isinstance(one, Subject)
        }
        async with self._ingest.engine_pass(years) as one:
            return await self._stored(one, instruments, now)

    async def _stored(
        self, one: EnginePass, instruments: Sequence[Instrument], now: float
    ) -> Mapping[int, ComputedSignals | GatewayError]:
        ids = [each.id for each in instruments]
        # Whoever computes one of these series is done before, and whoever comes later sees at least our bars.
        await hold_series(one.one, version=self._plan.version, interval=self._interval, instrument_ids=ids)
        found, judges = await self._subjects(instruments, now)
        made: dict[int, ComputedSignals | GatewayError] = {
            number: each for number, each in found.items() if isinstance(each, GatewayError)
        }
        computed: list[ComputedSignals] = []
        for judge, subjects in judges:
            computed += await self._threads(partial(self._signals, judge, subjects, now))
        if computed:
            await one.store(version=self._plan.version, interval=self._interval, computed=computed, done={})
            made |= {each.instrument_id: each for each in computed}
        return made

    def _signals(self, judge: Judge, subjects: Sequence[Subject], now: float) -> list[ComputedSignals]:
        return judge.signals([seen(self._plan.panel, each) for each in subjects], news_from=now)

    async def _subjects(
        self, instruments: Sequence[Instrument], now: float
    ) -> tuple[dict[int, Subject | GatewayError], list[tuple[Judge, list[Subject]]]]:
        """What is to be looked at of each instrument, or why nothing is, and who judges which: each market's own."""
        await self._mirror.refresh()
        found: dict[int, Subject | GatewayError] = {}
        closed: dict[Market, dict[int, tuple[MirroredSeries, int]]] = {}
        for one in instruments:
            series = self._mirror.find((self._interval, one.id))
            count = 0 if series is None else series.closed(now)
            if series is None or not count:
                found[one.id] = NotFound(f"no closed {self._interval.name} bar of {one.symbol} is stored")
            else:
                closed.setdefault(series.stored.market, {})[one.id] = series, count
        judges: list[tuple[Judge, list[Subject]]] = []
        for market, mine in closed.items():
            newest = max(float(series.bars.time[count - 1]) for series, count in mine.values())
            known = self._markets.known[market]
            surroundings, judge = await known.of(known.held(now), newest)
            subjects = {
                number: subject_of(series, count, self._plan, surroundings, count - 1)
                for number, (series, count) in mine.items()
            }
            found |= subjects
            judges.append((judge, list(subjects.values())))
        return found, judges

    async def _begin(self) -> None:
        """Makes the rows that are held, of series that came since, too."""
        if not self._has_begun:
            async with connection(self._pool) as one:
                await store_panel(one, self._plan.version, StoredPanel.of(self._plan.panel))
            self._has_begun = True
        await ensure_engine_series(self._pool, self._plan.version, [self._interval])

    async def _in_turn(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """
        What *work* returns.

        A caller who goes away waits no longer, and what has begun for it is finished: a market that was followed half
        the way would have to be read anew.
        """
        await self._turn.acquire()
        task = asyncio.create_task(work())
        task.add_done_callback(self._over)
        return await asyncio.shield(task)

    def _over(self, task: "asyncio.Task[Any]") -> None:
        self._turn.release()
        if not task.cancelled():
            # So that nobody misses an error which nobody waits for any more.
            task.exception()

    def _now(self) -> float:
        """Unix seconds, less what a bar that has just ended may still change in."""
        return self._clock() - self._plan.grace


def _gone() -> GatewayError:
    return Unavailable("the signal was stored, and is not there any more")
