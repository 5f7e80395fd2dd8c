"""Records of what became of scores and votes, and who voted: stored once, and read by everybody."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from resolvers.compute.calibration import Calibration, ScoreRecord
from resolvers.compute.monthly_counts import MonthlyCounts
from resolvers.compute.track_record import TrackRecord
from resolvers.model.interval import Interval
from resolvers.model.market import Market
from resolvers.model.vote import AgentFamily
from resolvers.storage.engine_fits import EngineFit, lock_fit, read_fit, store_fit
from resolvers.storage.panels import StoredPanel, read_panels, store_panel
from resolvers.storage.pool import Pool, connection
from resolvers.storage.record_format import score_bytes, score_record, track_bytes, track_record
from tests.bars import spaced
from tests.computed import VERSION

_BARS = spaced(400, Interval.D1)
_REAL, _SIMULATED = (Market(Interval.D1, is_simulated) for is_simulated in (False, True))
_VOTES = np.random.default_rng(5).integers(-1, 4, (7, 400)).astype(np.int8)
_SCORES = np.random.default_rng(6).uniform(-0.5, 0.5, 400)


def _fit(month: int = 650, bars: int = 400) -> EngineFit:
    part = _BARS[:bars]
    return EngineFit(
        month=month,
        instrument_ids=(3, 5, 2**31 - 1),
        scores=ScoreRecord.of(_SCORES[:bars], part, 5),
        track=TrackRecord.of(_VOTES[:, :bars], part, 5),
    )


def _assert_same_counts(one: MonthlyCounts, other: MonthlyCounts) -> None:
    assert (one.first, one.counts.dtype) == (other.first, other.counts.dtype)
    np.testing.assert_array_equal(one.counts, other.counts)


def _assert_same(one: EngineFit, other: EngineFit) -> None:
    assert (one.month, one.instrument_ids, one.scores.horizon) == (
        other.month,
        other.instrument_ids,
        other.scores.horizon,
    )
    assert (one.track.horizon, one.track.since, one.track.until) == (
        other.track.horizon,
        other.track.since,
        other.track.until,
    )
    _assert_same_counts(one.scores.market, other.scores.market)
    _assert_same_counts(one.scores.scores, other.scores.scores)
    for name in ("market", "agents", "pairs"):
        _assert_same_counts(getattr(one.track, name), getattr(other.track, name))


@pytest.mark.parametrize("bars", [400, 40, 5, 1])
async def test_a_fit_is_read_as_it_was_stored(bars: int, pool: Pool) -> None:
    """With nothing known yet, too; of each version and market on its own."""
    fit = _fit(bars=bars)
    async with connection(pool) as one:
        assert await read_fit(one, VERSION, _REAL) is None
        await store_fit(one, VERSION, _REAL, fit)
        read = await read_fit(one, VERSION, _REAL)
        assert read is not None
        _assert_same(read, fit)
        assert await read_fit(one, VERSION, Market(Interval.H1, is_simulated=False)) is None
        assert await read_fit(one, VERSION, _SIMULATED) is None
        assert await read_fit(one, "ba9876543210", _REAL) is None


async def test_the_next_fit_takes_the_place_of_the_last_and_can_be_added_to(pool: Pool) -> None:
    """What is read is a record like any other: it gives the same confidence, and counts on."""
    async with connection(pool) as one:
        await store_fit(one, VERSION, _REAL, _fit(649, bars=40))
        await store_fit(one, VERSION, _REAL, _fit(650))
        read = await read_fit(one, VERSION, _REAL)
    assert read is not None
    _assert_same(read, _fit(650))
    assert Calibration(read.scores).fit_id(650) == Calibration(_fit().scores).fit_id(650)
    _assert_same_counts((read.track + _fit().track).pairs, (_fit().track + _fit().track).pairs)
    assert await pool.fetchval("SELECT count(*) FROM engine_fits") == 1


def test_bytes_of_another_program_are_refused() -> None:
    """By their first byte."""
    for stored, read in ((score_bytes(_fit().scores), score_record), (track_bytes(_fit().track), track_record)):
        with pytest.raises(ValueError, match=r"must begin with b'\\x01', began with b'\\x02'"):
            read(b"\2" + stored[1:])
    bounds = replace(_fit().track, since=None, until=7)
    assert (track_record(track_bytes(bounds)).since, track_record(track_bytes(bounds)).until) == (None, 7)


async def test_one_counts_at_a_time(pool: Pool) -> None:
    """For a market; those of another interval, and of the other market, need not wait."""
    order = []

    async def count(number: int) -> None:
        async with connection(pool) as one, one.transaction():
            await lock_fit(one, VERSION, _REAL)
            order.append(number)
            await asyncio.sleep(0)
            async with connection(pool) as other, other.transaction(), asyncio.timeout(10):
                await lock_fit(other, VERSION, Market(Interval(60 + 180 * (number % 2)), is_simulated=False))
                if number == 1:
                    await lock_fit(other, VERSION, _SIMULATED)
            order.append(number)

    await asyncio.gather(count(1), count(2))
    assert order in ([1, 1, 2, 2], [2, 2, 1, 1])


async def test_a_panel_is_stored_once_for_a_version(pool: Pool) -> None:
    """In the order of its votes."""
    panel = StoredPanel(agents=("b", "a"), families=(AgentFamily.TREND, AgentFamily.PATTERN))
    assert await read_panels(pool, [VERSION]) == {}
    async with connection(pool) as one:
        await store_panel(one, VERSION, panel)
        await store_panel(one, VERSION, panel)
    assert await read_panels(pool, [VERSION, "0123456789ab"]) == {VERSION: panel}
