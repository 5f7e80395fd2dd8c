"""What every running process says of itself in Redis, for whoever wants to see all of them."""

import math
from collections.abc import Mapping

from resolvers.cache.redis_tier import RedisTier

Figures = Mapping[str, int]
"""Whole numbers by name, as one process tells them."""


class Reports:
    """
    The figures of the processes that serve one database.

    Nothing here raises: a Redis that does not answer is told nothing, and tells nothing.

    Args:
        origin: Which database.
        life_seconds: How long the figures of a process are kept that tells no more.
    """

    def __init__(self, redis: RedisTier, origin: str, *, life_seconds: float) -> None:
        self._redis = redis
        self._index = f"stats:{origin}"
        self._life = math.ceil(life_seconds * 1000)

    async def tell(self, process: str, figures: Figures) -> None:
        """Leaves the figures of *process*, in the place of earlier ones."""
        key = f"{self._index}:{process}"
        pairs = [item for pair in figures.items() for item in pair]
        await self._redis.send(
            [
                ("HSET", key, *pairs),
                ("PEXPIRE", key, self._life),
                # Their names apart, because looking for the keys would be looking through all of Redis.
                ("SADD", self._index, process),
                ("PEXPIRE", self._index, self._life),
            ]
        )

    async def all(self) -> dict[str, Figures] | None:
        """The figures of each process by its name; None where Redis does not answer."""
        answers = await self._redis.send([("SMEMBERS", self._index)])
        if answers is None or isinstance(answers[0], Exception):
            return None
        processes = sorted(one.decode() for one in answers[0])
        if not processes:
            return {}
        told = await self._redis.send([("HGETALL", f"{self._index}:{process}") for process in processes])
        if told is None:
            return None
        return {
            process: figures for process, answer in zip(processes, told, strict=True) if (figures := _figures(answer))
        }


def _figures(answer: object) -> Figures:
    """The figures of an answer to HGETALL, as pairs or as a list of both in turn; none where it is something else."""
    if isinstance(answer, dict):
        items = list(answer.items())
    elif isinstance(answer, list):
        items = list(zip(answer[::2], answer[1::2], strict=True))
    else:
        return {}
    return {name.decode(): int(value) for name, value in items if value.lstrip(b"-").isdigit()}
