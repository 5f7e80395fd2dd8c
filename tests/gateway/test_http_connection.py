"""What was answered before is answered again in HTTP as it is spoken: in pieces, in a row, to who reads nothing."""

import asyncio
import time
from collections.abc import AsyncIterator

import orjson
import pytest

from gateway.endpoint.front import Front
from tests.gateway.endpoint.shop import Served, running_shop

_PRICE = '{ price(of: "pear") }'
_NAMES = "{ names }"


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """A gateway's front with two answers that were given before."""
    async with running_shop() as served:
        for query in (_PRICE, _NAMES):
            await _exchange(served, _post(query))
        yield served


def _post(query: str, *headers: str, version: str = "1.1") -> bytes:
    body = orjson.dumps({"query": query})
    lines = [f"POST /graphql HTTP/{version}", "Host: localhost", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


async def _opened(served: Served) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    url = served.client.base_url
    return await asyncio.open_connection(url.host, url.port)


async def _answer(reader: asyncio.StreamReader) -> tuple[bytes, dict[bytes, bytes], bytes]:
    """The status line, headers and body of the next answer."""
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).split(b"\r\n")[:-2]
    headers = {name.lower(): value for name, _, value in (line.partition(b": ") for line in head[1:])}
    return head[0], headers, await reader.readexactly(int(headers.get(b"content-length", b"0")))


async def _exchange(served: Served, *parts: bytes) -> tuple[bytes, dict[bytes, bytes], bytes]:
    """The answer to a request that is sent in parts, each in a packet of its own."""
    reader, writer = await _opened(served)
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0.002)
    answer = await _answer(reader)
    writer.close()
    return answer


async def test_an_answer_that_is_kept_says_what_the_first_one_said(served: Served) -> None:
    """All headers of HTTP included; only the ids and the moments differ."""
    fresh, again = await _exchange(served, _post('{ price(of: "fig") }')), await _exchange(served, _post(_PRICE))
    hits = served.cache.counts.hits
    assert (served.shop.reads, hits) == (3, 1)
    assert again[0] == fresh[0] == b"HTTP/1.1 200 OK"
    assert again[1].keys() == fresh[1].keys()
    assert again[1][b"content-type"] == fresh[1][b"content-type"]
    assert (again[2], fresh[2]) == (b'{"data":{"price":1.5}}', b'{"data":{"price":2.0}}')


@pytest.mark.parametrize("size", [1, 7, 60, 100])
async def test_a_request_in_pieces_is_answered_from_what_is_kept(size: int, served: Served) -> None:
    """Wherever it is cut."""
    request = _post(_PRICE)
    parts = [request[at : at + size] for at in range(0, len(request), size)]
    assert (await _exchange(served, *parts))[2] == b'{"data":{"price":1.5}}'
    assert (served.shop.reads, served.cache.counts.hits) == (2, 1)


async def test_answers_come_in_the_order_of_the_requests(served: Served) -> None:
    """Also where one in the middle has to be executed, and all were sent at once."""
    reader, writer = await _opened(served)
    others = ['{ price(of: "fig") }', '{ price(of: "none") }', "{ mine }"]
    queries = [_PRICE, _PRICE, others[0], _PRICE, others[1], others[2], _PRICE, _NAMES, _PRICE]
    writer.write(b"".join(map(_post, queries)))
    bodies = [orjson.loads((await _answer(reader))[2])["data"] for _ in queries]
    prices = {_PRICE: {"price": 1.5}, others[0]: {"price": 2.0}, others[1]: {"price": None}, others[2]: {"mine": 1}}
    names = {"names": [f"fruit {number}" for number in range(500)]}
    assert bodies == [prices.get(query, names) for query in queries]
    writer.close()


@pytest.mark.parametrize(
    "request_",
    [_post(_PRICE, "Connection: close"), _post(_PRICE, version="1.0")],
    ids=["asked", "HTTP/1.0"],
)
async def test_a_connection_is_closed_for_who_asks(request_: bytes, served: Served) -> None:
    """With the answer, and the word that it is."""
    reader, writer = await _opened(served)
    writer.write(request_)
    _, headers, body = await _answer(reader)
    assert (headers[b"connection"], body) == (b"close", b'{"data":{"price":1.5}}')
    assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()


async def test_a_client_that_waits_to_be_asked_for_its_body_is_asked(served: Served) -> None:
    """With 100 Continue."""
    reader, writer = await _opened(served)
    head, _, body = _post(_PRICE, "Expect: 100-continue").rpartition(b"\r\n\r\n")
    writer.write(head + b"\r\n\r\n")
    assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10) == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(body)
    assert (await _answer(reader))[2] == b'{"data":{"price":1.5}}'
    writer.close()


@pytest.mark.parametrize("size", [9_900, 10_000, 10_100])
async def test_a_long_request_is_answered_too(size: int, served: Served) -> None:
    """Around the length up to which one is remembered."""
    query = _PRICE + " " * size
    reads = served.shop.reads
    for _ in range(2):
        assert (await _exchange(served, _post(query)))[2] == b'{"data":{"price":1.5}}'
    assert served.shop.reads == reads + 1


async def test_a_request_that_is_far_too_long_is_refused(served: Served) -> None:
    """By the endpoint, as it is without anything in front."""
    answer = orjson.loads((await _exchange(served, _post(_PRICE + " " * 300_000)))[2])
    assert answer["errors"][0]["extensions"]["limit"] == "max_document_bytes"


async def test_a_client_that_reads_nothing_fills_no_memory(served: Served) -> None:
    """Its requests wait in its own network, and are all answered when it reads."""
    reader, writer = await _opened(served)
    request, count = _post(_NAMES), 20_000
    sending = asyncio.create_task(_sent(writer, request, count))
    before = served.cache.counts.hits
    await asyncio.sleep(0.3)
    while (taken := served.cache.counts.hits - before) != await _soon(served, before):
        pass
    # What fits into the buffers of the system, of 8 kB each, and not all that were asked for.
    assert 0 < taken < count / 2
    expected = (await _exchange(served, request))[2]
    for _ in range(count):
        assert (await _answer(reader))[2] == expected
    await sending
    writer.close()


async def _soon(served: Served, before: int) -> int:
    await asyncio.sleep(0.2)
    return served.cache.counts.hits - before


async def _sent(writer: asyncio.StreamWriter, request: bytes, count: int) -> None:
    for _ in range(count // 100):
        writer.write(request * 100)
        await writer.drain()


async def test_a_request_that_is_still_arriving_is_answered_before_the_end() -> None:
    """As one that had begun when the server was asked to stop."""
    async with running_shop() as served:
        await _exchange(served, _post(_PRICE))
        reader, writer = await _opened(served)
        request = _post(_PRICE)
        writer.write(request[:-5])
        await asyncio.sleep(0.1)
        stopping = asyncio.create_task(served.stop())
        await asyncio.sleep(0.3)
        writer.write(request[-5:])
        assert (await _answer(reader))[2] == b'{"data":{"price":1.5}}'
        writer.close()
        begun = time.monotonic()
        await stopping
        assert time.monotonic() - begun < 9, "the server waited for its whole grace"


async def test_a_look_up_that_fails_is_logged_and_the_request_executed(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A mistake of ours is no invalid request."""

    def failing(*_: object) -> None:
        raise LookupError("of ours")

    monkeypatch.setattr(Front, "kept", failing)
    assert (await _exchange(served, _post(_PRICE)))[2] == b'{"data":{"price":1.5}}'
    (logged,) = [one for one in caplog.records if one.exc_info]
    assert "could not be looked up" in logged.getMessage()
    assert "of ours" in str(logged.exc_info[1] if logged.exc_info else "")


async def test_who_goes_away_in_the_middle_of_a_request_leaves_nothing(served: Served) -> None:
    """The next one is answered."""
    for _ in range(20):
        _, writer = await _opened(served)
        writer.write(_post(_PRICE)[:-3])
        await writer.drain()
        writer.transport.abort()
    assert (await _exchange(served, _post(_PRICE)))[2] == b'{"data":{"price":1.5}}'
