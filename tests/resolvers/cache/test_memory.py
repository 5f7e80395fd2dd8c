"""What a process holds: bounded, of the newest revision, and only for a while."""

from resolvers.cache.counters import Counts
from resolvers.cache.memory import Entry, Memory
from resolvers.cache.noun import Noun


def _memory(*, entries: int = 100, size_bytes: int = 10**6) -> tuple[Memory[str, bytes], Counts]:
    counts = Counts()
    noun: Noun[bytes] = Noun(
        name="bytes", life_seconds=10, entries=entries, size_bytes=size_bytes, weigh=lambda _, value: len(value)
    )
    return Memory(noun, counts), counts


def _entry(value: bytes | None, *, revision: int = 7, ends_at: float = 10.0) -> Entry[bytes]:
    return Entry(value, revision, read_at=0.0, ends_at=ends_at)


def test_a_value_serves_its_revision_and_older_wishes() -> None:
    """A newer revision than the process has heard of is right as well; an older one is not."""
    memory, _ = _memory()
    memory.put("a", _entry(b"7"))
    found = [memory.get("a", revision, 0) for revision in (6, 7, 8)]
    assert [None if one is None else one.value for one in found] == [b"7", b"7", None]


def test_an_older_revision_never_replaces_a_newer_one() -> None:
    """A slow reader comes late."""
    memory, _ = _memory()
    memory.put("a", _entry(b"8", revision=8))
    memory.put("a", _entry(b"7", revision=7))
    entry = memory.get("a", 7, 0)
    assert entry is not None
    assert entry.value == b"8"


def test_a_life_ends() -> None:
    """In the moment that it was given, and with it its bytes."""
    memory, _ = _memory()
    memory.put("a", _entry(None, ends_at=10))
    assert memory.get("a", 7, 9.9) is not None
    assert memory.get("a", 7, 10) is None
    assert (len(memory), memory.size_bytes) == (0, 0)


def test_the_least_recently_used_goes_first() -> None:
    """Looking at something makes it recent."""
    memory, counts = _memory(entries=2)
    memory.put("a", _entry(b""))
    memory.put("b", _entry(b""))
    memory.get("a", 7, 0)
    memory.put("c", _entry(b""))
    assert [key for key in "abc" if memory.get(key, 7, 0) is not None] == ["a", "c"]
    assert counts.evictions == 1


def test_bytes_are_bounded() -> None:
    """As many go as are needed; one that is over the bound alone goes too, and is no reason to keep the others out."""
    memory, counts = _memory(size_bytes=10_000)
    for key in "abc":
        memory.put(key, _entry(bytes(2_000)))
    memory.put("d", _entry(bytes(6_000)))
    assert [key for key in "abcd" if memory.get(key, 7, 0) is not None] == ["c", "d"]
    assert memory.size_bytes <= 10_000
    assert counts.evictions == 2
    memory.put("e", _entry(bytes(20_000)))
    assert (len(memory), memory.size_bytes) == (0, 0)
    memory.put("a", _entry(bytes(2_000)))
    assert len(memory) == 1


def test_what_grows_is_weighed_again() -> None:
    """And may have to go for it; what is not there any more is no matter."""
    counts, sizes = Counts(), {"a": 1000, "b": 1000}
    noun: Noun[str] = Noun(name="s", life_seconds=10, entries=9, size_bytes=5_000, weigh=lambda _, value: sizes[value])
    memory: Memory[str, str] = Memory(noun, counts)
    for key in sizes:
        memory.put(key, Entry(key, 7, read_at=0.0, ends_at=10.0))
    before = memory.size_bytes
    sizes["b"] += 500
    memory.remeasure("b")
    assert memory.size_bytes == before + 500
    sizes["b"] += 2_000
    memory.remeasure("b")
    assert memory.get("a", 7, 0) is None
    assert memory.get("b", 7, 0) is not None
    memory.remeasure("a")
    assert memory.size_bytes <= 5_000


def test_replacing_and_forgetting_keep_the_account() -> None:
    """Bytes are those of what is held."""
    memory, counts = _memory()
    memory.put("a", _entry(bytes(100)))
    empty = memory.size_bytes - 100
    memory.put("a", _entry(bytes(300), revision=8))
    assert memory.size_bytes == empty + 300
    memory.clear()
    assert (len(memory), memory.size_bytes, counts.evictions) == (0, 0, 0)
