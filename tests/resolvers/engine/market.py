"""A stored market of days, an engine over it, and what its signals must be."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import numpy as np

from resolvers.compute.agents.panel import PANEL, Panel
from resolvers.compute.agents.universe import Universe
from resolvers.compute.calibration import Calibration
from resolvers.compute.engine.fits import Records, counted, totalled
from resolvers.compute.engine.signals import Judge
from resolvers.compute.engine.subject import Subject, seen
from resolvers.compute.outcomes import months_of
from resolvers.engine.engine import Engine
from resolvers.engine.plan import Plan
from resolvers.ingest import Ingest
from resolvers.model.bars import Bars
from resolvers.model.instrument import Instrument, Source
from resolvers.model.interval import Interval
from resolvers.model.revisions import Revisions
from resolvers.model.session import UTC_DAYS
from resolvers.storage.bars import SeriesWrite, store_bars
from resolvers.storage.engine_series import Shard
from resolvers.storage.pool import Pool
from tests.bars import LATER, instrument, walk

HORIZON = 5
MONDAY = 1_704_067_200  # 2024-01-01
DAY = 86_400


def plan(**changed: Any) -> Plan:
    """Days alone, unless *changed*."""
    return Plan(
        **{
            "panel": PANEL,
            "intervals": (Interval.D1,),
            "history": 2000,
            "horizon": HORIZON,
            "threads": 2,
            "lanes": 2,
            "shard": Shard(),
            "grace": 0.0,
            "most_rows": 2_500,
            "most_series": 256,
            "at_once": 4,
            **changed,
        }
    )


def days(count: int, *, seed: int, first: int = MONDAY) -> Bars:
    """Days without a gap."""
    return walk(first + DAY * np.arange(count), seed=seed)


class StoredMarket:
    """
    Instruments with bars, real ones or simulated ones, and a clock that stands still.

    Attributes:
        bars: What is stored, by symbol.
        now: Unix seconds.
    """

    def __init__(self, pool: Pool, interval: Interval = Interval.D1, *, is_simulated: bool = False) -> None:
        self.pool = pool
        self.interval = interval
        self.is_simulated = is_simulated
        self.bars: dict[str, Bars] = {}
        self.instruments: dict[str, Instrument] = {}
        self.now = float(LATER)
        self.revisions = Revisions()

    @classmethod
    async def of_days(
        cls, pool: Pool, *, symbols: int = 11, count: int = 130, first: int = MONDAY, is_simulated: bool = False
    ) -> "StoredMarket":
        """Some instruments, enough for ranks, of which each begins a day later than the one before."""
        market = cls(pool, is_simulated=is_simulated)
        name = "NOVA" if is_simulated else "SYM"
        for number in range(symbols):
            bars = days(count, seed=number, first=first)[number:]
            await market.add(f"{name}{number}", bars)
        return market

    async def add(self, symbol: str, bars: Bars) -> None:
        """Stores bars of an instrument, which is made if it is missing."""
        await self.add_all({symbol: bars})

    async def add_all(self, series: Mapping[str, Bars]) -> None:
        """The same of several in one transaction."""
        for symbol in series:
            if symbol not in self.instruments:
                self.instruments[symbol] = await instrument(self.pool, symbol, is_simulated=self.is_simulated)
        source = Source.SIMULATED if self.is_simulated else Source.FILE
        writes = [
            SeriesWrite(instrument=self.instruments[symbol], interval=self.interval, source=source, bars=bars)
            for symbol, bars in series.items()
        ]
        await store_bars(self.pool, writes, now=LATER)
        for symbol, bars in series.items():
            self.bars[symbol] = merged(self.bars.get(symbol, Bars.empty()), bars)

    def engine(self, plan: Plan) -> Engine:
        """One that is not asked yet."""
        return Engine(self.pool, Ingest(self.pool, revisions=self.revisions), plan, clock=lambda: self.now)

    async def computed(self, **changed: Any) -> Engine:
        """An engine that has computed all that was pending."""
        async with AsyncExitStack() as stack:
            engine = self.engine(plan(**changed))
            stack.callback(engine.close)
            await engine.finish()
            return engine

    def judge(self, panel: Panel = PANEL) -> Judge:
        """Who knows what may be known in the month of the newest bar."""
        month = self.month()
        nothing = Records.none(panel, HORIZON, month)
        records = [counted(panel, one, HORIZON, since=None, month=month) for one in self.subjects()]
        return Judge(panel, HORIZON, Calibration(totalled(nothing, records).scores))

    def subjects(self, *, history: int = 2000) -> list[Subject]:
        """All series among each other."""
        universe = Universe.of(self.bars)
        return [
            Subject(
                instrument_id=self.instruments[symbol].id,
                symbol=symbol,
                interval=self.interval,
                calendar=UTC_DAYS,
                trades_daily=False,
                bars=bars,
                member=universe.member(symbol),
                first=max(0, len(bars) - history),
            )
            for symbol, bars in self.bars.items()
        ]

    def expected(self, *, history: int = 2000, panel: Panel = PANEL) -> dict[tuple[int, int], bytes]:
        """The hash of each signal there must be, by instrument and time, from the engine's arithmetic alone."""
        judged = self.judge(panel).signals([seen(panel, one) for one in self.subjects(history=history)])
        return {
            (one.instrument_id, time): content.tobytes()
            for one in judged
            for time, content in zip(one.time.tolist(), one.input_hash, strict=True)
        }

    async def stored(self) -> dict[tuple[int, int], bytes]:
        """The hash of each signal that stands; that each is there once is asserted."""
        rows = await self.pool.fetch(
            "SELECT instrument_id, extract(epoch FROM time)::bigint AS time, input_hash FROM signals"
            " WHERE NOT is_cancelled"
        )
        found = {(row["instrument_id"], row["time"]): row["input_hash"] for row in rows}
        assert len(found) == len(rows)
        return found

    async def written(self) -> tuple[int, int, int]:
        """How often signals were written, in how many events that was told, and how many of these told of a signal."""
        row = await self.pool.fetchrow(
            "SELECT (SELECT coalesce(sum(revision), 0) FROM signals)::int, count(*)::int,"
            " (count(*) FILTER (WHERE convert_from(body, 'UTF8') LIKE '%\"signal\"%'))::int"
            " FROM outbox WHERE kind = 'signals'"
        )
        assert row is not None
        return row[0], row[1], row[2]

    def month(self) -> int:
        """That of the newest bar, from January 1970."""
        newest = max(int(bars.time[-1]) for bars in self.bars.values() if len(bars))
        return int(months_of(np.array([newest]))[0])


def merged(before: Bars, bars: Bars) -> Bars:
    """*before* with *bars* in the place of those of the same times."""
    keep = ~np.isin(before.time, bars.time)
    joined = {
        name: np.concatenate((getattr(before, name)[keep], getattr(bars, name)))
        for name in ("time", "open", "high", "low", "close", "volume")
    }
    order = np.argsort(joined["time"])
    return Bars(**{name: column[order] for name, column in joined.items()})


def moved(bars: Bars, by: float) -> Bars:
    """The same bars at other prices."""
    prices = {name: getattr(bars, name) * by for name in ("open", "high", "low", "close")}
    return Bars(time=bars.time, volume=bars.volume, **prices)


def parts(bars: Bars, edges: Sequence[int]) -> list[Bars]:
    """Bars in pieces."""
    return [bars[start:end] for start, end in zip([0, *edges], [*edges, len(bars)], strict=True)]
