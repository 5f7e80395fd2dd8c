"""What is asked for most is held before anybody asks: at the start, and when a bar has closed."""

import asyncio
import heapq
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Collection, Hashable
from contextlib import asynccontextmanager
from dataclasses import replace

from gateway.background import in_background
from resolvers.cache.busy import Busy, window_of
from resolvers.cache.redis_tier import RedisTier
from resolvers.errors import GatewayError
from resolvers.model.demand import Demand
from resolvers.model.event import Event, EventKind
from resolvers.model.interval import Interval
from resolvers.model.window import WindowRequest
from resolvers.reading.instruments import instruments_by_name, latest_quotes
from resolvers.reading.reads import Reads
from resolvers.reading.windows import windows
from resolvers.services import Services

logger = logging.getLogger("gateway.cache")

# What was asked for counts a tenth less each time that counts are told.
_FADING = 0.9


class Warming:
    """
    Loads the busiest windows, quotes and instruments at the start, and renews windows whose body an event has moved.

    All of it goes by the tiers as a request does: of many processes that renew a window, the one with the lease reads
    it, and the others take what it has stored. Without Redis nothing is warmed.

    Args:
        most: How many windows, quotes and instruments.
        at_once: How many loads run at the same time, at the start and later.
        start_seconds: How long loading may go on at the start.
        tell_seconds: How often is told what was asked for, and decided what is busy.
    """

    def __init__(
        self,
        services: Services,
        redis: RedisTier,
        *,
        most: int,
        at_once: int = 2,
        start_seconds: float = 20.0,
        tell_seconds: float = 30.0,
    ) -> None:
        self._asked = services.demand
        # What is loaded here is not asked for by anybody.
        self._services = replace(services, demand=Demand())
        self._redis = redis
        self._most = most
        self._at_once = at_once
        self._start_seconds = start_seconds
        self._tell_seconds = tell_seconds
        self._recent: dict[Hashable, float] = {}
        self._watched: dict[tuple[int, Interval], list[WindowRequest]] = {}
        # In the order in which they came, each once however many events tell of it.
        self._due: dict[WindowRequest, None] = {}
        self._is_due = asyncio.Event()

    def on_event(self, event: Event) -> None:
        """Notes the windows to renew; a change of the newest bar alone leaves their bodies."""
        if event.kind is not EventKind.CANDLES or event.body.get("isNewestOnly") or not self._redis.is_reachable:
            return
        for subject in event.revisions:
            kind, *numbers = subject.split(":")
            if kind == "body":
                instrument_id, minutes = map(int, numbers)
                self._due |= dict.fromkeys(self._watched.get((instrument_id, Interval(minutes)), ()))
        if self._due:
            self._is_due.set()

    def on_reset(self, kinds: Collection[EventKind]) -> None:
        """Renews nothing: what else has moved nobody knows, and whoever asks reads it."""

    def on_status(self, kinds: Collection[EventKind], *, is_reachable: bool) -> None:
        """Goes on: what cannot be loaded now is loaded by whoever asks later."""

    async def run(self) -> None:
        """Warms until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._start())
            tasks.create_task(self._tell())
            for _ in range(self._at_once):
                tasks.create_task(self._renew())

    async def tell(self) -> None:
        """Tells what was asked for since the last time, and decides what is busy."""
        counts = self._asked.taken()
        for request in self._recent:
            self._recent[request] *= _FADING
        for request, count in counts["window"].items():
            self._recent[request] = self._recent.get(request, 0.0) + count
        busiest = heapq.nlargest(self._most, self._recent.items(), key=lambda one: one[1])
        self._recent = dict(busiest)
        self._watch()
        await self._busy().add(counts)

    async def _start(self) -> None:
        """Loads the busiest windows and what leads to them, as far as it comes in time."""
        try:
            async with asyncio.timeout(self._start_seconds):
                busy = self._busy()
                names = await busy.busiest("instrument")
                ids = [int(text) for text in await busy.busiest("quote") if text.isdecimal()]
                found = [window_of(text) for text in await busy.busiest("window")]
                wanted = iter([one for one in found if one is not None])
                if names:
                    await self._quietly(instruments_by_name(Reads(self._services), names))
                if ids:
                    await self._quietly(latest_quotes(Reads(self._services), ids))

                async def load() -> None:
                    # One iterator for all: each takes the next when it is done with one.
                    for request in wanted:
                        await self.load(request)
                        # Until it was asked for here too: with the least weight, after all that was.
                        self._recent.setdefault(request, 0.0)

                await asyncio.gather(*(load() for _ in range(self._at_once)))
        except TimeoutError:
            logger.info("not all that was busy could be loaded in %.0f s", self._start_seconds)
        self._watch()

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(self._tell_seconds)
            await self.tell()

    async def _renew(self) -> None:
        while True:
            while not self._due:
                self._is_due.clear()
                await self._is_due.wait()
            request = next(iter(self._due))
            del self._due[request]
            await self.load(request)

    async def load(self, request: WindowRequest) -> None:
        """Lets the process hold a window; whatever becomes of it is no error."""
        await self._quietly(windows(Reads(self._services), [request]))

    async def _quietly(self, loading: Awaitable[object]) -> None:
        try:
            await loading
        except GatewayError as error:
            logger.debug("not warmed: %s", error)
        except Exception:
            logger.exception("unforeseen error of warming")

    def _watch(self) -> None:
        watched = defaultdict(list)
        for request in self._recent:
            if isinstance(request, WindowRequest):
                watched[request.instrument_id, request.interval].append(request)
        self._watched = dict(watched)

    def _busy(self) -> Busy:
        # Anew each time: the database may have become another one.
        return Busy(self._redis, self._services.tiers.origin, most=self._most)


@asynccontextmanager
async def warming(services: Services, *, most: int) -> AsyncIterator[Warming | None]:
    """Warming until the context is left; None where nothing is to be warmed, or without Redis."""
    redis = services.tiers.redis
    if not most or redis is None:
        yield None
        return
    own = Warming(services, redis, most=most)
    async with in_background(own.run()):
        yield own
    # The next process begins with what this one knew last.
    await own.tell()
