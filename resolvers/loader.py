"""One batch per noun and operation: whatever a query's fields ask for at the same moment is one statement."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, Generic, TypeAlias, TypeVar

from aiodataloader import DataLoader

from resolvers.reading.reads import MISSING, Missing

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
