"""The clock in the event loop of a gateway, asked from outside."""

import asyncio

import orjson

from loadtests.http_client import Connection, post

# The gateway looks once a second whether it is time to look for garbage, which it is when many have joined.
_SETTLED_SECONDS = 1.5


async def noted(port: int) -> dict[str, float]:
    """What the clock of a gateway has noted since it was asked last."""
    connection = await Connection.open(port)
    _, body = await connection.exchange(post("/clocked", b"{}"))
    connection.close()
    found: dict[str, float] = orjson.loads(body)
    return found


async def settled(port: int) -> None:
    """Waits until a gateway has nothing left to do for those who have joined, and lets its clock begin anew."""
    await asyncio.sleep(_SETTLED_SECONDS)
    await noted(port)
