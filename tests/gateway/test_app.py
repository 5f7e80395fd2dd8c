"""The application: its routes, and what is compressed."""

import asyncio
import gzip
import zlib
from dataclasses import replace
from typing import Any

import httpx
import pytest

from gateway.app import create_app
from gateway.config import ServerUrls, Settings
from gateway.endpoint.front import Front
from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool
from tests.bars import instrument, spaced, store
from tests.resolvers.storage.gates import blocked, held
from tests.servers import PATIENT, RunningGateway


async def _raw(gateway: RunningGateway, query: str, accept: str) -> tuple[httpx.Headers, bytes]:
    request = gateway.client.build_request(
        "POST", "/graphql", json={"query": query}, headers={"accept-encoding": accept}
    )
    answer = await gateway.client.send(request, stream=True)
    body = b"".join([chunk async for chunk in answer.aiter_raw()])
    return answer.headers, body


def _filled(size_bytes: int) -> str:
    """A query whose answer has exactly that many bytes."""
    bare = len('{"data":{"":"Query"}}')
    return f"{{ {'a' * (size_bytes - bare)}: __typename }}"


@pytest.mark.parametrize(("size_bytes", "is_compressed"), [(100, False), (1023, False), (1024, True), (5000, True)])
async def test_only_answers_from_a_kilobyte_on_are_compressed(
    size_bytes: int, is_compressed: bool, gateway: RunningGateway
) -> None:
    """Below, the header costs more than is saved."""
    headers, body = await _raw(gateway, _filled(size_bytes), "gzip")
    assert (headers.get("content-encoding") == "gzip") is is_compressed
    whole = zlib.decompress(body, 31) if is_compressed else body
    assert len(whole) == size_bytes


async def test_a_client_that_does_not_ask_gets_it_plain(gateway: RunningGateway) -> None:
    """Whatever the size."""
    headers, body = await _raw(gateway, _filled(5000), "identity")
    assert "content-encoding" not in headers
    assert len(body) == 5000


async def test_a_compressed_answer_is_what_gzip_reads(gateway: RunningGateway) -> None:
    """By anybody's reader, and a fraction of the size."""
    _, packed = await _raw(gateway, _filled(5000), "gzip")
    assert len(gzip.decompress(packed)) == 5000
    assert len(packed) < 500


async def test_a_full_pool_is_told_after_a_while(urls: ServerUrls, pool: Pool) -> None:
    """The setting says how long; the answer is an error of its field, and the next one is right."""
    settings = replace(PATIENT, database_connections=2, database_wait_seconds=0.05)
    # Equal ones would wait for one statement.
    one, other, third = (f'{{ instrument(symbol: "{symbol}") {{ symbol }} }}' for symbol in ("ACME", "BETA", "CORE"))
    async with RunningGateway(settings, urls) as gateway:
        async with held(urls.database, "LOCK TABLE instruments"):
            first, second = (asyncio.create_task(gateway.answer(query)) for query in (one, other))
            await blocked(pool, count=2)
            code, path, message = await gateway.error(third)
        assert (code, path) == ("UNAVAILABLE", ["instrument"])
        assert message == "waited 0.05 s for one of 2 connections to PostgreSQL"
        assert (await gateway.error(third))[0] == "NOT_FOUND"
        assert [answer["errors"][0]["extensions"]["code"] for answer in (await first, await second)] == [
            "NOT_FOUND"
        ] * 2


async def test_unknown_paths_and_methods_are_refused(gateway: RunningGateway) -> None:
    """404 and 405."""
    assert (await gateway.client.get("/nope")).status_code == 404
    for path in ("/", "/livez", "/readyz"):
        assert (await gateway.client.post(path)).status_code == 405


async def test_the_settings_reach_the_answers(urls: ServerUrls, pool: Pool) -> None:
    """A smaller window is the default's limit too; a larger threshold compresses less."""
    await store(pool, await instrument(pool), Interval.D1, spaced(20, Interval.D1))
    async with RunningGateway(replace(PATIENT, max_bars=5, gzip_min_bytes=6000), urls) as gateway:
        assert await gateway.data('{ candles(symbol: "ACME") { count } }') == {"candles": {"count": 5}}
        _, _, message = await gateway.error('{ candles(symbol: "ACME", last: 6) { count } }')
        assert message == "a window holds at most 5 bars, last was 6"
        assert "content-encoding" not in (await _raw(gateway, _filled(5000), "gzip"))[0]


def test_an_application_opens_nothing_before_it_starts() -> None:
    """It is made for servers that do not exist."""
    urls = ServerUrls(database="postgresql://127.0.0.1:1/x", redis="redis://127.0.0.1:1")
    front = create_app(Settings(), urls)
    assert isinstance(front, Front)
    app: Any = front._app
    paths = ["/", "/graphql", "/graphql", "/pages", "/livez", "/readyz"]
    assert [getattr(route, "path", None) for route in app.routes] == paths
