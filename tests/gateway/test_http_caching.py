"""Persisted queries by GET, as browsers and caches in front of the gateway ask for them."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from hashlib import sha256

import httpx
import pytest

from gateway.config import ServerUrls
from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool
from tests.bars import instrument, spaced, store
from tests.servers import PATIENT, RunningGateway

_QUERY = 'query Chart { candles(symbol: "ACME", last: 3) { columns { close } } }'


@pytest.fixture
async def gateway(urls: ServerUrls, pool: Pool) -> AsyncIterator[RunningGateway]:
    await store(pool, await instrument(pool), Interval.D1, spaced(10, Interval.D1))
    async with RunningGateway(replace(PATIENT, shared_cache_seconds=5), urls) as running:
        yield running


async def _by_hash(gateway: RunningGateway, query: str, **headers: str) -> httpx.Response:
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": sha256(query.encode()).hexdigest()}}
    return await gateway.client.get("/graphql", params={"extensions": json.dumps(extensions)}, headers=headers)


async def test_an_unknown_hash_is_kept_by_nobody(gateway: RunningGateway) -> None:
    """Or the cache in front would go on saying so after the text was registered."""
    answer = await _by_hash(gateway, "{ __typename nobody: __typename }")
    assert answer.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert answer.headers["cache-control"] == "no-store"


async def test_a_persisted_query_is_kept_and_asked_for_by_its_tag(gateway: RunningGateway, pool: Pool) -> None:
    """Until the bars change."""
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": sha256(_QUERY.encode()).hexdigest()}}
    await gateway.client.post("/graphql", json={"query": _QUERY, "extensions": extensions})
    first = await _by_hash(gateway, _QUERY)
    assert first.headers["cache-control"] == "public, max-age=0, s-maxage=5"
    assert "accept-encoding" in first.headers["vary"].lower()
    tag = first.headers["etag"]
    for _ in range(2):
        assert (await _by_hash(gateway, _QUERY, **{"if-none-match": tag})).status_code == 304

    await store(pool, await instrument(pool), Interval.D1, spaced(11, Interval.D1))
    assert len((await gateway.data(_QUERY))["candles"]["columns"]["close"]) == 3  # what was written is heard of
    changed = await _by_hash(gateway, _QUERY, **{"if-none-match": tag})
    while changed.status_code == 304:
        changed = await _by_hash(gateway, _QUERY, **{"if-none-match": tag})
    assert changed.headers["etag"] != tag
    assert changed.json()["data"]["candles"]["columns"]["close"] == spaced(11, Interval.D1).close[-3:].tolist()
