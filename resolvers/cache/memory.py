"""The first tier: values of one noun in the process, the least recently used dropped first."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from resolvers.cache.counters import Counts
from resolvers.cache.noun import Noun

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Entry(Generic[V]):
    """
    A held value.

    Attributes:
        value: None for what does not exist. Nobody may change it.
        revision: Of its subject when it was read.
        read_at: When it was read from storage, and
        ends_at: until when it is held; in unix seconds.
        size_bytes: Its estimated size, the key's included.
    """

    __slots__ = ("ends_at", "read_at", "revision", "size_bytes", "value")

    def __init__(self, value: V | None, revision: int, *, read_at: float, ends_at: float) -> None:
        self.value = value
        self.revision = revision
        self.read_at = read_at
        self.ends_at = ends_at
        self.size_bytes = 0


class Memory(Generic[K, V]):
    """
    The values of one noun, bounded by their number and by their bytes.

    Of each key it holds the newest revision that was read. That may be newer than what the process has heard of, when
    a read overtakes its event; then it serves, because whoever asks may always be told more than the events have told.
    """

    # Objects, pointers and slots around any value; measured at 300 to 400 bytes.
    _OVERHEAD_BYTES = 400

    def __init__(self, noun: Noun[V], counts: Counts) -> None:
        self._noun = noun
        self._counts = counts
        self._entries: OrderedDict[K, Entry[V]] = OrderedDict()
        self.size_bytes = 0

    def __len__(self) -> int:
        """Number of values."""
        return len(self._entries)

    def __contains__(self, key: K) -> bool:
        """Whether anything is held of *key*, of whatever revision."""
        return key in self._entries

    @property
    def has_room(self) -> bool:
        """Whether another small value displaces none."""
        return len(self._entries) < self._noun.entries and self.size_bytes < 0.9 * self._noun.size_bytes

    def get(self, key: K, revision: int, now: float) -> Entry[V] | None:
        """What is held of *key*, if it is of *revision* or newer and its life is not over."""
        entry = self._entries.get(key)
        if entry is None or entry.revision < revision:
            return None
        if entry.ends_at <= now:
            self.drop(key)
            return None
        self._entries.move_to_end(key)
        return entry

    def put(self, key: K, entry: Entry[V]) -> None:
        """
        Holds *entry*, unless a newer revision is held already:

            slow reader             fast reader
            reads revision 7
                                    reads revision 8, puts it
            puts revision 7
        """
        held = self._entries.get(key)
        if held is not None:
            if held.revision > entry.revision:
                return
            self.drop(key)
        entry.size_bytes = self._size(key, entry)
        self._entries[key] = entry
        self.size_bytes += entry.size_bytes
        self._make_room()

    def remeasure(self, key: K) -> None:
        """Weighs the value of *key* again, to which something was added that lives as long as it."""
        entry = self._entries.get(key)
        if entry is not None:
            size = self._size(key, entry)
            self.size_bytes += size - entry.size_bytes
            entry.size_bytes = size
            self._make_room()

    def drop(self, key: K) -> None:
        """Forgets *key*."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.size_bytes -= entry.size_bytes

    def clear(self) -> None:
        """Forgets everything."""
        self._entries.clear()
        self.size_bytes = 0

    def _size(self, key: K, entry: Entry[V]) -> int:
        return self._OVERHEAD_BYTES + (0 if entry.value is None else self._noun.weigh(key, entry.value))

    def _make_room(self) -> None:
        # A value that alone is over the bound goes as well, being the last.
        while len(self._entries) > self._noun.entries or self.size_bytes > self._noun.size_bytes:
            _, entry = self._entries.popitem(last=False)
            self.size_bytes -= entry.size_bytes
            self._counts.evictions += 1
