"""The second tier: Redis, which may be down, slow, full or full of nonsense, and then is simply not there."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import redis.asyncio as redis
from redis.exceptions import OutOfMemoryError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from resolvers.cache.trouble import Trouble, Troubles

T = TypeVar("T")

Command = tuple[Any, ...]


class RedisTier:
    """
    Bytes by key.

    Args:
        budget_seconds: What one call may take; then it counts as no answer.
        pause_seconds: How long Redis is left alone after it did not answer, so that its absence costs one budget in
            a while and not one per request. Then one call tries, and the others go on without until it has succeeded.
        clock: Seconds that only grow.

    Attributes:
        troubles: What was wrong, counted.
    """

    def __init__(
        self,
        client: redis.Redis,
        *,
        budget_seconds: float = 0.05,
        pause_seconds: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._budget = budget_seconds
        self._pause = pause_seconds
        self._clock = clock
        self._left_alone_until: float | None = None
        self._full_until = 0.0
        self.troubles = Troubles(clock=clock)

    @property
    def is_writable(self) -> bool:
        """Whether writing is worth a try: Redis was not full a moment ago."""
        return self._clock() >= self._full_until

    @property
    def is_reachable(self) -> bool:
        """Whether the last call was answered, as far as anybody tried."""
        return self._left_alone_until is None

    async def get(self, keys: Sequence[str]) -> list[bytes | None] | None:
        """What is stored under each key, by one MGET; None where Redis does not answer."""

        async def ask() -> Any:
            return await self._client.mget(keys)

        return await self._answer(ask)

    async def send(self, commands: Sequence[Command]) -> list[Any] | None:
        """The answers to *commands*, in one round trip, errors among them; None where Redis does not answer."""

        async def ask() -> list[Any]:
            pipeline = self._client.pipeline(transaction=False)
            for command in commands:
                pipeline.execute_command(*command)
            return await pipeline.execute(raise_on_error=False)

        answers: list[Any] | None = await self._answer(ask)
        if answers is not None:
            self._note_refusals(answers)
        return answers

    def garbage(self, detail: object) -> None:
        """Notes that a value could not be read."""
        self.troubles.met(Trouble.GARBAGE, detail)

    def _note_refusals(self, answers: Sequence[Any]) -> None:
        errors = [one for one in answers if isinstance(one, ResponseError)]
        if not errors:
            self.troubles.is_well(Trouble.FULL, Trouble.REFUSED)
        elif any(isinstance(one, OutOfMemoryError) for one in errors):
            self.troubles.met(Trouble.FULL, "no memory is left")
            self._full_until = self._clock() + self._pause
        else:
            self.troubles.met(Trouble.REFUSED, errors[0])

    async def _answer(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        began = self._clock()
        is_trial = self._left_alone_until is not None
        if self._left_alone_until is not None:
            if began < self._left_alone_until:
                return None
            # Before the call, so that it is one that tries.
            self._left_alone_until = began + self._pause
        try:
            async with asyncio.timeout(self._budget):
                answer = await ask()
        except ResponseError as error:
            self.troubles.met(Trouble.REFUSED, error)
            return None
        except (TimeoutError, RedisTimeoutError):
            # Far past the budget it is this process that was busy; whether Redis is slow nobody knows then.
            if is_trial or self._clock() - began < 2 * self._budget:
                self._leave_alone(Trouble.SLOW, f"{self._budget * 1000:.0f} ms")
            return None
        except (RedisError, OSError) as error:
            self._leave_alone(Trouble.UNREACHABLE, type(error).__name__)
            return None
        self._left_alone_until = None
        self.troubles.is_well(Trouble.UNREACHABLE, Trouble.SLOW)
        return answer

    def _leave_alone(self, trouble: Trouble, detail: object) -> None:
        self.troubles.met(trouble, detail)
        self._left_alone_until = self._clock() + self._pause
