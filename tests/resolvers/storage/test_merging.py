"""Bars among bars: what replaces what, and what is told of it."""

import numpy as np
import pytest

from resolvers.model.interval import Interval
from resolvers.storage.copy_format import encoded
from resolvers.storage.merging import append, drop_derived, merge
from resolvers.storage.partitions import ensure_partitions
from resolvers.storage.pool import Pool, connection
from resolvers.storage.series import Changed
from tests.bars import NOON, instrument, spaced
from tests.resolvers.storage.tables import found

_KEY = (Interval.H1, 1)


def _rows(low: int, high: int, *, seed: int = 1, derived: bool = True) -> "np.ndarray[tuple[int], np.dtype[np.void]]":
    return encoded(1, Interval.H1.value, spaced(24, Interval.H1, seed=seed)[low:high], derived=derived)


@pytest.fixture
async def ready(pool: Pool) -> Pool:
    """A pool whose first instrument may have bars of 2024."""
    assert (await instrument(pool)).id == 1
    await ensure_partitions(pool, [2024])
    return pool


def _hour(number: int) -> int:
    return NOON + number * 3600


async def test_a_merge_tells_what_is_new_or_different(ready: Pool) -> None:
    """Equal bars are neither; the times are those of the first and the last that are."""
    async with connection(ready) as one, one.transaction():
        await append(one, [_rows(4, 8)])
        assert await merge(one, [_rows(4, 8)], derived=True) == {}
        assert await merge(one, [_rows(2, 8)], derived=True) == {_KEY: Changed(bars=2, first=_hour(2), last=_hour(3))}
        assert await merge(one, [_rows(3, 5, seed=2), _rows(7, 10)], derived=True) == {
            _KEY: Changed(bars=4, first=_hour(3), last=_hour(9))
        }


async def test_a_stored_bar_replaces_a_derived_one_and_never_the_other_way(ready: Pool) -> None:
    """Even where the values are the same: from now on it is a stored one."""
    async with connection(ready) as one, one.transaction():
        await append(one, [_rows(0, 4)])
        assert await merge(one, [_rows(1, 3, derived=False)], derived=False) == {
            _KEY: Changed(bars=2, first=_hour(1), last=_hour(2))
        }
        await one.execute(
            "INSERT INTO series (instrument_id, bar_minutes, source, has_stored) VALUES (1, 60, 'FILE', true)"
        )
        assert await merge(one, [_rows(0, 4, seed=2)], derived=True) == {
            _KEY: Changed(bars=2, first=_hour(0), last=_hour(3))
        }
    bars = (await found(ready, 1)).bars[Interval.H1]
    assert [derived for _, (_, derived) in sorted(bars.items())] == [True, False, False, True]


@pytest.mark.parametrize(("others", "left"), [(False, [0, 1, 3, 5]), (True, [0, 1, 2, 4])])
async def test_derived_bars_are_dropped_at_times_or_between_them(ready: Pool, others: bool, left: list[int]) -> None:
    """Within bounds that hold both their ends; stored ones stay."""
    times = np.array([_hour(2), _hour(4), _hour(9)])
    async with connection(ready) as one, one.transaction():
        await append(one, [_rows(0, 1), _rows(1, 2, derived=False), _rows(2, 6)])
        dropped = await drop_derived(one, _KEY, times, first=_hour(1), last=_hour(5), others=others)
        again = await drop_derived(one, _KEY, times, first=_hour(1), last=_hour(5), others=others)
    assert sorted((await found(ready, 1)).bars[Interval.H1]) == [_hour(number) for number in left]
    gone = sorted(set(range(6)) - set(left))
    assert dropped == Changed(bars=2, first=_hour(gone[0]), last=_hour(gone[1]), gone=2)
    assert again is None
