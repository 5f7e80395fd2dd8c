"""Publishing beside other writers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from resolvers.ingest import Ingest
from resolvers.model.instrument import Source
from resolvers.model.interval import Interval
from resolvers.model.quote import Quote
from resolvers.published_candles import publish_candles
from resolvers.services import Services
from resolvers.storage.bars import SeriesWrite, Written
from resolvers.storage.pool import Pool
from tests.bars import LATER, NOON, instrument, spaced, store

_MOMENT = datetime.fromtimestamp(NOON, UTC)


@dataclass(kw_only=True)
class _Bar:
    time: datetime = _MOMENT
    open: float = 5.0
    high: float = 7.0
    low: float = 4.0
    close: float = 6.0
    volume: float | None = None


@dataclass(kw_only=True)
class _Item:
    symbol: str
    interval: Interval = Interval.H1
    bars: tuple[_Bar, ...] = (_Bar(),)


class _Overtaken(Ingest):
    """An ingest before whose first transaction somebody imports a file."""

    def __init__(self, pool: Pool, symbol: str) -> None:
        super().__init__(pool)
        self.pool = pool
        self.symbol = symbol
        self.calls: list[list[str]] = []

    async def candles(
        self, writes: Sequence[SeriesWrite], *, now: int, quotes: Sequence[Quote] | None = None
    ) -> Written:
        self.calls.append([write.instrument.symbol for write in writes])
        if len(self.calls) == 1:
            other = await instrument(self.pool, self.symbol)
            await store(self.pool, other, Interval.H1, spaced(1, Interval.H1), source=Source.FILE)
        return await super().candles(writes, now=now, quotes=quotes)


async def test_an_import_that_comes_in_between_refuses_its_own_series_alone(pool: Pool) -> None:
    """The look for sources found nothing, the transaction does; the second look finds it, and the rest is stored."""
    for symbol in ("ACME", "NADIR"):
        await instrument(pool, symbol)
    ingest = _Overtaken(pool, "NADIR")
    services = Services(
        pool=pool, ingest=ingest, clock=lambda: LATER, max_bars=9, bar_grace_seconds=0, quote_stale_seconds=60
    )
    published = await publish_candles(services, [_Item(symbol="ACME"), _Item(symbol="NADIR")])
    assert (published.accepted, published.stored) == (1, 1)
    assert [(one.index, one.error.code) for one in published.refusals] == [(1, "CONFLICT")]
    assert ingest.calls == [["ACME", "NADIR"], ["ACME"]]
