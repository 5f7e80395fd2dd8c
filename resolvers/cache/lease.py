"""One load per key across processes: who loads holds a lease, and the others wait for the value."""

import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from resolvers.cache.redis_tier import Command, RedisTier

_SUFFIX = ":lease"

# Only the holder may give a lease back: one that ran out while its holder was loading may be another's by now.
_GIVE_BACK = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """
    What came of asking for leases.

    Attributes:
        ours: Keys that are ours to load.
        found: Values that are there by now.
    """

    ours: frozenset[str]
    found: dict[str, bytes]


class Leases:
    """
    Leases on keys of Redis.

    Args:
        seconds: How long a lease holds unless it is given back. So long others wait for one whose holder has died.

    Attributes:
        token: What the leases of this process carry.
    """

    def __init__(self, redis: RedisTier, *, seconds: float = 2.0) -> None:
        self._redis = redis
        self.seconds = seconds
        self.token = secrets.token_hex(8)

    async def claim(self, keys: Sequence[str]) -> Claim | None:
        """
        Asks for the lease of each key, and in the same round trip once more for its value:

            one process                     another
            finds no value
                                            stores the value, gives its lease back
            gets the lease                  (and would load what is there)

        None where Redis does not answer, or has no room for leases; then everybody loads for himself.
        """
        if not self._redis.is_writable:
            return None
        life = math.ceil(self.seconds * 1000)
        commands: list[Command] = [("SET", key + _SUFFIX, self.token, "NX", "PX", life) for key in keys]
        answers = await self._redis.send([*commands, ("MGET", *keys)])
        if answers is None:
            return None
        *granted, values = answers
        if isinstance(values, Exception) or any(isinstance(one, Exception) for one in granted):
            return None
        return Claim(
            ours=frozenset(key for key, one in zip(keys, granted, strict=True) if one),
            found={key: value for key, value in zip(keys, values, strict=True) if value is not None},
        )

    async def look(self, keys: Sequence[str]) -> tuple[dict[str, bytes], set[str]] | None:
        """The values that are there now, and the keys that somebody holds a lease of; None where Redis is gone."""
        answers = await self._redis.get([*keys, *(key + _SUFFIX for key in keys)])
        if answers is None:
            return None
        values, holders = answers[: len(keys)], answers[len(keys) :]
        found = {key: value for key, value in zip(keys, values, strict=True) if value is not None}
        return found, {key for key, holder in zip(keys, holders, strict=True) if holder is not None}

    def returns(self, keys: Sequence[str]) -> list[Command]:
        """The commands that give leases back, for the round trip that stores the values."""
        return [("EVAL", _GIVE_BACK, 1, key + _SUFFIX, self.token) for key in keys]
