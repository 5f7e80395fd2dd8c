"""Connections that stream: their number, and their common end."""

import asyncio

import pytest

from gateway.endpoint.connections import Connections
from gateway.endpoint.requests import HTTPError
from gateway.endpoint.stream_limits import StreamLimits


class Noting:
    """A connection that notes when it was told to end."""

    def __init__(self) -> None:
        self.ended: list[float] = []

    def end(self) -> None:
        """Notes it."""
        self.ended.append(asyncio.get_running_loop().time())


def test_one_too_many_is_told_which_limit_and_when_to_come_back() -> None:
    """In words, for programs, and as HTTP has it."""
    connections = Connections(StreamLimits(max_connections=1, retry_seconds=7))
    first = Noting()
    connections.add(first)
    with pytest.raises(HTTPError) as refused:
        connections.add(Noting())
    assert refused.value.message == "1 connections stream, the limit max_connections is 1; try again in 7 s"
    assert refused.value.extensions == {
        "code": "LIMIT_EXCEEDED",
        "limit": "max_connections",
        "maximum": 1,
        "found": 2,
        "retryAfterSeconds": 7,
    }
    assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "7"})
    connections.discard(first)
    connections.discard(first)
    connections.add(first)
    assert len(connections) == 1


async def test_connections_are_told_to_end_one_after_the_other() -> None:
    """In the order in which they came, over all of the time; nobody may come meanwhile."""
    connections = Connections(StreamLimits())
    noting = [Noting() for _ in range(10)]
    for one in noting:
        connections.add(one)
    begun = asyncio.get_running_loop().time()
    closing = asyncio.create_task(connections.close(0.5))
    await asyncio.sleep(0.01)
    with pytest.raises(HTTPError) as refused:
        connections.add(Noting())
    assert refused.value.extensions == {"code": "UNAVAILABLE", "retryAfterSeconds": 5}
    await closing
    at = [one.ended[0] - begun for one in noting]
    assert [len(one.ended) for one in noting] == [1] * 10
    assert at == sorted(at)
    assert at[0] < 0.1
    assert all(abs(moment - 0.05 * number) < 0.15 for number, moment in enumerate(at))


async def test_those_that_have_left_are_not_told() -> None:
    """And nobody waits for the end of the time when nobody is there."""
    connections = Connections(StreamLimits())
    gone, there = Noting(), Noting()
    for one in (gone, there):
        connections.add(one)
    connections.discard(gone)
    async with asyncio.timeout(1):
        await connections.close(0)
        connections.discard(there)
        await connections.close(60)
    assert (len(gone.ended), len(there.ended)) == (0, 1)
