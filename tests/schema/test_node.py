"""Global ids: whatever has one is found again by it, and nothing else is."""

from base64 import urlsafe_b64encode
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.errors import BadInput
from schema.node import global_id, parsed_id
from tests.schema.conftest import Market

_NODE = """query ($id: ID!) { node(id: $id) { __typename id
    ... on Instrument { symbol }
    ... on Quote { price }
    ... on CandleSeries { interval columns { timestamp close sma(period: 30) } } } }"""
_PARTS = st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.integers(-(2**63), 2**63 - 1) | st.none())


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


@given(st.text(st.characters(exclude_categories=["Cs"])), _PARTS)
def test_an_id_gives_back_what_it_was_made_of(kind: str, parts: list[str | int | None]) -> None:
    """Whatever the parts, they survive."""
    assert parsed_id(global_id(kind, *parts)) == (kind, parts)


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    """A random text is no id; what is accepted is what we would have made."""
    with suppress(BadInput):
        kind, parts = parsed_id(text)
        assert global_id(kind, *parts) == text


async def test_instruments_and_quotes_are_found_by_their_ids(market: Market) -> None:
    """The id of each leads back to it, asked for by another name or in another case."""
    hub = (await market.gateway.data('{ instrument(symbol: "acme") { id quote { id price } } }'))["instrument"]
    found = (await market.gateway.data(_NODE, id=hub["id"]))["node"]
    assert found == {"__typename": "Instrument", "id": hub["id"], "symbol": "ACME"}
    found = (await market.gateway.data(_NODE, id=hub["quote"]["id"]))["node"]
    assert found == {"__typename": "Quote", **hub["quote"]}


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "(interval: D1, last: 7)",
        "(interval: D1, from: $from)",
        "(interval: D1, from: $from, to: $to)",
        "(interval: D1, to: $to, last: 5)",
        "(interval: W1, from: $from, to: $to, last: 2)",
        '(from: "0001-01-01T00:00:00Z", to: "9999-12-31T23:59:59.999Z", last: 3)',
    ],
)
async def test_a_series_is_found_with_its_range(asked: str, market: Market) -> None:
    """The id holds interval, bounds and length; the node has the same bars and the same indicators."""
    used = [f"${name}: DateTime" for name in ("from", "to") if f"${name}" in asked]
    head = f"query ({', '.join(used)})" if used else ""
    wanted = "__typename id interval columns { timestamp close sma(period: 30) }"
    query = f'{{ instrument(symbol: "ACME") {{ candles{asked} {{ {wanted} }} }} }}'
    variables = {"from": _iso(int(market.days.time[100])), "to": _iso(int(market.days.time[140]))}
    series = (await market.gateway.data(f"{head} {query}", **variables))["instrument"]["candles"]
    assert len(series["columns"]["close"]) > 0
    assert (await market.gateway.data(_NODE, id=series["id"]))["node"] == series


async def test_nodes_answers_in_order_with_an_error_for_each_that_is_gone(market: Market) -> None:
    """One error at the index of each id that leads nowhere, and the others."""
    here, gone = global_id("Instrument", "ACME"), global_id("Instrument", "GONE")
    answer = await market.gateway.answer(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[here, gone, "x", here, global_id("Quote", "ACME")]
    )
    assert [one and one["id"] for one in answer["data"]["nodes"]] == [
        here,
        None,
        None,
        here,
        global_id("Quote", "ACME"),
    ]
    found = [(one["path"], one["extensions"]["code"], one["message"]) for one in answer["errors"]]
    assert sorted(found) == [
        (["nodes", 1], "NOT_FOUND", "no instrument GONE"),
        (["nodes", 2], "BAD_INPUT", "an id that this API gave out was expected, was 'x'"),
    ]


_NEVER_GIVEN = [
    ["Instrument"],
    ["Instrument", 5],
    ["Instrument", "acme"],
    ["Instrument", " ACME"],
    ["Instrument", "ACME", "D1"],
    ["Signal", "ACME"],
    ["Quote", None],
    ["Quote", "acme"],
    ["CandleSeries", "ACME"],
    ["CandleSeries", "ACME", "d1", 5, None, None],
    ["CandleSeries", "ACME", "X9", 5, None, None],
    ["CandleSeries", "ACME", "D1", True, None, None],
    ["CandleSeries", "ACME", "D1", 5.5, None, None],
    ["CandleSeries", "ACME", "D1", 5, 10**15, None],
    ["CandleSeries", "ACME", "D1", 5, None, -(10**15)],
    ["CandleSeries", "ACME", "D1", None, None, None],
]


@pytest.mark.parametrize("parts", _NEVER_GIVEN, ids=str)
async def test_an_id_that_was_never_given_out_is_refused(parts: list[str], market: Market) -> None:
    """Also where it would lead to something: a client's cache must never hold one object under two ids."""
    code, path, message = await market.gateway.error(_NODE, id=global_id(*parts))
    assert (code, path) == ("BAD_INPUT", ["node"])
    assert message.startswith("an id that this API gave out was expected, was ")


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        (["Instrument", "GONE"], "NOT_FOUND"),
        (["Instrument", "A\0B"], "NOT_FOUND"),
        (["Quote", "GONE"], "NOT_FOUND"),
        (["CandleSeries", "GONE", "D1", 5, None, None], "NOT_FOUND"),
        (["CandleSeries", "ACME", "M1", 5, None, None], "NOT_FOUND"),
        (["CandleSeries", "ACME", "D1", 0, None, None], "BAD_INPUT"),
        (["CandleSeries", "ACME", "D1", 5, 7, 7], "BAD_INPUT"),
        (["CandleSeries", "ACME", "D1", 10**9, None, None], "TOO_LARGE"),
    ],
    ids=str,
)
async def test_an_id_of_what_cannot_be_had_says_so(parts: list[str], code: str, market: Market) -> None:
    """Gone or impossible: as the field would say that the id names."""
    assert (await market.gateway.error(_NODE, id=global_id(*parts)))[:2] == (code, ["node"])


@pytest.mark.parametrize("text", ["", "=", "\0", "é", "W10", "e30", "bnVsbA", "A" * 100_000, "[" * 5_000])
async def test_garbage_is_refused_in_few_words(text: str, market: Market) -> None:
    """An error, whose message does not repeat a megabyte."""
    code, path, message = await market.gateway.error(_NODE, id=text)
    assert (code, path) == ("BAD_INPUT", ["node"])
    assert len(message) < 200


async def test_a_truncated_id_is_refused(market: Market) -> None:
    """As after a copy that missed a character."""
    whole = global_id("Instrument", "ACME")
    for text in (whole[:-1], whole + "A", whole[1:], whole + "=", whole.swapcase()):
        assert (await market.gateway.error(_NODE, id=text))[0] == "BAD_INPUT"


async def test_too_many_ids_are_refused(market: Market) -> None:
    """One error, and the sibling's answer."""
    answer = await market.gateway.answer("query ($ids: [ID!]!) { nodes(ids: $ids) { id } __typename }", ids=["x"] * 501)
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["nodes"], "TOO_LARGE")
    assert error["message"] == "ids holds at most 500 items, 501 were given"
    assert answer["data"] == {"nodes": None, "__typename": "Query"}


def test_an_id_that_nests_deeply_is_refused() -> None:
    """It can be read as JSON, but not be written again."""
    deep = "[" * 300 + "]" * 300
    text = urlsafe_b64encode(f'["Instrument",{deep}]'.encode()).rstrip(b"=").decode()
    with pytest.raises(BadInput, match="an id that this API gave out was expected"):
        parsed_id(text)
