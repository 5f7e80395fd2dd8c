"""The page at the API's address."""

from pathlib import Path

import httpx
import pytest
from starlette.requests import Request

from gateway.pages.page import graphiql_page
from tests.gateway.pages.conftest import BROWSER
from tests.servers import RunningGateway


async def test_a_browser_gets_the_page(browser: httpx.AsyncClient) -> None:
    """HTML that names its files relatively, so that it works behind a path prefix."""
    response = await browser.get("/graphql")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["vary"] == "Accept"
    assert "<title>Signal Gateway</title>" in response.text
    assert 'src="pages/' in response.text
    assert "://" not in response.text


@pytest.mark.parametrize(
    ("method", "url", "accept"),
    [
        ("GET", "/graphql", "*/*"),
        ("GET", "/graphql", "application/json"),
        ("GET", "/graphql?query=%7B__typename%7D", BROWSER),
        ("POST", "/graphql", BROWSER),
    ],
)
async def test_everything_else_gets_the_api(browser: httpx.AsyncClient, method: str, url: str, accept: str) -> None:
    """Other methods, operations in the URL, and clients that do not prefer HTML."""
    response = await browser.request(method, url, headers={"accept": accept})
    assert response.text == "the API"


async def test_the_page_may_do_what_it_needs_and_no_more(browser: httpx.AsyncClient) -> None:
    """No other host, no eval, no inline script, no frame around it."""
    headers = (await browser.get("/graphql")).headers
    directives = dict(one.split(" ", 1) for one in headers["content-security-policy"].split("; "))
    assert directives == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "worker-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


async def test_the_page_is_asked_for_again_at_every_visit(browser: httpx.AsyncClient) -> None:
    """Without its bytes, as long as it has not changed."""
    first = await browser.get("/graphql")
    assert first.headers["cache-control"] == "no-cache"
    again = await browser.get("/graphql", headers={"if-none-match": f'"another", {first.headers["etag"]}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (await browser.get("/graphql", headers={"if-none-match": '"another"'})).status_code == 200


async def test_a_build_without_pages_says_so(tmp_path: Path) -> None:
    """A browser reads why there is no GraphiQL, and where the API is."""
    request = Request({"type": "http", "method": "GET", "headers": []})
    response = graphiql_page(request, tmp_path)
    assert response.status_code == 404
    assert b"GATEWAY_BUILD_WITHOUT_PAGES" in bytes(response.body)


async def test_the_root_leads_to_the_page(gateway: RunningGateway, built: Path) -> None:
    """By a relative address, which a path prefix does not break."""
    response = await gateway.client.get("/", headers={"accept": BROWSER})
    assert (response.status_code, response.headers["location"]) == (307, "graphql")
    page = await gateway.client.get("/", headers={"accept": BROWSER}, follow_redirects=True)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.content == (built / "index.html").read_bytes()


async def test_the_gateway_answers_operations_in_the_address(gateway: RunningGateway) -> None:
    """A link with a query is an operation, also in a browser."""
    response = await gateway.client.get("/graphql", params={"query": "{ __typename }"}, headers={"accept": BROWSER})
    assert response.json() == {"data": {"__typename": "Query"}}
