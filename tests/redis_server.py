"""A Redis of a test's own: to be stopped, emptied, and given an older state again."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from gateway.embedded.account import server_account
from gateway.embedded.programs import redis_program

_DUMP = "dump.rdb"


class OwnRedis:
    """A server in *folder*, reached through a socket there; what it holds is lost when it stops, unless saved."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{folder / 'redis.sock'}"

    async def start(self) -> None:
        """Returns when it answers."""
        program = str(redis_program(server_account()))
        settings = {"port": "0", "unixsocket": "redis.sock", "dir": ".", "save": "", "appendonly": "no"}
        arguments = [text for name, value in settings.items() for text in (f"--{name}", value)]
        self._process = subprocess.Popen(
            [program, *arguments], cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while True:
            try:
                async with self.client() as client:
                    await client.ping()
                return
            except (RedisError, OSError):
                assert self._process.poll() is None
                await asyncio.sleep(0.01)

    def stop(self) -> None:
        """Ends it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    async def restart_empty(self) -> None:
        """Loses everything."""
        self.stop()
        (self._folder / _DUMP).unlink(missing_ok=True)
        await self.start()

    async def save(self) -> None:
        """Keeps what it holds now for `restart_from_snapshot`."""
        async with self.client() as client:
            await client.save()
        shutil.copy(self._folder / _DUMP, self._folder / "snapshot")

    async def restart_from_snapshot(self) -> None:
        """Holds what it held when it was saved."""
        self.stop()
        shutil.copy(self._folder / "snapshot", self._folder / _DUMP)
        await self.start()

    @asynccontextmanager
    async def client(self) -> AsyncIterator[redis.Redis]:
        """A client that fails at once."""
        client = redis.Redis.from_url(self.url, retry=Retry(NoBackoff(), 0))
        try:
            yield client
        finally:
            await client.aclose()
