"""Signals of series, counted, compared with counting all of them."""

import random
from collections import Counter
from statistics import fmean

import pytest

from resolvers.model.event import SIGNALS
from resolvers.model.interval import Interval
from resolvers.model.signal import ConfidenceBasis, Direction
from resolvers.storage.pool import Pool
from resolvers.storage.signal_tallies import read_signal_tallies
from tests.bars import NOON, instrument
from tests.signals import draft, moment, store


def _basis(base_rate: float) -> ConfidenceBasis:
    return ConfidenceBasis(fit="2024-01-5-0", base_rate=base_rate, cases=400)


async def test_tallies_are_those_of_all_signals(pool: Pool) -> None:
    """Each by instrument and interval, over years, without cancelled ones; one of nothing has no mean and no start."""
    chance = random.Random(3)
    many = [await instrument(pool, f"S{number}") for number in range(3)]
    drafts = [
        draft(
            chance.choice(many[:2]),
            key=f"{number}",
            time=NOON + chance.randint(-3, 3) * 150 * 86_400,
            interval=chance.choice((Interval.H1, Interval.D1)),
            direction=chance.choice(list(Direction)),
            confidence=chance.choice((None, 0.25, 0.5)),
            basis=chance.choice((None, _basis(0.4), _basis(0.52))),
            is_cancelled=chance.random() < 0.2,
        )
        for number in range(200)
    ]
    await store(pool, *drafts)
    series = [(one.id, interval) for one in many for interval in (Interval.H1, Interval.D1)]
    read = await read_signal_tallies(pool, series)
    for name, tally in read.value.items():
        mine = [one for one in drafts if (one.instrument_id, one.interval) == name and not one.is_cancelled]
        counts = Counter(one.direction for one in mine)
        assert (tally.buy, tally.sell, tally.hold) == tuple(counts[one] for one in Direction)
        assert tally.total == len(mine)
        known = [one.confidence for one in mine if one.confidence is not None]
        assert tally.average_confidence == (pytest.approx(fmean(known)) if known else None)
        rates = [one.basis.base_rate for one in mine if one.basis is not None]
        assert tally.average_base_rate == (pytest.approx(fmean(rates)) if rates else None)
        assert tally.since == (moment(min(one.time for one in mine)) if mine else None)
    assert list(read.value) == series
    assert sum(not one.total for one in read.value.values()) == 2


async def test_a_tally_has_the_revision_of_all_signals(pool: Pool) -> None:
    """Of the same snapshot, also where nothing is found."""
    acme = await instrument(pool)
    before = await read_signal_tallies(pool, [(acme.id, Interval.H1)])
    await store(pool, draft(acme))
    after = await read_signal_tallies(pool, [(acme.id, Interval.H1)])
    stored = await pool.fetchval("SELECT revision FROM collections WHERE name = $1", SIGNALS)
    assert before.revision < after.revision == stored
    assert [one.value[acme.id, Interval.H1].total for one in (before, after)] == [0, 1]
