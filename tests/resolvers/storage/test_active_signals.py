"""The signals that stand, read at once or kept up with what changes."""

from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvers.ingest import Ingest
from resolvers.model.instrument import Instrument
from resolvers.model.signal import Direction, Signal, SignalStatus
from resolvers.model.signal_page import SignalConditions, SignalPage
from resolvers.storage.active_signals import read_active_signals, read_changed_signals
from resolvers.storage.pool import Pool
from resolvers.storage.purging import raise_signals
from resolvers.storage.signal_pages import read_signal_page
from tests.bars import NOON, instrument
from tests.computed import VERSION, computed, days, store_parts
from tests.signals import draft, moment, old_write, store

_OTHER = "ba9876543210"
_ones = st.sets(st.integers(0, 3), min_size=1)
_steps = st.lists(
    st.tuples(st.just("write"), _ones, st.integers(0, 1), st.sampled_from(tuple(Direction)), st.booleans())
    | st.tuples(st.just("engine"), _ones, st.sampled_from([VERSION, _OTHER]))
    | st.sampled_from([("retire", VERSION), ("retire", _OTHER), ("old",), ("purge",), ("purge", 0)]),
    min_size=2,
    max_size=12,
)


class World:
    """Four instruments, and what happens to their signals."""

    def __init__(self, pool: Pool, many: list[Instrument]) -> None:
        self.pool = pool
        self.many = many
        self._numbers = count(1)

    async def write(self, ones: set[int], hour: int, direction: Direction, is_cancelled: bool) -> None:
        """Something new of a bar of each, which holds for a while or for good."""
        number = next(self._numbers)
        until = moment(NOON + 100) if number % 3 == 0 else None
        given = {"direction": direction, "score": number / 1000, "is_cancelled": is_cancelled, "valid_until": until}
        await store(self.pool, *(draft(self.many[one], time=NOON + hour * 3600, **given) for one in sorted(ones)))

    async def engine(self, ones: set[int], version: str) -> None:
        """What an engine computes."""
        seed = next(self._numbers)
        parts = [computed(self.many[one], days(3), seed=seed, version=version) for one in sorted(ones)]
        await store_parts(self.pool, *parts, version=version)

    async def retire(self, version: str) -> None:
        """Another version of the engine begins, and signals of the others stand no more."""
        await Ingest(self.pool).retired_engines(version)

    async def old(self) -> None:
        """Somebody changes signals by hand, and names no instrument."""
        await self.pool.execute("UPDATE signals SET score = -score")
        await old_write(self.pool)

    async def purge(self, *which: int) -> None:
        """Whoever holds copies is told to read anew, after a change by hand."""
        ids = [self.many[one].id for one in which] or [one.id for one in self.many]
        await self.pool.execute("UPDATE signals SET score = -score WHERE instrument_id = ANY($1::int[])", ids)
        await raise_signals(self.pool, self.many[which[0]] if which else None)


@given(steps=_steps)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_what_was_read_and_what_has_changed_is_what_there_is(steps: list[tuple[Any, ...]], pool: Pool) -> None:
    """From any earlier read, after any steps; or the word that all may be another."""
    await pool.execute("TRUNCATE signals, signal_series, outbox, instruments CASCADE")
    world = World(pool, [await instrument(pool, f"S{number}") for number in range(4)])
    earlier = [await read_active_signals(pool, NOON)]
    for name, *arguments in steps:
        await getattr(world, name)(*arguments)
        there = await read_active_signals(pool, NOON)
        by_hand = "old" in (one[0] for one in steps)
        for before in earlier:
            changed = await read_changed_signals(pool, before.revision, NOON)
            if changed is None:
                assert by_hand or ("purge",) in steps
                continue
            kept = [one for one in before.value if one.instrument_id not in changed.instrument_ids]
            assert _sorted([*kept, *changed.signals]) == _sorted(there.value)
            assert changed.revision == there.revision
        earlier.append(there)


def _sorted(signals: Any) -> list[Signal]:
    return sorted(signals, key=lambda one: (one.time, one.digest))


async def test_those_that_stand_and_say_something_are_active(pool: Pool) -> None:
    """Until they expire; no other way of reading says otherwise."""
    world = World(pool, [await instrument(pool, f"S{number}") for number in range(4)])
    for number, direction in enumerate((Direction.HOLD, Direction.BUY, Direction.SELL)):
        await world.write({number}, 0, direction, False)
    await world.write({3}, 0, Direction.BUY, True)
    page = SignalPage(conditions=SignalConditions(status=SignalStatus.ACTIVE))
    for now, there in ((NOON, 2), (NOON + 99, 2), (NOON + 100, 1)):
        read = await read_active_signals(pool, now)
        paged = (await read_signal_page(pool, page, now)).value
        assert _sorted(read.value) == _sorted([one for one in paged if one.direction is not Direction.HOLD])
        assert len(read.value) == there


async def test_what_changes_is_read_and_nothing_else(pool: Pool) -> None:
    """And after a backup was restored, whose revisions have gone back, everything."""
    many = [await instrument(pool, f"S{number}") for number in range(3)]
    await store(pool, *map(draft, many))
    before = await read_active_signals(pool, NOON)
    unchanged = await read_changed_signals(pool, before.revision, NOON)
    assert unchanged is not None
    assert (unchanged.instrument_ids, unchanged.signals) == (frozenset(), ())
    await store(pool, draft(many[1], score=0.5), draft(many[2], direction=Direction.HOLD, score=0.0))
    changed = await read_changed_signals(pool, before.revision, NOON)
    assert changed is not None
    assert changed.instrument_ids == {many[1].id, many[2].id}
    assert [(one.symbol, one.score) for one in changed.signals] == [("S1", 0.5)]
    assert await read_changed_signals(pool, changed.revision + 1, NOON) is None
