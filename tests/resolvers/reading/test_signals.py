"""Whatever was said, purged, expired and evicted before: what is read of signals is what an uncached read returns."""

from typing import Any
from uuid import uuid4

import pytest
import redis.asyncio as redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvers.cache.nouns import Lives, Nouns
from resolvers.ingest import Ingest
from resolvers.model.event import signals_subject
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.model.signal_page import SignalConditions, SignalKey, SignalPage
from resolvers.reading import signal_tallies, signals
from resolvers.storage.pool import Pool
from resolvers.storage.signal_pages import read_signal_count, read_signal_page, read_signals
from resolvers.storage.signal_tallies import read_signal_tallies
from tests.bars import LATER, NOON, instrument
from tests.resolvers.reading.process import Process
from tests.signals import draft, store

_HOUR = 3600
_COUNT = 22  # more than are few
_which, _ones = st.integers(0, 1), st.integers(0, 2)
_actions = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sets(_ones, min_size=1), st.integers(0, 1)),
        st.tuples(st.just("read"), _which, st.lists(st.sets(_ones) | st.none(), min_size=1, max_size=3)),
        st.tuples(st.just("read"), _which, st.lists(st.sets(_ones) | st.none(), min_size=1, max_size=3)),
        st.tuples(st.just("keys"), _which, st.sets(st.tuples(_ones, st.integers(0, 1)), min_size=1)),
        st.tuples(st.just("keys"), _which, st.sets(st.tuples(_ones, st.integers(0, 1)), min_size=1)),
        st.sampled_from([("by_hand",), ("forget", 0), ("forget", 1), ("life",), ("flush",), ("begin_again", 1)]),
    ),
    min_size=5,
    max_size=30,
)


class World:
    """Instruments with their signals, and two processes that share a Redis and hear of every write."""

    def __init__(self, pool: Pool, client: redis.Redis, many: list[Instrument]) -> None:
        self.pool = pool
        self.client = client
        self.many = many
        self.origin = uuid4().hex
        self.processes = [self._process() for _ in range(2)]
        self._numbers = iter(range(1, 1_000))

    def _process(self) -> Process:
        return Process(self.pool, client=self.client, origin=self.origin, nouns=Nouns(Lives()))

    async def write(self, ones: set[int], hour: int) -> None:
        """Something new of a bar of each."""
        score = next(self._numbers) / 1_000
        await store(self.pool, *(draft(self.many[one], time=NOON + hour * _HOUR, score=score) for one in sorted(ones)))
        await self.hear()

    async def by_hand(self) -> None:
        """Another score of all, and a purge."""
        await self.pool.execute("UPDATE signals SET score = -score")
        await Ingest(self.pool).purged_signals(None)
        await self.hear()

    async def hear(self) -> None:
        """Lets both processes hear of what is committed."""
        for process in self.processes:
            await process.hear()

    async def forget(self, process: int) -> None:
        """A process drops what it holds."""
        self.processes[process].tiers.forget()

    async def begin_again(self, process: int) -> None:
        """A process is another one, which finds what is in Redis."""
        await self.processes[process].tiers.close()
        self.processes[process] = self._process()
        await self.processes[process].hear()

    async def life(self) -> None:
        """Time passes, and some lives end."""
        for process in self.processes:
            process.now += 20.0

    async def flush(self) -> None:
        """Redis has dropped everything."""
        async for key in self.client.scan_iter(match=f"cache:{self.origin}:*", count=1000):
            await self.client.delete(key)

    async def keys(self, process: int, wanted: set[tuple[int, int]]) -> None:
        """Signals by their keys, some of which are not there."""
        drafts = [draft(self.many[one], time=NOON + hour * _HOUR) for one, hour in sorted(wanted)]
        asked = [SignalKey(one.time, one.digest) for one in drafts]
        expected = (await read_signals(self.pool, asked)).value
        found = await self.processes[process].loaders().signal.load_many(asked)
        assert found == [expected.get(one) for one in asked]

    async def read(self, process: int, of: list[set[int] | None]) -> None:
        """Pages, counts and tallies of one, of some and of all, in one operation."""
        ids = [None if one is None else tuple(self.many[each].id for each in sorted(one)) for one in of]
        # Of so many that it is not looked at which of them moves.
        asked = [SignalConditions(instrument_ids=one) for one in (*ids, tuple(one.id for one in self.many))]
        pages = [SignalPage(conditions=one, first=3) for one in asked]
        loaders = self.processes[process].loaders()
        expected = [tuple((await read_signal_page(self.pool, page, LATER)).value) for page in pages]
        assert await loaders.signals.load_many(pages) == expected
        counts = [(await read_signal_count(self.pool, one, LATER)).value for one in asked]
        assert await loaders.signal_count.load_many(asked) == counts
        series = [(one.id, Interval.H1) for one in self.many[:3]]
        tallies = (await read_signal_tallies(self.pool, series)).value
        assert await loaders.signal_tally.load_many(series) == list(tallies.values())


async def _world(pool: Pool, client: redis.Redis) -> World:
    await pool.execute("TRUNCATE signals, signal_series, instruments CASCADE")
    world = World(pool, client, [await instrument(pool, f"S{number}") for number in range(_COUNT)])
    await world.hear()
    return world


@given(actions=_actions)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
async def test_a_read_is_what_an_uncached_read_returns(
    pool: Pool, client: redis.Redis, actions: list[tuple[Any, ...]]
) -> None:
    """Any order of writes, purges, reads of two processes, ends of lives, evictions and starts."""
    world = await _world(pool, client)
    for name, *arguments in actions:
        await getattr(world, name)(*arguments)
    for process in (0, 1):
        await world.read(process, [{0}, {0, 1}, None])
        await world.keys(process, {(0, 0), (1, 1)})
        await world.processes[process].tiers.close()


async def test_what_is_of_another_instrument_is_neither_read_nor_waited_for(pool: Pool, client: redis.Redis) -> None:
    """Values of some stand while others move, in the process and for the next one in Redis; those of all do not."""
    world = await _world(pool, client)
    await world.write({0, 1, 2}, 0)
    (one, other) = world.processes

    async def ask(process: Process) -> None:
        loaders = process.loaders()
        ids = [one.id for one in world.many]
        for conditions in (SignalConditions(instrument_ids=(ids[0],)), SignalConditions(instrument_ids=(*ids[:2],))):
            await loaders.signals.load(SignalPage(conditions=conditions))
            await loaders.signal_count.load(conditions)
        await loaders.signal_tally.load((ids[0], Interval.H1))
        first = draft(world.many[0])
        await loaders.signal.load(SignalKey(first.time, first.digest))
        expected = {signals_subject(each) for each in ids[:2]}
        assert loaders.trace.revisions.keys() == expected

    def loads(process: Process) -> dict[str, int]:
        return {noun: process.counts(noun)[2] for noun in ("signals", "signal_count", "signal_tally", "signal")}

    await ask(one)
    once = {"signals": 2, "signal_count": 2, "signal_tally": 1, "signal": 1}
    assert loads(one) == once
    for hour in range(3):
        await world.write({2}, hour)
        await ask(one)
    assert loads(one) == once
    await ask(other)
    # By its key alone it is not known whose it is.
    assert loads(other) == dict.fromkeys(once, 0) | {"signal": 1}
    await world.write({0}, 1)
    await ask(one)
    assert loads(one) == {noun: 2 * count for noun, count in once.items()}
    for process in world.processes:
        await process.tiers.close()


@pytest.mark.parametrize("name", ["read_pages_of", "read_signal_page", "read_counts_of", "read_signals", "tallies"])
async def test_a_read_that_an_event_overtakes_is_not_held_as_newer(
    name: str, pool: Pool, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read before a write is of before it, although its process has heard of the write when it holds it."""
    world = await _world(pool, client)
    await world.write({0}, 0)
    module, name = (signal_tallies, "read_signal_tallies") if name == "tallies" else (signals, name)
    read, first, ids = getattr(module, name), draft(world.many[0]), [one.id for one in world.many]

    async def overtaken(*arguments: Any) -> Any:
        found = await read(*arguments)
        monkeypatch.setattr(module, name, read)
        await world.write({0}, 1)
        await world.write({0}, 0)
        return found

    async def ask(process: Process) -> Any:
        loaders, one = process.loaders(), SignalConditions(instrument_ids=(ids[0],))
        two = SignalConditions(instrument_ids=(ids[0], ids[1]))
        return (
            await loaders.signals.load_many([SignalPage(conditions=one), SignalPage(conditions=two)]),
            await loaders.signal_count.load_many([one, two]),
            await loaders.signal.load(SignalKey(first.time, first.digest)),
            await loaders.signal_tally.load((ids[0], Interval.H1)),
        )

    await ask(world.processes[0])
    await world.write({0}, 0)
    monkeypatch.setattr(module, name, overtaken)
    await ask(world.processes[0])
    assert getattr(module, name) is read
    found = [await ask(process) for process in world.processes]
    assert found[0] == found[1]
    assert [len(page) for page in found[0][0]] == found[0][1] == [2, 2]
    assert found[0][2] == found[0][0][0][1]
    assert found[0][3].total == 2
    for process in world.processes:
        await process.tiers.close()
