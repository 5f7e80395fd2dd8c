"""Connections over WebSocket: how they begin, how long they stay, and how they end."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from starlette.requests import Request
from starlette.websockets import WebSocket
from websockets.exceptions import ConnectionClosed

from gateway.endpoint.stream_limits import StreamLimits
from schema.errors import RequestError
from tests.gateway.endpoint.streamed import Counted, Gates, Streaming, Talk, talking, until
from tests.servers import RunningApp


@pytest.fixture(scope="module", params=[(), (Counted,)], ids=["plain", "extended"])
async def shared(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Streaming, RunningApp]]:
    """The schema, without and with an extension, behind uvicorn."""
    endpoint = Streaming(*request.param)
    async with RunningApp(endpoint) as running:
        yield endpoint, running


@pytest.fixture
def served(shared: tuple[Streaming, RunningApp]) -> tuple[Streaming, RunningApp]:
    """The same with nothing noted, and all gates closed."""
    shared[0].gates, shared[0].contexts, shared[0].persisted = Gates(), 0, None
    return shared


@pytest.fixture
async def talk(served: tuple[Streaming, RunningApp]) -> AsyncIterator[Talk]:
    """A connection that has begun."""
    async with talking(served[1]) as talk:
        yield talk


async def test_a_client_that_goes_away_stops_its_operations(served: tuple[Streaming, RunningApp]) -> None:
    """With a close, and without one."""
    endpoint, running = served
    for goodbye in (True, False):
        endpoint.gates.reached.clear()
        async with talking(running) as talk:
            await talk.ask("subscription { waiting }")
            await talk.hear()
            await asyncio.wait_for(endpoint.gates.reached.wait(), 10)
            if not goodbye:
                talk.socket.transport.abort()
        await until(lambda: endpoint.gates.noted == ["closed"])
        endpoint.gates.noted.clear()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (["{"], 4400),
        ([b"{}"], 4400),
        (['{"type":"connection_init"}'] * 2, 4429),
        (['{"type":"subscribe","id":"1","payload":{"query":"{ hello }"}}'], 4401),
        (
            ['{"type":"connection_init"}']
            + ['{"type":"subscribe","id":"1","payload":{"query":"subscription { waiting }"}}'] * 2,
            4409,
        ),
        (["x" * 2_000_000], 1009),
    ],
    ids=["not JSON", "binary", "two inits", "no init", "two with one id", "too long"],
)
async def test_a_violation_closes_the_socket(
    said: list[str | bytes], code: int, served: tuple[Streaming, RunningApp]
) -> None:
    """With the code that the protocol has for it; what ran is stopped."""
    async with talking(served[1], begun=False) as talk:
        for message in said:
            await talk.socket.send(message)
        assert (await talk.closed())[0] == code


async def test_a_client_that_does_not_begin_is_closed() -> None:
    """With 4408, after the seconds that it has."""
    async with RunningApp(Streaming(streaming=StreamLimits(init_seconds=0.05))) as running:
        async with talking(running, begun=False) as talk:
            assert await talk.closed() == (4408, "Connection initialisation timeout")
        async with talking(running) as talk:
            await asyncio.sleep(0.1)
            assert (await talk.all("{ hello }"))[-1] == ("complete", None)


async def test_a_client_that_answers_pings_stays() -> None:
    """One that does not is closed with 4408, after which graphql-ws connects again; any message is an answer."""
    app = RunningApp(Streaming(streaming=StreamLimits(ping_seconds=0.1)))
    async with app as running, talking(running) as talk:
        for _ in range(3):
            assert await talk.hear() == {"type": "ping"}
            await talk.say(type="pong")
        assert await talk.hear() == {"type": "ping"}
        await talk.say(type="complete", id="whatever")
        assert await talk.hear() == {"type": "ping"}
        assert await talk.closed() == (4408, "a ping was not answered within 0.1 s")


class Guarded(Streaming):
    """Lets those begin who say the word."""

    async def welcome(self, connection: Request | WebSocket, payload: dict[str, Any]) -> dict[str, Any] | None:
        """What they are told."""
        if payload.get("word") == "wrong":
            raise RequestError("the word is another one", code="FORBIDDEN")
        if payload.get("word") == "broken":
            raise RuntimeError("a secret")
        assert connection.state.connection_params == payload
        return {"hello": payload["word"]}


async def test_a_client_may_be_turned_away_when_it_begins(caplog: pytest.LogCaptureFixture) -> None:
    """With 4403 and why, or be told something; what fails there is 4500 and no more."""
    async with RunningApp(Guarded()) as running:
        async with talking(running, begun=False) as talk:
            await talk.say(type="connection_init", payload={"word": "right"})
            assert await talk.hear() == {"type": "connection_ack", "payload": {"hello": "right"}}
        async with talking(running, begun=False) as talk:
            await talk.say(type="connection_init", payload={"word": "wrong"})
            assert await talk.closed() == (4403, "the word is another one")
        async with talking(running, begun=False) as talk:
            await talk.say(type="connection_init", payload={"word": "broken"})
            assert await talk.closed() == (4500, "Internal server error")
    assert "a secret" in caplog.text


async def test_a_client_that_stops_reading_is_ended() -> None:
    """Within the seconds that it has; others notice nothing, and what waited for it is freed."""
    endpoint = Streaming(streaming=StreamLimits(send_seconds=0.3))
    async with RunningApp(endpoint) as running, talking(running) as talk, asyncio.timeout(20):
        with await _deaf(running) as deaf:
            _say(deaf, type="connection_init")
            _say(deaf, type="subscribe", id="1", payload={"query": "subscription { flood(size: 100000) }"})
            await until(lambda: endpoint.contexts >= 10)
            assert len(endpoint.connections) == 2
            asked = 0
            while len(endpoint.connections) > 1:
                assert (await talk.all("{ hello }"))[-1] == ("complete", None)
                asked += 1
                await asyncio.sleep(0.01)
            # What the kernel takes, and one message more: nothing piles up here.
            assert (endpoint.contexts - asked) * 100_000 < 20_000_000


async def test_a_client_whose_reading_has_stopped_is_ended_by_a_ping() -> None:
    """Also when nothing else waits to be sent to it, by its operations or by a close."""
    endpoint = Streaming(streaming=StreamLimits(send_seconds=0.2, ping_seconds=0.5))
    async with RunningApp(endpoint) as running, asyncio.timeout(20):
        with await _deaf(running) as deaf:
            _say(deaf, type="connection_init")
            _say(deaf, type="subscribe", id="1", payload={"query": "subscription { large(size: 9000000) }"})
            await until(lambda: endpoint.gates.noted == ["sent"])
            assert len(endpoint.connections) == 1
            while len(endpoint.connections):
                _say(deaf, type="complete", id="keeps it from being silent")
                await asyncio.sleep(0.01)


async def test_connections_leave_nothing_behind(served: tuple[Streaming, RunningApp]) -> None:
    """A thousand of them, which end in each of the ways that there are."""
    endpoint, running = served
    async with talking(running) as talk:
        await talk.all("{ hello }")
    await _quiet(0)
    before = len(asyncio.all_tasks())

    async def come_and_go(number: int) -> None:
        async with talking(running, ping_interval=None, begun=number % 5 != 0) as talk:
            if number % 5 == 1:
                await talk.all("subscription { count(to: 2) }")
            elif number % 5 == 2:
                await talk.ask("subscription { waiting }")
                await talk.hear()
            elif number % 5 == 3:
                await talk.ask("{ held }")
                talk.socket.transport.abort()
            elif number % 5 == 4:
                await talk.say(type="connection_init")
                assert (await talk.closed())[0] == 4429

    for begin in range(0, 1000, 50):
        await asyncio.gather(*(come_and_go(number) for number in range(begin, begin + 50)))
    await _quiet(before)
    assert len(endpoint.connections) == 0


async def _quiet(most: int) -> None:
    """Waits until no more tasks run than these, or as long as it takes for some to end."""
    for _ in range(200):
        await asyncio.sleep(0.01)
        if len(asyncio.all_tasks()) <= most:
            return
    if most:
        raise AssertionError(asyncio.all_tasks())


async def _deaf(running: RunningApp) -> socket.socket:
    """A WebSocket of a client that reads nothing after the handshake."""
    loop = asyncio.get_running_loop()
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.setblocking(False)
    url = running.client.base_url
    await loop.sock_connect(deaf, (url.host, url.port))
    handshake = (
        f"GET / HTTP/1.1\r\nHost: {url.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    )
    await loop.sock_sendall(deaf, handshake.encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += await loop.sock_recv(deaf, 1)
    assert b" 101 " in answer
    return deaf


def _say(deaf: socket.socket, **message: Any) -> None:
    """Sends a text as a client's frame, whose mask changes nothing."""
    text = json.dumps(message).encode()
    assert len(text) < 126
    with suppress(OSError):
        deaf.send(bytes((0x81, 0x80 | len(text))) + bytes(4) + text)


async def test_many_frames_arrive_whole(talk: Talk) -> None:
    """Of each of the three lengths that frames have."""
    for size in (10, 1_000, 100_000):
        await talk.ask(f"subscription {{ flood(size: {size}) }}")
        for _ in range(3):
            assert (await talk.hear())["payload"]["data"] == {"flood": "x" * size}
        await talk.say(type="complete", id="1")
        await talk.say(type="ping")
        while (await talk.hear())["type"] != "pong":
            pass
    with pytest.raises((ConnectionClosed, TimeoutError)):
        await asyncio.wait_for(talk.socket.recv(), 0.05)
