"""Repeated requests are answered from what was answered before, in every form of HTTP, and only while it is current."""

import gzip
from collections.abc import AsyncIterator

import orjson
import pytest

from gateway.endpoint.http_caching import HTTPCaching, matches
from gateway.endpoint.negotiation import RESPONSE_JSON
from gateway.endpoint.response_cache import Answer
from tests.gateway.endpoint.shop import Served, running_shop


@pytest.fixture(params=["front", "endpoint"])
async def served(request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    """The application as it stands, and without the front, whose answers must be the same."""
    async with running_shop(has_front=request.param == "front") as served:
        yield served


async def test_a_repeated_request_reads_nothing(served: Served) -> None:
    """Until what it was made of moves."""
    query = '{ price(of: "pear") }'
    answers = [(await served.post(query)).json() for _ in range(3)]
    assert answers == [{"data": {"price": 1.5}}] * 3
    assert served.shop.reads == 1

    served.shop.prices["pear"] = 1.75
    served.shop.revisions.move("fig", 5)
    assert (await served.post(query)).json() == {"data": {"price": 1.5}}
    served.shop.revisions.move("pear", 5)
    assert (await served.post(query)).json() == {"data": {"price": 1.75}}
    assert served.shop.reads == 2


async def test_equal_operations_are_one_however_they_are_sent(served: Served) -> None:
    """By GET or POST, with variables in any order, for either media type; others are others."""
    text = "query A($of: String!, $x: Boolean = true) { price(of: $of) @include(if: $x) }"
    one = await served.post(text, variables={"of": "pear", "x": True, "unused": 1}, operationName="A")
    two = await served.post(text, variables={"x": True, "of": "pear"}, accept=RESPONSE_JSON)
    three = await served.client.get("/graphql", params={"query": text, "variables": '{"of":"pear","x":true}'})
    assert one.content == two.content == three.content
    assert two.headers["content-type"] == f"{RESPONSE_JSON}; charset=utf-8"
    assert served.shop.reads == 1

    other = await served.post(text, variables={"of": "fig", "x": True})
    assert other.json() == {"data": {"price": 2.0}}
    assert served.shop.reads == 2


@pytest.mark.parametrize(
    "query",
    [
        '{ price(of: "nothing") }',
        '{ price(of: "cookie") }',
        '{ price(of: "brief") }',
        '{ mine price(of: "pear") }',
        "mutation { eat }",
    ],
)
async def test_what_is_not_for_everybody_is_executed_each_time(query: str, served: Served) -> None:
    """Errors, cookies, what has changed by itself since, private fields, mutations."""
    for reads in (1, 2, 3):
        await served.post(query)
        assert served.shop.reads >= reads
    assert len(served.cache) == 0


async def test_answers_are_compressed_for_who_asks(served: Served) -> None:
    """The first time and again; small ones never."""
    for query, is_large in (("{ names }", True), ('{ price(of: "fig") }', False)):
        for _ in range(3):
            plain = await served.post(query, headers={"accept-encoding": "identity"})
            packed = await served.post(query, headers={"accept-encoding": "br, gzip"})
            assert packed.content == plain.content
            assert packed.headers.get("content-encoding") == ("gzip" if is_large else None)
            assert "content-encoding" not in plain.headers
            assert "accept-encoding" in packed.headers["vary"].lower()


async def test_every_request_is_counted_once(served: Served) -> None:
    """Whether it is answered in front or behind, also where what the front remembers is no longer current."""
    asked = 0
    for step in range(30):
        await served.post('{ price(of: "pear") }' if step % 3 else "{ names }")
        await served.get('{ price(of: "fig") }')
        await served.post('{ price(of: "brief") }')
        # Not asked for there: one's own, and what cannot be executed.
        await served.post("{ mine }")
        await served.post("{ unknown }")
        asked += 3
        if step % 4 == 0:
            served.shop.revisions.move("pear", step)
        if step == 20:
            served.cache.clear()
    counts = served.cache.counts
    assert asked == counts.hits + counts.waits + counts.misses + counts.abandoned
    assert counts.misses == counts.stored + counts.unkept
    assert counts.stored == len(served.cache) + counts.dropped_moved + counts.dropped_in_resets
    # Each kept answer is made as often as it has to be.
    assert (counts.unkept, counts.dropped_moved, counts.dropped_in_resets) == (30, 6, 3)


async def test_a_compressed_answer_is_its_own_length(served: Served) -> None:
    """As the bytes on the wire have it."""
    for _ in range(2):
        request = served.client.build_request(
            "POST", "/graphql", json={"query": "{ names }"}, headers={"accept-encoding": "gzip"}
        )
        answer = await served.client.send(request, stream=True)
        raw = b"".join([part async for part in answer.aiter_raw()])
        assert int(answer.headers["content-length"]) == len(raw)
        assert len(orjson.loads(gzip.decompress(raw))["data"]["names"]) == 500


async def test_a_browser_is_told_that_nothing_has_changed(served: Served) -> None:
    """By the tag of the content: an answer that was made anew and is equal counts as equal."""
    query = '{ price(of: "pear") }'
    first = await served.get(query)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "no-cache"

    again = await served.get(query, **{"if-none-match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)

    served.shop.revisions.move("pear", 5)
    assert (await served.get(query, **{"if-none-match": tag})).status_code == 304
    assert served.shop.reads == 2

    served.shop.prices["pear"] = 3.0
    served.shop.revisions.move("pear", 6)
    for _ in range(2):
        changed = await served.get(query, **{"if-none-match": tag})
        assert (changed.status_code, changed.json()) == (200, {"data": {"price": 3.0}})
        assert changed.headers["etag"] != tag


async def test_errors_are_kept_by_nobody(served: Served) -> None:
    """Neither those of a field nor refusals."""
    for query in ('{ price(of: "nothing") }', "{ unknown }", "mutation { eat }"):
        answer = await served.get(query)
        assert answer.headers["cache-control"] == "no-store", query
        assert "etag" not in answer.headers


async def test_a_condition_means_nothing_to_post(served: Served) -> None:
    """Its answer is always whole."""
    query = '{ price(of: "pear") }'
    tag = (await served.get(query)).headers["etag"]
    for _ in range(3):
        answer = await served.post(query, headers={"if-none-match": tag})
        assert (answer.status_code, answer.json()) == (200, {"data": {"price": 1.5}})
        assert "etag" not in answer.headers


async def test_each_answer_has_the_id_of_its_request(served: Served) -> None:
    """Not that of the request whose answer it shares."""
    query = '{ price(of: "pear") }'
    for given in ("one", "two"):
        assert (await served.post(query, headers={"x-request-id": given})).headers["x-request-id"] == given
    ids = {(await served.post(query, headers={"x-request-id": "not one!"})).headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


async def test_a_batch_is_answered_from_what_is_kept(served: Served) -> None:
    """Operation by operation."""
    await served.post('{ price(of: "pear") }')
    batch = [{"query": '{ price(of: "pear") }'}, {"query": '{ price(of: "fig") }'}]
    for _ in range(2):
        answer = await served.client.post("/graphql", json=batch)
        assert answer.json() == [{"data": {"price": 1.5}}, {"data": {"price": 2.0}}]
    assert served.shop.reads == 2


async def test_what_is_asked_differently_is_answered_differently(served: Served) -> None:
    """A request that was answered before under another header is not that request."""
    body = orjson.dumps({"query": "{ names }"})
    good = {"content-type": "application/json"}
    assert (await served.client.post("/graphql", content=body, headers=good)).status_code == 200
    for headers, status in (
        ({"content-type": "text/plain"}, 415),
        ({**good, "accept": "text/html"}, 406),
        ({**good, "content-encoding": "gzip"}, 415),
    ):
        assert (await served.client.post("/graphql", content=body, headers=headers)).status_code == status
    assert (await served.client.post("/graphql?query={__typename}", content=body, headers=good)).json()["data"]["names"]
    assert (await served.client.patch("/graphql", content=body, headers=good)).status_code == 405


async def test_a_body_in_pieces_is_answered_too(served: Served) -> None:
    """As one whose length is not known is sent."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"query": "{ price'
        yield b'(of: \\"pear\\") }"}'

    for _ in range(2):
        answer = await served.client.post("/graphql", content=pieces(), headers={"content-type": "application/json"})
        assert answer.json() == {"data": {"price": 1.5}}


@pytest.mark.parametrize(
    ("condition", "is_match"),
    [
        (b'W/"a"', True),
        (b'"a"', True),
        (b"*", True),
        (b'"b", W/"a"', True),
        (b'"b"', False),
        (b"", False),
        (b"a", False),
    ],
)
def test_tags_are_compared_weakly(condition: bytes, is_match: bool) -> None:
    """As RFC 9110 has it for If-None-Match."""
    assert matches(condition, b'W/"a"') is is_match


def test_a_cache_in_front_answers_only_where_it_was_told_to() -> None:
    """For so many seconds, and a browser never."""
    fields = dict(HTTPCaching(shared_seconds=5).fields(Answer(b"{}")))

    assert fields[b"cache-control"] == b"public, max-age=0, s-maxage=5"
