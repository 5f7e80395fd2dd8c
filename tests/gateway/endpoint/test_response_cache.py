"""Answers that are kept while nothing that they were made of has moved."""

import asyncio
import gzip
import random
from collections.abc import Awaitable, Callable

import pytest

from gateway.endpoint.response_cache import Answer, ResponseCache
from resolvers.model.revisions import Revisions


class _Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class _Kitchen:
    """Makes answers, and counts them."""

    def __init__(self, revisions: Revisions, clock: _Clock) -> None:
        self.made = 0
        self.go = asyncio.Event()
        self.go.set()
        self._revisions = revisions
        self._clock = clock

    def of(self, *subjects: str, seconds: float = 60, fails: bool = False) -> Callable[[], Awaitable[Answer | None]]:
        """A recipe: the revisions are those at its beginning, and it ends when it may."""

        async def make() -> Answer | None:
            self.made += 1
            number = self.made
            used = {subject: self._revisions.of(subject) for subject in subjects}
            await self.go.wait()
            if fails:
                return None
            return Answer(b"answer %d" % number, made=self._clock(), until=self._clock() + seconds, subjects=used)

        return make


@pytest.fixture
def revisions() -> Revisions:
    revisions = Revisions()
    revisions.is_followed = True
    return revisions


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def cache(revisions: Revisions, clock: _Clock) -> ResponseCache:
    return ResponseCache(revisions, clock=clock, max_bytes=60_000)


@pytest.fixture
def kitchen(revisions: Revisions, clock: _Clock) -> _Kitchen:
    return _Kitchen(revisions, clock)


async def _body(cache: ResponseCache, key: str, make: Callable[[], Awaitable[Answer | None]]) -> bytes | None:
    answer = await cache.answer(key, make)
    return None if answer is None else answer.body


async def test_an_answer_is_given_again_until_a_subject_moves(
    cache: ResponseCache, kitchen: _Kitchen, revisions: Revisions
) -> None:
    """Others may move."""
    make = kitchen.of("quote:1", "quote:2")

    bodies = [await _body(cache, "a", make), await _body(cache, "a", make)]
    revisions.move("quote:3", 9)
    bodies.append(await _body(cache, "a", make))
    revisions.move("quote:2", 1)
    bodies.append(await _body(cache, "a", make))

    assert bodies == [b"answer 1", b"answer 1", b"answer 1", b"answer 2"]
    assert (cache.counts.hits, cache.counts.misses, cache.counts.dropped_moved) == (2, 2, 1)


async def test_while_nobody_tells_of_changes_nothing_is_given_again(
    cache: ResponseCache, kitchen: _Kitchen, revisions: Revisions
) -> None:
    """A revision that stands still says nothing then."""
    await _body(cache, "a", kitchen.of("quote:1"))
    revisions.is_followed = False

    assert await _body(cache, "a", kitchen.of("quote:1")) == b"answer 2"


async def test_an_answer_ends_with_its_life(cache: ResponseCache, kitchen: _Kitchen, clock: _Clock) -> None:
    """Without any event."""
    make = kitchen.of(seconds=5)

    bodies = []
    for now in (1000, 1004, 1005):
        clock.now = now
        bodies.append(await _body(cache, "a", make))

    assert bodies == [b"answer 1", b"answer 1", b"answer 2"]
    assert cache.counts.dropped_aged == 1


async def test_equal_operations_at_once_are_executed_once(cache: ResponseCache, kitchen: _Kitchen) -> None:
    """Whoever comes while it runs waits for it."""
    kitchen.go.clear()
    asked = [asyncio.create_task(_body(cache, "a", kitchen.of("quote:1"))) for _ in range(20)]
    await asyncio.sleep(0)
    kitchen.go.set()

    assert set(await asyncio.gather(*asked)) == {b"answer 1"}
    assert (cache.counts.waits, cache.counts.misses) == (19, 1)


async def test_who_heard_of_a_change_is_not_answered_from_before(
    cache: ResponseCache, kitchen: _Kitchen, revisions: Revisions
) -> None:
    """The execution under way began before it, and nobody gets its answer later."""
    kitchen.go.clear()
    first = asyncio.create_task(_body(cache, "a", kitchen.of("quote:1")))
    await asyncio.sleep(0)
    revisions.move("quote:1", 8)
    second = asyncio.create_task(_body(cache, "a", kitchen.of("quote:1")))
    await asyncio.sleep(0)
    kitchen.go.set()

    assert await asyncio.gather(first, second) == [b"answer 1", b"answer 2"]  # type: ignore[comparison-overlap]
    assert await _body(cache, "a", kitchen.of("quote:1")) == b"answer 2"


async def test_what_is_not_to_be_shared_is_made_by_each(cache: ResponseCache, kitchen: _Kitchen) -> None:
    """Those who waited for it as well."""
    kitchen.go.clear()
    asked = [asyncio.create_task(_body(cache, "a", kitchen.of(fails=True))) for _ in range(3)]
    await asyncio.sleep(0)
    kitchen.go.set()

    assert await asyncio.gather(*asked) == [None, None, None]
    assert (kitchen.made, len(cache)) == (3, 0)


async def test_who_is_given_up_takes_nobody_along(cache: ResponseCache, kitchen: _Kitchen) -> None:
    """Whether it executes or waits."""
    kitchen.go.clear()
    asked = [asyncio.create_task(_body(cache, "a", kitchen.of())) for _ in range(3)]
    await asyncio.sleep(0)
    asked[1].cancel()
    asked[0].cancel()
    await asyncio.sleep(0)
    kitchen.go.set()

    assert await asked[2] == b"answer 2"


async def test_the_least_used_make_room(cache: ResponseCache, clock: _Clock) -> None:
    """Never more bytes than allowed."""

    def large(name: bytes) -> Callable[[], Awaitable[Answer | None]]:
        async def make() -> Answer:
            return Answer(name * 10_000, until=clock() + 60)

        return make

    for name in (b"a", b"b", b"c", b"d", b"a", b"e"):
        await cache.answer(name, large(name))

    assert [name for name in (b"a", b"b", b"c", b"d", b"e") if cache.get(name)] == [b"a", b"c", b"d", b"e"]
    assert 50_000 < cache.size_bytes <= 60_000
    assert cache.counts.dropped_for_room == 1


async def test_an_answer_that_is_too_large_displaces_nothing(cache: ResponseCache, clock: _Clock) -> None:
    """It is given, and not kept."""

    async def make() -> Answer:
        return Answer(b"x" * 60_000, until=clock() + 60)

    answer = await cache.answer("large", make)

    assert answer is not None
    assert (len(cache), cache.size_bytes) == (0, 0)


def test_each_form_is_made_once_and_says_the_same() -> None:
    """Equal content has an equal tag, other content another one."""
    one, same, other = Answer(b"abc" * 100), Answer(b"abc" * 100), Answer(b"abd" * 100)

    assert gzip.decompress(one.packed) == one.body
    assert one.packed is one.packed
    assert one.etag == same.etag != other.etag


def _assert_identities(cache: ResponseCache, asked: int) -> None:
    counts = cache.counts
    assert asked == counts.hits + counts.waits + counts.misses + counts.abandoned
    assert counts.misses == counts.stored + counts.unkept
    dropped = counts.dropped_moved + counts.dropped_aged + counts.dropped_for_room
    assert counts.stored == len(cache) + dropped + counts.dropped_replaced + counts.dropped_in_resets


@pytest.mark.parametrize("seed", range(5))
async def test_counts_add_up_whatever_happens(
    cache: ResponseCache, kitchen: _Kitchen, revisions: Revisions, clock: _Clock, seed: int
) -> None:
    """Lookups at once, given up, failing, raising, too large; moves, ages and resets in between."""
    chance = random.Random(seed)
    tasks: list[asyncio.Task[bytes | None]] = []
    asked = 0

    async def asking(key: str, make: Callable[[], Awaitable[Answer | None]]) -> bytes | None:
        nonlocal asked
        # A task that is cancelled before its first step has asked for nothing.
        asked += 1
        return await _body(cache, key, make)

    async def raising() -> Answer | None:
        await kitchen.go.wait()
        raise RuntimeError

    async def large() -> Answer | None:
        await kitchen.go.wait()
        return Answer(
            b"x" * chance.choice([40_000, 40_000, 60_000]), until=clock() + 9, subjects={"a": revisions.of("a")}
        )

    for step in range(400):
        key = chance.choice("abcdef")
        make = chance.choice([kitchen.of(key), kitchen.of(key), kitchen.of(key, fails=True), raising, large])
        tasks.append(asyncio.create_task(asking(key, make)))
        match chance.randrange(8):
            case 0:
                kitchen.go.clear()
            case 1 | 2:
                kitchen.go.set()
            case 3:
                revisions.move(key, step)
            case 4:
                clock.now += chance.choice([1, 70])
            case 5:
                chance.choice(tasks[-9:]).cancel()
            case 6 if step % 9 == 0:
                cache.clear()
        await asyncio.sleep(0)
    kitchen.go.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    _assert_identities(cache, asked)
    counts = cache.counts
    assert min(counts.hits, counts.waits, counts.unkept, counts.stored, counts.abandoned) > 0
    assert min(counts.dropped_moved, counts.dropped_aged, counts.dropped_for_room, counts.dropped_in_resets) > 0


async def test_what_was_begun_before_a_reset_is_not_kept(cache: ResponseCache, kitchen: _Kitchen) -> None:
    """In a restored database its revision comes again; who came later does not wait for it either."""
    kitchen.go.clear()
    waiting = [asyncio.create_task(_body(cache, "a", kitchen.of("quote:1"))) for _ in range(2)]
    await asyncio.sleep(0)
    cache.clear()
    later = asyncio.create_task(_body(cache, "a", kitchen.of("quote:1")))
    await asyncio.sleep(0)
    assert kitchen.made == 2
    kitchen.go.set()
    answers = await asyncio.gather(*waiting, later)
    assert (answers[0], answers[2]) == (b"answer 1", b"answer 2")
    assert answers[1] == b"answer 2"
    assert await _body(cache, "a", kitchen.of("quote:1")) == b"answer 2"
    _assert_identities(cache, 4)
