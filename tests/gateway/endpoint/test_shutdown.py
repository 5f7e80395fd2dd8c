"""What clients of streams see when the server stops."""

import asyncio
import json
import time
from contextlib import AsyncExitStack

import pytest

from gateway.endpoint.negotiation import EVENT_STREAM
from gateway.endpoint.refusals import Connection
from gateway.endpoint.requests import OperationRequest
from gateway.streams.message import Stream, StreamMessage
from tests.gateway.endpoint.streamed import Streaming, events, parts_of, talking
from tests.servers import RunningApp

_MULTIPART = "multipart/mixed;subscriptionSpec=1.0"


class Positioned(Streaming):
    """Streams one result with a position, and nothing more."""

    async def stream(self, connection: Connection, asked: OperationRequest) -> Stream:
        """The stream."""
        return _Waiting(asked.extensions.get("resumeFrom", "p-1"))


class _Waiting:
    def __init__(self, position: str) -> None:
        self._message: StreamMessage | None = StreamMessage(body=b'{"data":{}}', position=position)

    def __aiter__(self) -> "_Waiting":
        return self

    async def __anext__(self) -> StreamMessage:
        message, self._message = self._message, None
        if message is None:
            await asyncio.Event().wait()
            raise StopAsyncIteration
        return message

    async def aclose(self) -> None:
        """Has nothing to end."""


def _running(endpoint: Streaming, spread_seconds: float = 0.0) -> RunningApp:
    return RunningApp(endpoint, endpoint.connections, spread_seconds=spread_seconds)


async def test_a_socket_is_told_its_positions_and_to_come_back() -> None:
    """In a ping, and closed with the registered code for a restart."""
    async with _running(Positioned()) as running, talking(running) as talk:
        for id_ in ("a", "b"):
            await talk.ask("subscription { waiting }", id_, extensions={"resumeFrom": f"p-{id_}"})
            assert (await talk.hear())["type"] == "next"
        stopping = asyncio.create_task(running.stop())
        assert await talk.hear() == {"type": "ping", "payload": {"resumeFrom": {"a": "p-a", "b": "p-b"}}}
        code, reason = await talk.closed()
        assert code == 1012
        assert reason == "the server restarts: connect again, and resume after the last position"
        await stopping


async def test_a_stream_of_events_ends_without_complete() -> None:
    """With a comment and a pause for browsers; the last id is the position."""
    async with _running(Positioned()) as running, events(running.client, "subscription { waiting }") as answer:
        parts = parts_of(answer)
        assert await anext(parts) == ":"
        assert "\nid: p-1\n" in await anext(parts)
        stopping = asyncio.create_task(running.stop())
        rest = [one async for one in parts]
        assert len(rest) == 1
        assert rest[0].startswith(": the server restarts")
        assert rest[0].endswith("\nretry: 1000")
        await stopping


async def test_a_multipart_answer_ends_without_its_last_delimiter() -> None:
    """Which Apollo's RetryLink takes for a reason to ask again; as a response of HTTP it is whole."""
    async with _running(Positioned()) as running:
        async with events(running.client, "subscription { waiting }", _MULTIPART) as answer:
            text, stopping = "", None
            async for chunk in answer.aiter_text():
                text += chunk
                if stopping is None and '{"payload":{"data":{}}}' in text:
                    stopping = asyncio.create_task(running.stop())
        assert text.endswith('{"payload":{"data":{}}}\r\n--graphql')
        assert stopping is not None
        await stopping


async def test_clients_are_not_all_told_at_once() -> None:
    """But one after the other, over the time that there is for it."""
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(_running(Streaming(), spread_seconds=1.0))
        talks = [await stack.enter_async_context(talking(running)) for _ in range(10)]
        begun = time.monotonic()
        stopping = asyncio.create_task(running.stop())

        async def told(number: int) -> float:
            assert (await talks[number].closed())[0] == 1012
            return time.monotonic() - begun

        at = await asyncio.gather(*(told(number) for number in range(10)))
        assert list(at) == sorted(at)
        assert at[0] < 0.4
        assert 0.7 < at[-1] < 1.6
        await stopping


@pytest.mark.parametrize("accept", [EVENT_STREAM, _MULTIPART])
async def test_nobody_new_is_let_in_while_they_end(accept: str) -> None:
    """On a connection that is open already: a stream is 503, a query is answered."""
    endpoint = Streaming()
    async with _running(endpoint, spread_seconds=1.0) as running, AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(talking(running))
        closing = asyncio.create_task(endpoint.connections.close(0.5))
        await asyncio.sleep(0.05)
        async with events(running.client, "subscription { count(to: 1) }", accept) as answer:
            (error,) = json.loads(await answer.aread())["errors"]
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert error["extensions"] == {"code": "UNAVAILABLE", "retryAfterSeconds": 5}
        assert (await running.client.post("/", json={"query": "{ hello }"})).status_code == 200
        async with talking(running, begun=False) as talk:
            assert await talk.closed() == (1013, "this server is shutting down; try again in 5 s")
        await closing
