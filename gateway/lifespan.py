"""What the process holds while it serves: opened in order, closed in reverse."""

import time
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TypedDict

from starlette.applications import Starlette
from starlette.requests import Request

from gateway.background import in_background
from gateway.config import ServerUrls, Settings
from gateway.endpoint.response_cache import ResponseCache
from gateway.following import following
from gateway.holding import tiers_of
from gateway.observe.health import Ping
from gateway.reporting import report
from gateway.streams.hub import Hub
from gateway.streams.hub_settings import HubSettings
from gateway.streams.market import market_hub
from gateway.warming import warming
from gateway.wording import wording_of
from resolvers.cache.client import Client, open_client
from resolvers.cache.tiers import Tiers
from resolvers.compute.agents.entries import roster_of
from resolvers.engine.analyst import EngineAnalyst
from resolvers.events.reader import Reader
from resolvers.ingest import Ingest
from resolvers.model.event import Event, EventKind
from resolvers.model.revisions import Revisions
from resolvers.reading.from_events import FromEvents
from resolvers.services import Services
from resolvers.storage.pool import Pool, close_pool, open_pool, ping

_PATIENCE_SECONDS = 1.0

Feed = Callable[[Pool, Ingest], Coroutine[None, None, None]]
"""What brings data in, or makes something of it, while the process serves, until it is cancelled."""


class State(TypedDict):
    """What every request finds in its state."""

    services: Services
    hub: Hub
    pings: Mapping[str, Ping]


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """
    What an application has before it serves.

    Attributes:
        client: Of Redis; it connects when it is first used.
        revisions: Of stored subjects, which nobody moves yet.
        responses: Answers that rest on them.
    """

    client: Client
    revisions: Revisions
    responses: ResponseCache

    @classmethod
    def of(cls, settings: Settings, urls: ServerUrls) -> "Held":
        """What the settings have it."""
        revisions = Revisions()
        return cls(
            client=open_client(urls.redis),
            revisions=revisions,
            responses=ResponseCache(revisions, clock=time.time, max_bytes=settings.response_cache_bytes),
        )


class Forgetting:
    """
    Forgets what the process holds when the database has become another one, whose revisions are others too.

    Where only events of some kinds were missed there is nothing to forget: their revisions were read anew, which never
    go back then, so that what is held of older ones is not asked for any more.
    """

    def __init__(self, reader: Reader, tiers: Tiers, responses: ResponseCache) -> None:
        self._reader = reader
        self._tiers = tiers
        self._responses = responses

    def on_event(self, event: Event) -> None:
        """Leaves everything: its revisions have moved."""

    def on_reset(self, kinds: Collection[EventKind]) -> None:
        """Forgets everything, if it is about everything."""
        if set(kinds) == set(EventKind):
            self._tiers.begin_anew(self._reader.origin)
            self._responses.clear()

    def on_status(self, kinds: Collection[EventKind], *, is_reachable: bool) -> None:
        """Keeps what it has: whoever reads says for itself that it cannot."""


@asynccontextmanager
async def opened(settings: Settings, urls: ServerUrls, held: Held, feeds: Sequence[Feed] = ()) -> AsyncIterator[State]:
    """
    Services for the settings, until the context is left, which closes the client of Redis too.

    The *feeds* go on meanwhile.

    Raises:
        Unavailable: If PostgreSQL does not answer. Redis may be down: it only makes answers slower.
        GatewayError: If an agent that is installed cannot be used.
    """
    from gateway.engine import plan_of  # which imports this module

    async with AsyncExitStack() as stack:
        pool = await open_pool(
            urls.database, size=settings.database_connections, wait_seconds=settings.database_wait_seconds
        )
        # Requests had their grace; a statement that runs now is that of one which was given up.
        stack.push_async_callback(close_pool, pool, patience_seconds=_PATIENCE_SECONDS)
        stack.push_async_callback(held.client.aclose)
        events = await stack.enter_async_context(following(settings, urls, pool, held.revisions))
        tiers = tiers_of(settings, held.client, events.reader.origin)
        stack.push_async_callback(tiers.close)
        # Before all who answer from what is held.
        events.reader.listeners += [Forgetting(events.reader, tiers, held.responses), FromEvents(tiers)]
        await stack.enter_async_context(in_background(report(tiers, held.responses, seconds=settings.stats_seconds)))
        wording = wording_of(settings, tiers)
        if wording is not None:
            stack.push_async_callback(wording.close)
        plan = plan_of(settings, is_worker=False)
        analyst = EngineAnalyst(pool, events.ingest, plan)
        stack.callback(analyst.close)
        services = Services(
            pool=pool,
            tiers=tiers,
            revisions=held.revisions,
            events=events.reader,
            ingest=events.ingest,
            clock=time.time,
            # A window over the list limit is refused by its own field, and so is not priced as a whole operation.
            max_bars=min(settings.max_bars, settings.max_list_size),
            max_read_bars=settings.max_read_bars,
            bar_grace_seconds=settings.bar_grace_seconds,
            quote_stale_seconds=settings.quote_stale_seconds,
            wording=wording,
            roster=roster_of(plan.panel, plan.version),
            analyst=analyst,
        )
        # Before the hub, which is the last to hear.
        own = await stack.enter_async_context(warming(services, most=settings.warm_windows))
        if own is not None:
            events.reader.listeners.append(own)
        hub = market_hub(
            services,
            follower=events.reader,
            history=events.history,
            settings=HubSettings(
                beat_seconds=settings.beat_milliseconds / 1000, max_outbox_bytes=settings.max_outbox_bytes
            ),
        )
        hub.start()
        # Last of the listeners: by then nothing is held that an event has made old.
        events.reader.listeners.append(hub)
        # The server has ended the streams by then, each as its transport does; this is for those it knows nothing of.
        stack.push_async_callback(hub.close)
        for feed in feeds:
            await stack.enter_async_context(in_background(feed(pool, events.ingest)))
        yield State(services=services, hub=hub, pings={"postgresql": lambda: ping(pool), "redis": held.client.ping})


def lifespan_of(settings: Settings, urls: ServerUrls, held: Held, feeds: Sequence[Feed] = ()):  # type: ignore[no-untyped-def]
    """The lifespan of an application; Starlette gives its state to every request."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        async with opened(settings, urls, held, feeds) as state:
            yield state

    return lifespan


def pings_of(request: Request) -> Mapping[str, Ping]:
    """How to ask each service behind the gateway whether it is there."""
    pings: Mapping[str, Ping] = request.state.pings
    return pings
