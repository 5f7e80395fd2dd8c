"""`extensions.cache` says on request what an answer was made of, and is itself kept by nobody."""

import json
from typing import Any

import httpx
import pytest

from gateway.endpoint.cache_trace import with_extension
from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool
from tests.bars import instrument, spaced, store
from tests.servers import RunningGateway

_TRACED = {"x-gateway-trace": "cache"}
_QUERY = '{ candles(symbol: "ACME", interval: H1, last: 5) { columns { close } } }'


async def _asked(gateway: RunningGateway, query: Any = _QUERY, **headers: str) -> httpx.Response:
    return await gateway.client.post(
        "/graphql", json={"query": query} if isinstance(query, str) else query, headers=_TRACED | headers
    )


async def _served(gateway: RunningGateway, query: str = _QUERY) -> dict[tuple[str, str], int]:
    """How many values each tier gave, by noun and tier."""
    told = (await _asked(gateway, query)).json()["extensions"]["cache"]
    assert all(set(one) == {"noun", "tier", "count", "ageSeconds"} and one["ageSeconds"] >= 0 for one in told)
    return {(one["noun"], one["tier"]): one["count"] for one in told}


@pytest.fixture
async def stored(pool: Pool) -> None:
    """Bars of one instrument, stored before the gateway begins."""
    await store(pool, await instrument(pool), Interval.H1, spaced(20, Interval.H1))


@pytest.mark.usefixtures("stored")
async def test_it_names_the_tiers(gateway: RunningGateway) -> None:
    """Storage at first, then the answer as a whole; for another operation what the process holds."""
    assert await _served(gateway) == {("body", "storage"): 1, ("instrument", "storage"): 1}
    assert await _served(gateway) == {("response", "response"): 1}
    other = _QUERY.replace("close", "open")
    assert await _served(gateway, other) == {("instrument", "memory"): 1, ("window", "memory"): 1}
    assert await _served(gateway, "{ __typename }") == {}


@pytest.mark.usefixtures("stored")
async def test_it_is_never_kept(gateway: RunningGateway) -> None:
    """Whoever does not ask gets the same bytes as if nobody had; whoever asks gets no tag and no 304."""
    await _asked(gateway)
    plain = await gateway.client.post("/graphql", json={"query": _QUERY})
    for _ in range(2):
        traced = (await _asked(gateway)).json()
        again = await gateway.client.post("/graphql", json={"query": _QUERY})
        assert again.content == plain.content
        assert traced["data"] == again.json()["data"]
        assert "extensions" not in again.json()
    tag = (await gateway.client.get("/graphql", params={"query": _QUERY})).headers["etag"]
    told = await gateway.client.get("/graphql", params={"query": _QUERY}, headers=_TRACED | {"if-none-match": tag})
    assert (told.status_code, told.headers["cache-control"]) == (200, "no-store")
    assert "etag" not in told.headers
    assert "cache" in told.json()["extensions"]


@pytest.mark.usefixtures("stored")
async def test_each_operation_of_a_batch_has_its_own(gateway: RunningGateway) -> None:
    """And one that was not executed has none."""
    await _asked(gateway)
    one, two, three = (await _asked(gateway, [{"query": _QUERY}, {"query": "{ __typename }"}, {"query": "{"}])).json()
    assert [(each["noun"], each["count"]) for each in one["extensions"]["cache"]] == [("response", 1)]
    assert two["extensions"] == {"cache": []}
    assert "extensions" not in three


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("value", ["", "no", "cached", "cache2"])
async def test_other_values_of_the_header_ask_for_nothing(gateway: RunningGateway, value: str) -> None:
    """Several may stand in one."""
    assert "extensions" not in (await _asked(gateway, **{"x-gateway-trace": value})).json()
    assert "extensions" in (await _asked(gateway, **{"x-gateway-trace": f"{value}, Cache"})).json()


async def test_an_age_grows(gateway: RunningGateway, pool: Pool) -> None:
    """In seconds since the value was read, or since the answer was made."""
    await instrument(pool)
    query = '{ instrument(symbol: "ACME") { name } }'
    ages = [
        [one["ageSeconds"] for one in (await _asked(gateway, query)).json()["extensions"]["cache"]] for _ in range(3)
    ]
    assert ages[0] == [0.0]
    assert 0 < ages[1][0] <= ages[2][0]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"data":null}', {"data": None, "extensions": {"cache": 1}}),
        (b'{"data":{},"extensions":{"a":2}}', {"data": {}, "extensions": {"a": 2, "cache": 1}}),
        (
            b'{"data":{"big":123456789012345678901},"errors":[{"message":"","extensions":{"code":"X"}}]}',
            {
                "data": {"big": 123456789012345678901},
                "errors": [{"message": "", "extensions": {"code": "X"}}],
                "extensions": {"cache": 1},
            },
        ),
    ],
    ids=["none", "others", "those of errors"],
)
def test_it_stands_beside_other_extensions(body: bytes, expected: Any) -> None:
    """Those of the schema, and those of errors."""
    assert json.loads(with_extension(body, "cache", 1)) == expected
