"""What a starting process reads: all revisions, the numbers, and the database's id, of one moment."""

from resolvers.model.event import EventKind
from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool
from resolvers.storage.revisions import origin_of, stored_revisions
from tests.bars import instrument, spaced, store


async def test_all_revisions_are_read_with_the_numbers(pool: Pool) -> None:
    """Those of series, bodies, quotes and collections."""
    acme = await instrument(pool)
    bars = spaced(10, Interval.D1, seed=1)
    await store(pool, acme, Interval.D1, bars)
    await store(pool, acme, Interval.D1, spaced(10, Interval.D1, seed=2)[9:])
    found = await stored_revisions(pool)
    assert found.origin == await origin_of(pool)
    assert found.position == {
        EventKind.CANDLES: 4,
        EventKind.INSTRUMENTS: 2,
        EventKind.QUOTES: 2,
        EventKind.SIGNALS: 0,
    }
    assert found.revisions == {
        f"candles:{acme.id}:1440": 2,
        f"body:{acme.id}:1440": 1,
        f"candles:{acme.id}:10080": 2,
        f"body:{acme.id}:10080": 1,
        f"quote:{acme.id}": 2,
        "instruments": 3,
        "signals": 1,
    }


async def test_those_of_some_kinds_alone(pool: Pool) -> None:
    """The numbers are of all kinds still, as they are of the same moment."""
    acme = await instrument(pool)
    await store(pool, acme, Interval.W1, spaced(1, Interval.W1))
    found = await stored_revisions(pool, [EventKind.QUOTES])
    assert found.revisions == {f"quote:{acme.id}": 1}
    assert found.position == {
        EventKind.CANDLES: 1,
        EventKind.INSTRUMENTS: 2,
        EventKind.QUOTES: 1,
        EventKind.SIGNALS: 0,
    }
