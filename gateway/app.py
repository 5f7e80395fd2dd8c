"""The ASGI application: routes, and the middleware as one list."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route, WebSocketRoute

from gateway.config import ServerUrls, Settings
from gateway.endpoint.compression import Compression
from gateway.endpoint.front import Front
from gateway.endpoint.http_caching import HTTPCaching
from gateway.endpoint.market import MarketEndpoint
from gateway.endpoint.persisted import PersistedOperations, trusted_documents
from gateway.lifespan import Feed, Held, lifespan_of, pings_of
from gateway.observe.health import live, ready
from gateway.pages.files import page_files
from gateway.pages.page import PageForBrowsers
from resolvers.cache.texts import Texts
from schema.build import build_schema

_PATH = "/graphql"


def create_app(settings: Settings, urls: ServerUrls, feeds: Sequence[Feed] = ()) -> Front:
    """The gateway for *settings*, on the servers at *urls*, with *feeds* that go on while it serves."""
    held = Held.of(settings, urls)
    endpoint = _endpoint(settings, held)
    graphql = PageForBrowsers(endpoint, minimum_bytes=settings.gzip_min_bytes)
    app = Starlette(
        routes=[
            Route("/", _home, methods=["GET"]),
            Route(_PATH, graphql),
            WebSocketRoute(_PATH, endpoint),
            *page_files(),
            Route("/livez", live, methods=["GET"]),
            Route("/readyz", ready(pings_of, timeout_seconds=settings.ready_timeout_seconds), methods=["GET"]),
        ],
        middleware=[Middleware(Compression, minimum_bytes=settings.gzip_min_bytes)],
        lifespan=lifespan_of(settings, urls, held, feeds),
    )
    return Front(app, graphql, endpoint, held.responses, path=_PATH, minimum_bytes=settings.gzip_min_bytes)


def _endpoint(settings: Settings, held: Held) -> MarketEndpoint:
    endpoint = MarketEndpoint(
        build_schema(),
        limits=settings.limits(),
        kept_documents=settings.kept_documents,
        max_body_bytes=settings.max_body_bytes,
        max_batch=settings.max_batch,
        streaming=settings.stream_limits(),
        minimum_bytes=settings.gzip_min_bytes,
    )
    endpoint.responses = held.responses
    endpoint.caching = HTTPCaching(shared_seconds=settings.shared_cache_seconds)
    endpoint.persisted = PersistedOperations(
        Texts(held.client, prefix="persisted:", life_seconds=settings.persisted_seconds),
        valid=lambda text: not endpoint.documents.get(text).errors,
        trusted=trusted_documents(settings.trusted_documents) if settings.trusted_documents else None,
        trusted_only=settings.trusted_only,
        max_bytes=settings.max_document_bytes,
    )
    return endpoint


async def _home(_: Request) -> RedirectResponse:
    """People who open the address in a browser want to explore."""
    return RedirectResponse("graphql")
