"""What was asked for most in the last hours, as all processes together know it."""

import heapq
import json
import time
from collections import Counter
from collections.abc import Callable, Hashable, Mapping

from resolvers.cache.redis_tier import Command, RedisTier
from resolvers.model.interval import Interval
from resolvers.model.window import Reach, WindowRequest

_HOUR = 3600
# An hour counts half as much as the one after it, and the third is the last.
_WEIGHTS = (1.0, 0.5, 0.25)


class Busy:
    """
    Sorted sets in Redis, one for each noun and hour: the hours age by themselves, so nobody has to.

    Nothing here raises: a Redis that does not answer is told nothing, and knows nothing.

    Args:
        origin: Which database.
        most: Most values of a noun that are kept of an hour, and that a process tells at once.
        clock: The present in unix seconds.
    """

    def __init__(self, redis: RedisTier, origin: str, *, most: int, clock: Callable[[], float] = time.time) -> None:
        self._redis = redis
        self._origin = origin
        self._most = most
        self._clock = clock

    async def add(self, counts: Mapping[str, Mapping[Hashable, int]]) -> None:
        """Adds how often values were asked for, by noun and key."""
        commands: list[Command] = []
        for noun, of_noun in counts.items():
            if not of_noun:
                continue
            name = self._name(noun, 0)
            for key, count in heapq.nlargest(self._most, of_noun.items(), key=lambda one: one[1]):
                commands.append(("ZINCRBY", name, count, key_text(key)))
            # Twice as many, so that one which comes up slowly is not thrown out each time before it counts.
            commands.append(("ZREMRANGEBYRANK", name, 0, -2 * self._most - 1))
            commands.append(("EXPIRE", name, len(_WEIGHTS) * _HOUR))
        if commands:
            await self._redis.send(commands)

    async def busiest(self, noun: str) -> list[str]:
        """The texts of what was asked for most, that first."""
        names = [self._name(noun, hour) for hour in range(len(_WEIGHTS))]
        answers = await self._redis.send([("ZREVRANGE", name, 0, self._most - 1, "WITHSCORES") for name in names])
        scores: Counter[str] = Counter()
        for weight, answer in zip(_WEIGHTS, answers or (), strict=False):
            for text, score in _pairs(answer):
                scores[text] += weight * score  # type: ignore[assignment]
        return [text for text, _ in scores.most_common(self._most)]

    def _name(self, noun: str, hours_ago: int) -> str:
        return f"busy:{self._origin}:{noun}:{int(self._clock() // _HOUR) - hours_ago}"


def _pairs(answer: object) -> list[tuple[str, float]]:
    """Members and scores, which come in turn or as pairs; none of what is something else."""
    if not isinstance(answer, list):
        return []
    flat = [item for one in answer for item in (one if isinstance(one, list | tuple) else (one,))]
    return [
        (member.decode(errors="replace"), float(score)) for member, score in zip(flat[::2], flat[1::2], strict=True)
    ]


def key_text(key: Hashable) -> str:
    """A key as Redis holds it."""
    if not isinstance(key, WindowRequest):
        return str(key)
    fields = (key.instrument_id, key.interval.value, key.start, key.end, key.last, key.limit)
    return json.dumps([*fields, key.reach.bars, key.reach.anchored])


def window_of(text: str) -> WindowRequest | None:
    """The window of a text; None where it is of another release, or nobody's of ours."""
    try:
        instrument_id, minutes, start, end, last, limit, bars, anchored = json.loads(text)
        given = (instrument_id, limit, bars, *(one for one in (start, end, last) if one is not None))
        if not all(type(one) is int for one in given) or type(anchored) is not bool:
            return None
        return WindowRequest(
            instrument_id=instrument_id,
            interval=Interval(minutes),
            start=start,
            end=end,
            last=last,
            limit=limit,
            reach=Reach(bars=bars, anchored=anchored),
        )
    except (ValueError, TypeError):
        return None
