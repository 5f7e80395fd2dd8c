"""What is known of agents, held while it is what is stored."""

from resolvers.compute.agents.panel import PANEL
from resolvers.compute.track_record import TrackRecord
from resolvers.model.event import SIGNALS
from resolvers.model.interval import Interval
from resolvers.model.market import Market
from resolvers.storage.pool import Pool
from resolvers.storage.track_records import read_track_records
from tests.bars import instrument, spaced
from tests.resolvers.reading.process import Process
from tests.signals import draft, store
from tests.stored_fits import store_track

_KEY = (PANEL.version, Market(Interval.D1, is_simulated=False))


def _record(count: int) -> TrackRecord:
    bars = spaced(count, Interval.D1)
    return TrackRecord.of(PANEL.votes(bars), bars, 5)


async def test_a_record_is_read_again_only_where_it_is_another(pool: Pool) -> None:
    """Its stamp tells; what nobody has stored is left out."""
    others = [
        (PANEL.version, Market(Interval.H1, is_simulated=False)),
        (PANEL.version, Market(Interval.D1, is_simulated=True)),
    ]
    await store_track(pool, *_KEY, _record(100))
    first = (await read_track_records(pool, {_KEY: None} | dict.fromkeys(others))).value
    assert first.keys() == {_KEY}
    assert first[_KEY].record is not None
    again = (await read_track_records(pool, {_KEY: first[_KEY].stamp})).value
    assert (again[_KEY].record, again[_KEY].stamp) == (None, first[_KEY].stamp)
    await store_track(pool, *_KEY, _record(200))
    anew = (await read_track_records(pool, {_KEY: first[_KEY].stamp})).value
    found = anew[_KEY].record
    assert found is not None
    assert found.until == _record(200).until


async def test_what_is_known_stays_while_signals_come(pool: Pool) -> None:
    """New signals alone let it be looked after, and what is held stays; a new record takes its place."""
    process, acme = Process(pool), await instrument(pool)
    await store_track(pool, *_KEY, _record(100))

    async def known() -> tuple[object, int]:
        revision = await pool.fetchval("SELECT revision FROM collections WHERE name = 'signals'")
        process.revisions.move(SIGNALS, revision)
        return await process.loaders().known_agents.load(_KEY), process.counts("known_agents")[2]

    first, loads = await known()
    assert first is not None
    assert await known() == (first, loads), "nothing has changed"
    await store(pool, draft(acme))
    assert await known() == (first, loads + 1)
    await store_track(pool, *_KEY, _record(200))
    assert await known() == (first, loads + 1), "nobody has told of it yet"
    await store(pool, draft(acme, score=0.5))
    second, loads = await known()
    assert second is not first
    assert loads == 3
