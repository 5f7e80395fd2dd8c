"""What the process holds while it serves: opened in order, closed in reverse."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypedDict

from starlette.applications import Starlette
from starlette.requests import Request

from gateway.config import ServerUrls, Settings
from gateway.following import following
from gateway.observe.health import Ping
from resolvers.cache.client import Client
from resolvers.services import Services
from resolvers.storage.pool import close_pool, open_pool, ping

_PATIENCE_SECONDS = 1.0


class State(TypedDict):
    """What every request finds in its state."""

    services: Services
    pings: Mapping[str, Ping]


@asynccontextmanager
async def opened(settings: Settings, urls: ServerUrls, cache: Client) -> AsyncIterator[State]:
    """
    Services for the settings, until the context is left, which closes *cache* too.

    Raises:
        Unavailable: If PostgreSQL does not answer. Redis may be down: it only makes answers slower.
    """
    async with AsyncExitStack() as stack:
        pool = await open_pool(
            urls.database, size=settings.database_connections, wait_seconds=settings.database_wait_seconds
        )
        # Requests had their grace; a statement that runs now is that of one which was given up.
        stack.push_async_callback(close_pool, pool, patience_seconds=_PATIENCE_SECONDS)
        stack.push_async_callback(cache.aclose)
        events = await stack.enter_async_context(following(settings, urls, pool))
        services = Services(
            pool=pool,
            revisions=events.revisions,
            events=events.reader,
            ingest=events.ingest,
            clock=time.time,
            # A window over the list limit is refused by its own field, and so is not priced as a whole operation.
            max_bars=min(settings.max_bars, settings.max_list_size),
            max_read_bars=settings.max_read_bars,
            bar_grace_seconds=settings.bar_grace_seconds,
            quote_stale_seconds=settings.quote_stale_seconds,
        )
        yield State(services=services, pings={"postgresql": lambda: ping(pool), "redis": cache.ping})


def lifespan_of(settings: Settings, urls: ServerUrls, cache: Client):  # type: ignore[no-untyped-def]
    """The lifespan of an application; Starlette gives its state to every request."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        async with opened(settings, urls, cache) as state:
            yield state

    return lifespan


def pings_of(request: Request) -> Mapping[str, Ping]:
    """How to ask each service behind the gateway whether it is there."""
    pings: Mapping[str, Ping] = request.state.pings
    return pings
