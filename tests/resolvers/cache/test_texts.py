"""Texts in a real Redis, and without one."""

import asyncio
import logging
from pathlib import Path
from uuid import uuid4

import pytest
import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from gateway.embedded import embedded_servers
from resolvers.cache.texts import Texts


async def test_a_text_is_found_again(client: redis.Redis) -> None:
    """Under its own prefix."""
    prefix = uuid4().hex
    texts = Texts(client, prefix=prefix, life_seconds=60)
    assert await texts.get("a") is None
    await texts.set("a", "{ größe }")
    assert await texts.get("a") == "{ größe }"
    assert await Texts(client, prefix=prefix + "x", life_seconds=60).get("a") is None
    assert await client.get(prefix + "a") == "{ größe }".encode()


async def test_a_text_expires_unless_it_is_used(client: redis.Redis) -> None:
    """Every key has an end, and a look moves it."""
    prefix = uuid4().hex
    await Texts(client, prefix=prefix, life_seconds=10).set("a", "text")
    assert 0 < await client.ttl(prefix + "a") <= 10
    await Texts(client, prefix=prefix, life_seconds=100).get("a")
    assert 10 < await client.ttl(prefix + "a") <= 100


async def test_bytes_that_are_no_text_are_a_miss(client: redis.Redis) -> None:
    """Others can write to Redis."""
    prefix = uuid4().hex
    await client.set(prefix + "a", b"\xff", ex=10)
    assert await Texts(client, prefix=prefix, life_seconds=10).get("a") is None


async def test_a_key_that_holds_something_else_is_a_miss(client: redis.Redis) -> None:
    """Also one of another kind."""
    prefix = uuid4().hex
    await client.rpush(prefix + "a", "x")
    await client.expire(prefix + "a", 10)
    assert await Texts(client, prefix=prefix, life_seconds=10).get("a") is None


async def test_a_redis_that_hangs_is_waited_for_briefly() -> None:
    """A server that accepts and says nothing."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = redis.Redis(host="127.0.0.1", port=port)
    texts = Texts(client, prefix="", life_seconds=10, patience_seconds=0.05)
    async with asyncio.timeout(5):
        assert await texts.get("a") is None
        await texts.set("a", "text")
    await client.aclose()
    server.close()
    await server.wait_closed()


async def test_an_absence_and_a_return_are_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A Redis that is gone is a miss, is left alone for a while, and is used when it is back."""
    now = [0.0]
    texts: Texts
    with caplog.at_level(logging.INFO, "gateway.cache"):
        with embedded_servers(tmp_path / "data", postgres=False) as urls:
            client = redis.Redis.from_url(urls.redis or "")
            texts = Texts(client, prefix="", life_seconds=10, pause_seconds=5, clock=lambda: now[0])
            await texts.set("a", "text")
            assert await texts.get("a") == "text"
            await client.shutdown(nosave=True)
        for _ in range(3):
            assert await texts.get("a") is None
            await texts.set("a", "text")
            now[0] += 2
        with embedded_servers(tmp_path / "data", postgres=False):
            now[0] = 4.9
            await texts.set("a", "again")
            assert await texts.get("a") is None
            now[0] = 5.0
            await texts.set("a", "again")
            assert await texts.get("a") == "again"
            await client.aclose()
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_a_redis_that_is_gone_is_asked_once_per_pause() -> None:
    """Connections are counted at the server's end."""
    met: list[float] = []
    now = [0.0]

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.append(now[0])
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    client = redis.Redis(host="127.0.0.1", port=server.sockets[0].getsockname()[1], retry=Retry(NoBackoff(), 0))
    texts = Texts(client, prefix="", life_seconds=10, pause_seconds=5, clock=lambda: now[0])
    for moment in (0.0, 1.0, 4.9, 5.0, 9.9, 10.0):
        now[0] = moment
        assert await texts.get("a") is None
    assert sorted(set(met)) == [0.0, 5.0, 10.0]
    await client.aclose()
    server.close()
    await server.wait_closed()
