"""GraphiQL at the address of the API, for whoever comes with a browser."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.endpoint.compression import Compression
from gateway.endpoint.negotiation import prefers
from gateway.pages.headers import SECURITY_HEADERS

BUILT = Path(__file__).with_name("static")

# What names an operation in the address: its text, or its hash or id.
_OPERATION = {"query", "extensions", "documentId", "id"}

_WITHOUT_PAGES = """\
This gateway was built without GraphiQL (GATEWAY_BUILD_WITHOUT_PAGES).
Install it again without that variable to have it.
The API is here: POST {"query": "{ __typename }"} as application/json to this address.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Page:
    """The page as it was built; `etag` changes whenever a byte of it does."""

    html: bytes
    etag: str


class PageForBrowsers:
    """
    Middleware that answers a browser with the page, and lets everything else through to the API.

    Args:
        minimum_bytes: Size from which the page is compressed for a client that asks for it.
    """

    def __init__(self, app: ASGIApp, *, minimum_bytes: int) -> None:
        self._app = app
        self._page = Compression(_page_app, minimum_bytes=minimum_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] == "http" and wants_page(scope):
            await self._page(scope, receive, send)
        else:
            await self._app(scope, receive, send)


async def _page_app(scope: Scope, receive: Receive, send: Send) -> None:
    await graphiql_page(Request(scope))(scope, receive, send)


def wants_page(scope: Scope) -> bool:
    """Whether a request asks for a page rather than for data: HTML preferred to JSON, and no operation in the URL."""
    return (
        scope["method"] in ("GET", "HEAD")
        and prefers(Headers(scope=scope).get("accept", ""), "text/html", "application/json")
        and not _OPERATION & QueryParams(scope["query_string"]).keys()
    )


def graphiql_page(request: Request, folder: Path = BUILT) -> Response:
    """
    The page, or 304 where the browser has it.

    It is asked for again at every visit, because it names the files that go with it; they are cached for good.
    """
    page = _page(folder)
    if page is None:
        return PlainTextResponse(_WITHOUT_PAGES, status_code=404, headers={"vary": "Accept"})
    headers = {"cache-control": "no-cache", "etag": page.etag, "vary": "Accept", **SECURITY_HEADERS}
    known = [tag.strip() for tag in request.headers.get("if-none-match", "").split(",")]
    if page.etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(page.html, media_type="text/html", headers=headers)


@cache
def _page(folder: Path) -> _Page | None:
    """The page of *folder*, read once; None where it was not built."""
    file = folder / "index.html"
    if not file.is_file():
        return None
    html = file.read_bytes()
    # Weak: it is the same page compressed or not.
    return _Page(html=html, etag=f'W/"{sha256(html).hexdigest()[:32]}"')
