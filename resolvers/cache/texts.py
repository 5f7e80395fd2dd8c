"""Texts in Redis that live as long as they are used."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

import redis.asyncio as redis
from redis.exceptions import RedisError

logger = logging.getLogger("gateway.cache")


class Texts:
    """
    Texts by key. A Redis that does not answer is a miss, logged once until it answers again; until then it is
    asked only now and then, so that not every request waits for it.

    Args:
        prefix: What the keys begin with.
        life_seconds: How long a text is kept after it was last read or written.
        patience_seconds: How long Redis may take to answer.
        pause_seconds: How long it is left alone after it did not.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        client: redis.Redis,
        *,
        prefix: str,
        life_seconds: int,
        patience_seconds: float = 0.25,
        pause_seconds: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._prefix = prefix
        self._life = life_seconds
        self._patience = patience_seconds
        self._pause = pause_seconds
        self._clock = clock
        self._down_until: float | None = None

    async def get(self, key: str) -> str | None:
        """The text stored under *key*, whose life begins anew; None if there is none."""
        found = await self._answer(lambda: self._client.getex(self._prefix + key, ex=self._life))
        try:
            return found.decode() if isinstance(found, bytes) else None
        except UnicodeDecodeError:
            return None

    async def set(self, key: str, text: str) -> None:
        """Stores *text*, which has a form in UTF-8, if Redis is there."""
        encoded = text.encode()
        await self._answer(lambda: self._client.set(self._prefix + key, encoded, ex=self._life))

    async def _answer(self, ask: Callable[[], Awaitable[object]]) -> object:
        if self._down_until is not None and self._clock() < self._down_until:
            return None
        try:
            async with asyncio.timeout(self._patience):
                answer = await ask()
        except (RedisError, OSError, TimeoutError) as error:
            if self._down_until is None:
                logger.warning("Redis does not answer (%s): persisted queries are not found", type(error).__name__)
            self._down_until = self._clock() + self._pause
            return None
        if self._down_until is not None:
            logger.info("Redis answers again")
            self._down_until = None
        return answer
