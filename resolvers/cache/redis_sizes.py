"""How much of each noun Redis holds."""

from collections import defaultdict
from dataclasses import dataclass

from resolvers.cache.redis_tier import RedisTier

_STEP = 1000


@dataclass(slots=True)
class Size:
    """How many keys, and how many bytes their values have."""

    keys: int = 0
    size_bytes: int = 0


async def redis_sizes(redis: RedisTier, origin: str, *, most_steps: int = 500) -> tuple[dict[str, Size], bool] | None:
    """
    What Redis holds of the database *origin*, by noun, and whether that is all; None where it does not answer.

    Args:
        most_steps: Most round trips of about a thousand keys, so that a Redis full of other things is left alone.
    """
    sizes: dict[str, Size] = defaultdict(Size)
    cursor: int | bytes = 0
    for _ in range(most_steps):
        answers = await redis.send([("SCAN", cursor, "MATCH", f"cache:{origin}:*", "COUNT", _STEP)])
        if answers is None or isinstance(answers[0], Exception):
            return None
        cursor, keys = answers[0]
        lengths = await redis.send([("STRLEN", key) for key in keys]) if keys else []
        if lengths is None:
            return None
        for key, length in zip(keys, lengths, strict=True):
            # Leases come and go, and what is no string is nobody's of ours.
            if not key.endswith(b":lease") and isinstance(length, int):
                size = sizes[key.decode(errors="replace").split(":")[2]]
                size.keys += 1
                size.size_bytes += length
        if int(cursor) == 0:
            return dict(sizes), True
    return dict(sizes), False
