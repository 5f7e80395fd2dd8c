"""An application with pages, and no servers behind it."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gateway.pages.files import page_files
from gateway.pages.page import BUILT, PageForBrowsers

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.fixture
def built() -> Path:
    """The folder of the built pages; tests of them skip where the build left them out."""
    if not (BUILT / "index.html").is_file():
        pytest.skip("the pages were not built")
    return BUILT


@pytest.fixture
async def browser(built: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client that asks as browsers do, for the pages and an API that says so."""
    api = Route("/graphql", PlainTextResponse("the API"), middleware=[Middleware(PageForBrowsers, minimum_bytes=1000)])
    transport = httpx.ASGITransport(Starlette(routes=[api, *page_files(built)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway", headers={"accept": BROWSER}) as client:
        yield client
