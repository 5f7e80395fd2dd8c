"""Each client asks for a window, a page after a page, and what is wrong; each sees what plain HTTP says."""

from typing import Any

import pytest
from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport

from gateway.endpoint.negotiation import JSON, RESPONSE_JSON
from tests.clients.node import FOLDER, node, node_json
from tests.servers import RunningGateway

_FOUND, _MISSING, _INVALID, _NO_INSTRUMENT = "", "PERSISTED_QUERY_NOT_FOUND", "INVALID_OPERATION", "NOT_FOUND"


def _document(name: str) -> str:
    return (FOLDER / "documents" / f"{name}.graphql").read_text("utf-8")


async def _expected(market: RunningGateway) -> dict[str, Any]:
    """What a client is to see, by plain HTTP."""
    window = await market.answer(_document("window"), symbol="ACME", last=30, period=7)
    refused = await market.answer(_document("window"), symbol="ACME", last="many", period=7)
    partial = await market.answer(_document("partial"), known="ACME", unknown="NOPE")
    page = await market.data(_document("page"), first=4)
    columns = window["data"]["candles"]["columns"]
    assert len(columns["close"]) == len(window["data"]["candles"]["bars"]) == 30
    assert None not in columns["rsi"]
    assert "data" not in refused
    return {
        "window": {"data": window["data"], "errors": []},
        "again": {"data": window["data"], "errors": []},
        "refused": {"errors": _seen(refused["errors"])},
        "partial": {
            "data": {"known": {"count": 1}, "unknown": None},
            "errors": _seen(partial["errors"]),
        },
        "nodes": [edge["node"] for edge in page["instruments"]["edges"]],
    }


def _seen(errors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"message": one["message"], "path": one.get("path"), "code": one["extensions"]["code"]} for one in errors]


def _codes(requests: list[dict[str, Any]]) -> list[str]:
    return [" ".join(one["codes"]) for one in requests]


def _url(market: RunningGateway) -> str:
    return f"{market.client.base_url}/graphql"


async def _results(script: str, market: RunningGateway) -> dict[str, list[dict[str, Any]]]:
    """The requests of each way to set up a client, whose results are as plain HTTP has them."""
    expected = await _expected(market)
    ways = {}
    for way, results in (await node_json(script, _url(market))).items():
        requests = results.pop("requests")
        assert results == expected, way
        for one in requests:
            assert one["type"] == f"{RESPONSE_JSON}; charset=utf-8"
            assert one["status"] == (400 if one["codes"] in ([_INVALID], [_MISSING]) else 200)
        ways[way] = requests
    return ways


_ASKED = [_FOUND, _FOUND, _INVALID, _NO_INSTRUMENT, _FOUND, _FOUND]
# A hash is sent alone; where it is not known, its text follows. The second page has the hash of the first.
_ASKED_BY_HASH = [_MISSING, _FOUND, _FOUND, _INVALID, _MISSING, _NO_INSTRUMENT, _MISSING, _FOUND, _FOUND]
_HAVE_TEXT = [False, True, False, False, False, True, False, True, False]


@pytest.mark.usefixtures("packages")
async def test_apollo_client(market: RunningGateway) -> None:
    """By POST; and with persisted queries, hashes by GET and texts by POST."""
    ways = await _results("apollo.mjs", market)
    assert _codes(ways["plain"]) == _ASKED
    assert {one["method"] for one in ways["plain"]} == {"POST"}
    assert _codes(ways["persisted"]) == _ASKED_BY_HASH
    assert ["query" in one["sent"] for one in ways["persisted"]] == _HAVE_TEXT
    assert [one["method"] == "POST" for one in ways["persisted"]] == _HAVE_TEXT


@pytest.mark.usefixtures("packages")
async def test_urql(market: RunningGateway) -> None:
    """With the header that it sends by itself, which names streams too; by POST, by GET, and by hash."""
    ways = await _results("urql.mjs", market)
    for requests in ways.values():
        for one in requests:
            assert one["accept"].startswith(f"{RESPONSE_JSON}, application/graphql+json, {JSON}, text/event-stream")
    assert _codes(ways["plain"]) == _codes(ways["byGet"]) == _ASKED
    assert {one["method"] for one in ways["plain"]} == {"POST"}
    assert {one["method"] for one in ways["byGet"] + ways["persisted"]} == {"GET"}
    assert _codes(ways["persisted"]) == _ASKED_BY_HASH
    assert ["query" in one["sent"] for one in ways["persisted"]] == _HAVE_TEXT


@pytest.mark.usefixtures("packages")
async def test_graphql_request(market: RunningGateway) -> None:
    """Which throws errors, with the partial data."""
    assert _codes((await _results("request.mjs", market))["plain"]) == _ASKED


@pytest.mark.usefixtures("packages")
async def test_relay(market: RunningGateway) -> None:
    """Its compiler takes the schema for one with connections, and the store merges their pages."""
    artifacts = FOLDER / "generated" / "relay"
    artifacts.mkdir(parents=True, exist_ok=True)
    # Relay's modules name each other without an ending, which Node understands in CommonJS only.
    (artifacts / "package.json").write_text('{ "type": "commonjs" }\n')
    compiled = await node("node_modules/relay-compiler/cli.js", "relay.config.json")
    assert compiled.status == 0, compiled.log
    assert _codes((await _results("relay.mjs", market))["plain"]) == _ASKED


async def test_gql(market: RunningGateway) -> None:
    """Python's client, which reads the schema by introspection and checks documents before it sends them."""
    expected = await _expected(market)
    transport = HTTPXAsyncTransport(url=_url(market))
    async with Client(transport=transport, fetch_schema_from_transport=True) as client:

        async def result(name: str, **variables: object) -> dict[str, Any]:
            try:
                return {
                    "data": await client.execute(GraphQLRequest(_document(name), variable_values=variables)),
                    "errors": [],
                }
            except TransportQueryError as error:
                shown = {"errors": _seen(error.errors or [])}
                return shown if error.data is None else {"data": error.data, **shown}

        assert await result("window", symbol="ACME", last=30, period=7) == expected["window"]
        assert await result("window", symbol="ACME", last="many", period=7) == expected["refused"]
        assert await result("partial", known="ACME", unknown="NOPE") == expected["partial"]
        first = (await result("page", first=2))["data"]["instruments"]
        second = (await result("page", first=2, after=first["pageInfo"]["endCursor"]))["data"]["instruments"]
        assert [edge["node"] for edge in first["edges"] + second["edges"]] == expected["nodes"]
