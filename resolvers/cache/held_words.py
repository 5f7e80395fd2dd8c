"""Words of a model as they are held: in the process and in Redis, by the state of a market."""

from collections.abc import Sequence

from resolvers.cache.found import Version
from resolvers.cache.frame import framed, unframed
from resolvers.cache.memory import Entry
from resolvers.cache.tiers import Tiers
from resolvers.model.facts import WordsKey
from resolvers.model.insight import ModelWords

_SUBJECT = Version("insights", 0)


class HeldWords:
    """
    The words that there are.

    No event makes them wrong: each says itself how long it is fresh, and how much longer it may be given.
    """

    def __init__(self, tiers: Tiers) -> None:
        self._tiers = tiers
        self._noun = tiers.nouns.words

    def get(self, key: WordsKey) -> ModelWords | None:
        """What the process holds; fresh or not."""
        entry = self._tiers.memory(self._noun).get(key, 0, self._tiers.clock())
        return None if entry is None else entry.value

    def is_fresh(self, key: WordsKey) -> bool:
        """Whether the process holds words that are fresh."""
        held = self.get(key)
        return held is not None and self._tiers.clock() < held.fresh_until

    def hold(self, key: WordsKey, words: ModelWords) -> None:
        """Holds words in the process, unless it has newer ones."""
        held = self.get(key)
        if held is None or held.made_at < words.made_at:
            entry = Entry(words, 0, read_at=words.made_at, ends_at=words.stale_until)
            self._tiers.memory(self._noun).put(key, entry)

    async def look_in_redis(self, keys: Sequence[WordsKey]) -> None:
        """Takes over what another process has been told, or this one before it has forgotten."""
        redis = self._tiers.redis
        if redis is None or not keys:
            return
        names = [self.name(key) for key in keys]
        found = await redis.get(names)
        for key, name, value in zip(keys, names, found or [], strict=False):
            if value is not None:
                self.take_over(key, name, value)

    def take_over(self, key: WordsKey, name: str, value: bytes) -> None:
        """Holds what Redis has under a name, if it is words that may still be given."""
        redis, now = self._tiers.redis, self._tiers.clock()
        try:
            payload = unframed(name, value).payload
            decoded = None if payload is None or self._noun.decode is None else self._noun.decode(payload)
        # The checksum fits, so it is ours; a decoder that stumbles nevertheless must not cost anybody the answer.
        except Exception as error:
            if redis is not None:
                redis.garbage(type(error).__name__)
            return
        if decoded is not None and now < decoded.stale_until:
            self.hold(key, decoded)

    def name(self, key: WordsKey) -> str:
        """What they are called in Redis."""
        return self._tiers.redis_key(self._noun, key, _SUBJECT)

    async def store(self, key: WordsKey, words: ModelWords) -> None:
        """Holds new words in the process and in Redis."""
        self.hold(key, words)
        redis, encode = self._tiers.redis, self._noun.encode
        life = int((words.stale_until - self._tiers.clock()) * 1000)
        if redis is not None and encode is not None and redis.is_writable and life > 0:
            name = self.name(key)
            value = framed(name, encode(words), revision=0, read_at=words.made_at)
            await redis.send([("SET", name, value, "PX", life)])
