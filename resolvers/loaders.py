"""One batch per noun and operation: whatever a query's fields ask for at the same moment is one statement."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from aiodataloader import DataLoader

from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.model.quote import Quote
from resolvers.model.window import StoredWindow, WindowRequest
from resolvers.services import Services
from resolvers.storage.instruments import instruments_by_name, stored_intervals
from resolvers.storage.quotes import latest_quotes
from resolvers.storage.windows import ReadBudget, windows_within

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Loader(Generic[K, V]):
    """
    Values by key, each key read once per operation; a key that nothing is stored for gives None.

    An exception as a value is raised to whoever loads its key, and to nobody else.
    """

    def __init__(self, batch: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._batch = batch

    @cached_property
    def _loader(self) -> "DataLoader[K, V | None]":
        # Made when it is asked for the first time: most operations use one or two of five.
        async def in_order(keys: list[K]) -> list[V | None]:
            found = await self._batch(keys)
            return [found.get(key) for key in keys]

        return DataLoader(in_order)

    async def load(self, key: K) -> V | None:
        """The value of *key*, read together with what else was asked for in this moment."""
        # The loader keeps its future: one caller's cancellation must not become every later caller's.
        return await asyncio.shield(self._loader.load(key))

    async def load_many(self, keys: Sequence[K]) -> list[V | None]:
        """The values of *keys*, in their order."""
        return list(await asyncio.gather(*(self.load(key) for key in keys)))


class Loaders:
    """The loaders of one operation; a new operation, and every event of a stream, takes new ones."""

    def __init__(self, services: Services) -> None:
        pool = services.pool
        budget = ReadBudget(services.max_read_bars)

        async def windows(requests: Sequence[WindowRequest]) -> dict[WindowRequest, Any]:
            by_interval: dict[Interval, list[WindowRequest]] = defaultdict(list)
            for request in requests:
                by_interval[request.interval].append(request)
            found: dict[WindowRequest, Any] = {}
            for interval, same in by_interval.items():
                stored = await windows_within(pool, interval, same, budget)
                found |= {request: one for request, one in zip(same, stored, strict=True) if one is not None}
            return found

        self.services = services
        self.instrument_by_name: Loader[str, Instrument] = Loader(lambda names: instruments_by_name(pool, names))
        self.quote: Loader[int, Quote] = Loader(lambda ids: latest_quotes(pool, ids))
        self.intervals: Loader[int, list[Interval]] = Loader(lambda ids: stored_intervals(pool, ids))
        self.window: Loader[WindowRequest, StoredWindow] = Loader(windows)
