"""What tests of resolvers may use."""

from collections.abc import AsyncIterator

import pytest
import redis.asyncio as redis

from tests.servers import Servers


@pytest.fixture
async def client(servers: Servers) -> AsyncIterator[redis.Redis]:
    """A client of the test run's Redis."""
    client = redis.Redis.from_url(servers.urls.redis)
    yield client
    await client.aclose()
