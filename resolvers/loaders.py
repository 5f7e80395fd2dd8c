"""One batch per noun and operation: whatever a query's fields ask for at the same moment is one statement."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, Generic, TypeAlias, TypeVar

from aiodataloader import DataLoader

from resolvers.compute.known_agents import KnownAgents
from resolvers.model.facts import Facts
from resolvers.model.insight import SignalTally
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.model.opportunity import Choice, Ranking
from resolvers.model.quote import Quote
from resolvers.model.roster import Roster
from resolvers.model.signal import Signal
from resolvers.model.signal_page import SignalConditions, SignalKey, SignalPage
from resolvers.model.verdict import Verdict
from resolvers.model.window import StoredWindow, WindowRequest
from resolvers.reading.instruments import (
    held_instrument,
    held_intervals,
    held_quote,
    instruments_by_name,
    latest_quotes,
    stored_intervals,
)
from resolvers.reading.known_agents import held_known_agents, known_agents
from resolvers.reading.opportunities import held_ranking, rankings
from resolvers.reading.reads import MISSING, Missing, Reads
from resolvers.reading.rosters import held_roster, rosters
from resolvers.reading.signal_tallies import held_tally, signal_tallies
from resolvers.reading.signals import held_signal, signal_counts, signal_pages, signals_by_key
from resolvers.reading.verdicts import Ballot, consensus_of
from resolvers.reading.windows import held_window, windows
from resolvers.services import Services
from resolvers.storage.track_records import RecordKey
from resolvers.wording import Worded

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
T = TypeVar("T")
Futures: TypeAlias = dict[K, asyncio.Future[V | None]]


class Loader(Generic[K, V]):
    """
    Values by key, each key read once per operation; a key that nothing is stored for gives None.

    An exception as a value is raised to whoever loads its key, and to nobody else. What nobody waits for any more is
    not read, or no longer.

    Args:
        batch: Reads keys together.
        held: What is there without waiting, so that it costs neither a future nor a turn of the event loop.
    """

    def __init__(
        self,
        batch: Callable[[Sequence[K]], Awaitable[Mapping[K, Any]]],
        held: Callable[[K], V | Missing | None] | None = None,
    ) -> None:
        self._batch = batch
        self._held = held
        self._known: dict[K, V | None] = {}
        self._futures: Futures[K, V] = {}
        self._reading: set[asyncio.Task[Any]] = set()
        self._waiting = 0

    @cached_property
    def _loader(self) -> "DataLoader[K, V | None]":
        # Made when it is asked for the first time: most operations use one or two of five.
        futures = self._futures = {}
        return DataLoader(partial(self._in_order, futures), cache_map=futures)

    async def load(self, key: K) -> V | None:
        """The value of *key*, read together with what else was asked for in this moment."""
        ready = self._ready(key)
        if not isinstance(ready, Missing):
            return ready
        future = self._loader.load(key)
        self._waiting += 1
        try:
            # The loader keeps its future: one caller's cancellation must not become every later caller's.
            value = self._known[key] = await asyncio.shield(future)
        except asyncio.CancelledError:
            if self._waiting == 1:
                self._stop()
            else:
                future.add_done_callback(_taken)
            raise
        finally:
            self._waiting -= 1
        return value

    def then(self, key: K, use: Callable[[V | None], T]) -> T | Awaitable[T]:
        """What *use* makes of the value of *key*: at once where that is there without waiting."""
        ready = self._ready(key)
        return self._later(key, use) if isinstance(ready, Missing) else use(ready)

    async def _later(self, key: K, use: Callable[[V | None], T]) -> T:
        return use(await self.load(key))

    async def load_many(self, keys: Sequence[K]) -> list[V | None]:
        """The values of *keys*, in their order."""
        values: list[V | None] = []
        for key in keys:
            ready = self._ready(key)
            if isinstance(ready, Missing):
                break
            values.append(ready)
        missing = keys[len(values) :]
        return values + list(await asyncio.gather(*map(self.load, missing))) if missing else values

    def _ready(self, key: K) -> V | Missing | None:
        """
        The value of *key* where it is there without waiting.

        Behind one who waits everybody does who asks for something new, so that budgets are taken in the order of the
        asking.
        """
        if key in self._known:
            return self._known[key]
        if self._held is None or self._waiting:
            return MISSING
        held = self._held(key)
        if not isinstance(held, Missing):
            self._known[key] = held
        return held

    async def _in_order(self, futures: Futures[K, V], keys: list[K]) -> list[V | None]:
        """The values of a batch, which has a task to itself; those are read that *futures* still has."""
        wanted = [key for key in keys if key in futures]
        if not wanted:
            return [None] * len(keys)
        task: asyncio.Task[Any] = asyncio.current_task()  # type: ignore[assignment]
        self._reading.add(task)
        try:
            found = await self._batch(wanted)
        finally:
            self._reading.discard(task)
        return [found.get(key) for key in keys]

    def _stop(self) -> None:
        """
        Ends what is read for nobody; whoever asks for it later begins anew.

        With another loader: a batch that fails as it ends takes its keys out of its own, asked anew or not.
        """
        for future in self._futures.values():
            future.cancel()
        self._futures.clear()
        for task in self._reading:
            task.cancel()
        self._reading.clear()
        del self._loader


def _taken(future: "asyncio.Future[Any]") -> None:
    """Looks at an error that its caller does not wait for, lest asyncio log it as overlooked."""
    if not future.cancelled():
        future.exception()


class Loaders:
    """
    The loaders of one operation; a new operation, and every event of a stream, takes new ones.

    Args:
        is_fresh: Whether to read past what is held, for a client that knows of something newer than this process.

    Attributes:
        reads: The reads of the operation that take no loader.
        trace: What the operation has read.
        may_wait: Whether it may be kept waiting for what it can do without; a stream, which others share, may not.
    """

    may_wait = True

    def __init__(self, services: Services, *, is_fresh: bool = False) -> None:
        reads = Reads(services, is_fresh=is_fresh)
        self.services = services
        self.reads = reads
        self.trace = reads.trace

    # Each is made when it is asked for the first time: most operations use one or two.

    @cached_property
    def instrument_by_name(self) -> Loader[str, Instrument]:
        """Instruments by any of their names, in upper case."""
        return Loader(partial(instruments_by_name, self.reads), partial(held_instrument, self.reads))

    @cached_property
    def quote(self) -> Loader[int, Quote]:
        """The latest quotes by the instrument's number."""
        return Loader(partial(latest_quotes, self.reads), partial(held_quote, self.reads))

    @cached_property
    def intervals(self) -> Loader[int, tuple[Interval, ...]]:
        """The intervals that are stored, by the instrument's number."""
        return Loader(partial(stored_intervals, self.reads), partial(held_intervals, self.reads))

    @cached_property
    def window(self) -> Loader[WindowRequest, StoredWindow]:
        """Windows of bars."""
        return Loader(partial(windows, self.reads), partial(held_window, self.reads))

    @cached_property
    def signal(self) -> Loader[SignalKey, Signal]:
        """Signals by their key."""
        return Loader(partial(signals_by_key, self.reads), partial(held_signal, self.reads))

    @cached_property
    def signals(self) -> Loader[SignalPage, tuple[Signal, ...]]:
        """Pages of signals; each has one more than it shows where there are more."""
        return Loader(partial(signal_pages, self.reads))

    @cached_property
    def signal_count(self) -> Loader[SignalConditions, int]:
        """How many signals meet conditions."""
        return Loader(partial(signal_counts, self.reads))

    @cached_property
    def signal_tally(self) -> Loader[tuple[int, Interval], SignalTally]:
        """The signals of series, counted, by the instrument's number and the interval."""
        return Loader(partial(signal_tallies, self.reads), partial(held_tally, self.reads))

    @cached_property
    def words(self) -> Loader[Facts, Worded]:
        """Words of a model, by the facts that they are to be about; none where no model is set."""
        wording = self.services.wording

        async def batch(asked: Sequence[Facts]) -> Mapping[Facts, Worded]:
            return {} if wording is None else await wording.words(asked, may_wait=self.may_wait)

        def held(facts: Facts) -> Worded | Missing | None:
            return None if wording is None else wording.fresh(facts) or MISSING

        return Loader(batch, held)

    @cached_property
    def ranking(self) -> Loader[Choice, Ranking]:
        """Opportunities, by the signals that are ranked."""
        return Loader(partial(rankings, self.reads), partial(held_ranking, self.reads))

    @cached_property
    def roster(self) -> Loader[str, Roster]:
        """Who votes, by the version of the engine."""
        return Loader(partial(rosters, self.reads), partial(held_roster, self.reads))

    @cached_property
    def known_agents(self) -> Loader[RecordKey, KnownAgents]:
        """What is known of agents, by the version of the engine and the market."""
        return Loader(partial(known_agents, self.reads), partial(held_known_agents, self.reads))

    @cached_property
    def verdict(self) -> Loader[Ballot, Verdict]:
        """What agents say together."""
        return Loader(consensus_of)
