"""The files of the pages."""

import gzip
import re
from pathlib import Path

import httpx
import pytest
from starlette.routing import BaseRoute

from gateway.pages.files import page_files


def _script(built: Path) -> str:
    found = re.search(r'src="(pages/[^"]+\.js)"', (built / "index.html").read_text())
    assert found is not None
    return f"/{found[1]}"


async def test_everything_that_the_page_names_is_there(browser: httpx.AsyncClient) -> None:
    """Scripts, styles and the icon, each with its media type."""
    names = re.findall(r'(?:src|href)="([^"]+)"', (await browser.get("/graphql")).text)
    types = {}
    for name in names:
        response = await browser.get(f"/{name}")
        assert response.status_code == 200
        types[name.rpartition(".")[2]] = response.headers["content-type"]
    assert types == {
        "js": "text/javascript; charset=utf-8",
        "css": "text/css; charset=utf-8",
        "svg": "image/svg+xml",
    }


async def test_a_font_is_a_font(browser: httpx.AsyncClient, built: Path) -> None:
    """Whatever the system's table of media types says."""
    font = next((built / "assets").glob("*.ttf"))
    assert (await browser.get(f"/pages/{font.name}")).headers["content-type"] == "font/ttf"


async def test_a_file_is_kept_for_good(browser: httpx.AsyncClient, built: Path) -> None:
    """Its name changes with its content; a worker obeys the policy of its own file."""
    response = await browser.get(_script(built))
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    again = await browser.get(_script(built), headers={"if-none-match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_file_comes_as_it_was_compressed_by_the_build(browser: httpx.AsyncClient, built: Path) -> None:
    """To those who take gzip; others get it plain, and caches keep the two apart."""
    url = _script(built)
    file = built / "assets" / Path(url).name
    async with browser.stream("GET", url) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.headers["vary"] == "Accept-Encoding"
        raw = b"".join([chunk async for chunk in packed.aiter_raw()])
    assert raw == file.with_name(f"{file.name}.gz").read_bytes()
    assert gzip.decompress(raw) == file.read_bytes()
    plain = await browser.get(url, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == file.read_bytes()
    assert plain.headers["etag"] != packed.headers["etag"]


@pytest.mark.parametrize(
    "path",
    [
        "/pages/../index.html",
        "/pages/%2e%2e/index.html",
        "/pages/..%2findex.html",
        "/pages/%2fetc%2fpasswd",
        "/pages/..\\index.html",
        "/pages/%00",
        "/pages/",
        "/pages/nothing.js",
        f"/pages/{'a' * 5000}",
    ],
)
async def test_there_is_nothing_beside_the_files(browser: httpx.AsyncClient, path: str) -> None:
    """Not the folder above, not other folders, no listing."""
    response = await browser.get(path)
    assert response.status_code == 404
    assert "immutable" not in response.headers.get("cache-control", "")


async def test_files_are_read_only(browser: httpx.AsyncClient, built: Path) -> None:
    """Any other method is refused with those that are allowed."""
    response = await browser.post(_script(built))
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")


def test_a_build_without_pages_has_no_files(tmp_path: Path) -> None:
    """And starts nevertheless."""
    expected: list[BaseRoute] = []
    assert page_files(tmp_path) == expected
