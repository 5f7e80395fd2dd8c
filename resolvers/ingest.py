"""The one way in: whatever brings prices, signals or instruments stores them here, and everybody hears of it."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from resolvers.events.publisher import QuotesPublisher
from resolvers.model.bars import Bars
from resolvers.model.computed_signals import ComputedSignals
from resolvers.model.instrument import Instrument, InstrumentSpec, Source
from resolvers.model.interval import Interval
from resolvers.model.quote import Quote
from resolvers.model.revisions import Revisions
from resolvers.model.signal import SignalDraft
from resolvers.storage.bars import SeriesWrite, Written, import_bars, rederive_sessions, store_bars
from resolvers.storage.computed_signals import Gone, store_computed
from resolvers.storage.engine_series import Done
from resolvers.storage.instrument_changes import written_instruments, written_update
from resolvers.storage.partitions import ensure_partitions
from resolvers.storage.pool import Pool, connection
from resolvers.storage.purging import raise_candles, raise_instruments, raise_quote, raise_signals
from resolvers.storage.quotes import store_quotes
from resolvers.storage.retiring import retire_others
from resolvers.storage.revisions import begin_another_past
from resolvers.storage.signals import store_signals

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection


class EnginePass:
    """
    One transaction of the engine.

    Attributes:
        one: The connection, for what is read and claimed in the transaction.
        written: What it has stored.
    """

    def __init__(self, one: "Connection") -> None:
        self.one = one
        self.written = Written()

    async def store(
        self,
        *,
        version: str,
        interval: Interval,
        computed: Sequence[ComputedSignals],
        done: Mapping[int, Done],
        gone: Gone | None = None,
    ) -> Written:
        """As `resolvers.storage.computed_signals.store_computed`; once, as the last that is done in it."""
        self.written = await store_computed(
            self.one, version=version, interval=interval, computed=computed, done=done, gone=gone
        )
        return self.written


class Ingest:
    """
    Writes: each is one transaction, and when a method returns it is committed.

    After the commit the revisions of this process move at once, so that what it answers next is not older than what
    it has just stored. Other processes hear of it by events.

    Args:
        revisions: Those of the process; a command that only writes has none.
        publisher: Tells of quotes; without one, processes that read notice within seconds.
    """

    def __init__(
        self, pool: Pool, *, revisions: Revisions | None = None, publisher: QuotesPublisher | None = None
    ) -> None:
        self._pool = pool
        self._revisions = revisions
        self._publisher = publisher

    def on(self, pool: Pool) -> "Ingest":
        """The same on connections of another pool, for what should not take those of the requests."""
        return Ingest(pool, revisions=self._revisions, publisher=self._publisher)

    async def candles(
        self, writes: Sequence[SeriesWrite], *, now: int, quotes: Sequence[Quote] | None = None
    ) -> Written:
        """As `resolvers.storage.bars.store_bars`."""
        return await self._settled(await store_bars(self._pool, writes, now=now, quotes=quotes))

    async def imported(
        self,
        series: Mapping[str, Bars],
        *,
        new: Callable[[str], InstrumentSpec],
        interval: Interval,
        source: Source,
        now: int,
    ) -> Written:
        """As `resolvers.storage.bars.import_bars`."""
        return await self._settled(
            await import_bars(self._pool, series, new=new, interval=interval, source=source, now=now)
        )

    async def quotes(self, quotes: Sequence[Quote]) -> Written:
        """As `resolvers.storage.quotes.store_quotes`."""
        return await self._settled(await store_quotes(self._pool, quotes))

    async def signals(self, drafts: Sequence[SignalDraft]) -> tuple[Written, frozenset[str]]:
        """As `resolvers.storage.signals.store_signals`."""
        written, refused = await store_signals(self._pool, drafts)
        return await self._settled(written), refused

    @asynccontextmanager
    async def engine_pass(self, years: Iterable[int]) -> AsyncIterator[EnginePass]:
        """
        A transaction in which series are claimed, computed and stored; nothing of it is there if it is left otherwise.

        Args:
            years: In which bars can lie whose signals are stored.

        Raises:
            Unavailable: If PostgreSQL does not answer, also at the end.
        """
        await ensure_partitions(self._pool, years, of="signals")
        async with connection(self._pool) as one, one.transaction():
            begun = EnginePass(one)
            yield begun
        await self._settled(begun.written)

    async def retired_engines(self, version: str) -> Written:
        """As `resolvers.storage.retiring.retire_others`."""
        return await self._settled(await retire_others(self._pool, version))

    async def instruments(self, specs: Sequence[InstrumentSpec]) -> dict[str, Instrument]:
        """As `resolvers.storage.instrument_changes.create_instruments`."""
        found, written = await written_instruments(self._pool, specs)
        await self._settled(written)
        return found

    async def edited(
        self, instrument: Instrument, changes: Mapping[str, Any], aliases: Iterable[str] | None
    ) -> Instrument:
        """As `resolvers.storage.instrument_changes.update_instrument`."""
        found, written = await written_update(self._pool, instrument, changes, aliases)
        await self._settled(written)
        return found

    async def rederived(self, instrument: Instrument) -> Written:
        """As `resolvers.storage.bars.rederive_sessions`."""
        return await self._settled(await rederive_sessions(self._pool, instrument))

    async def purged_candles(self, instrument: Instrument, interval: Interval | None) -> Written:
        """As `resolvers.storage.purging.raise_candles`."""
        return await self._settled(await raise_candles(self._pool, instrument, interval))

    async def purged_quote(self, instrument: Instrument) -> Written:
        """As `resolvers.storage.purging.raise_quote`."""
        return await self._settled(await raise_quote(self._pool, instrument))

    async def purged_instruments(self) -> Written:
        """As `resolvers.storage.purging.raise_instruments`."""
        return await self._settled(await raise_instruments(self._pool))

    async def purged_signals(self, instrument: Instrument | None) -> Written:
        """As `resolvers.storage.purging.raise_signals`."""
        return await self._settled(await raise_signals(self._pool, instrument))

    async def purged_all(self) -> None:
        """Gives the database a new id, which every process notices, this one too."""
        await begin_another_past(self._pool)

    async def _settled(self, written: Written) -> Written:
        if self._revisions is not None:
            for subject, revision in written.revisions.items():
                self._revisions.move(subject, revision)
        if self._publisher is not None:
            await self._publisher.publish(written.events)
        return written
