"""Rankings of signals of which the process keeps what has not changed."""

from resolvers.model.opportunity import ANY
from resolvers.storage.pool import Pool
from tests.bars import instrument
from tests.resolvers.reading.process import Process
from tests.signals import draft, old_write, store


async def _scores(process: Process, *, is_fresh: bool = False) -> dict[str, float]:
    """What the opportunities of a new operation say of each symbol."""
    ranking = await process.loaders(is_fresh=is_fresh).ranking.load(ANY)
    assert ranking is not None
    return {one.signal.symbol: one.signal.score for one in ranking.opportunities}


async def test_what_changes_is_read_and_the_rest_is_kept(pool: Pool) -> None:
    """So a change that nobody was told of is not seen, until the life of what was read is over."""
    process = Process(pool)
    many = [await instrument(pool, f"S{number}") for number in range(3)]
    await store(pool, *map(draft, many))
    await process.hear()
    assert await _scores(process) == {"S0": 0.25, "S1": 0.25, "S2": 0.25}
    await pool.execute("UPDATE signals SET score = 0.75")
    await store(pool, draft(many[1], score=0.5))
    await process.hear()
    assert await _scores(process) == {"S0": 0.25, "S1": 0.5, "S2": 0.25}
    process.now += process.tiers.nouns.active_signals.life_seconds * 0.4
    await store(pool, draft(many[1], score=0.625))
    await process.hear()
    assert await _scores(process) == {"S0": 0.25, "S1": 0.625, "S2": 0.25}
    # From when all were read, not from when one was.
    process.now += process.tiers.nouns.active_signals.life_seconds * 0.7
    await store(pool, draft(many[1], score=0.5))
    await process.hear()
    assert await _scores(process) == {"S0": 0.75, "S1": 0.5, "S2": 0.75}


async def test_all_is_read_where_anything_may_have_changed(pool: Pool) -> None:
    """After a change that names no instrument, and for who wants nothing that is held."""
    process = Process(pool)
    many = [await instrument(pool, f"S{number}") for number in range(2)]
    await store(pool, *map(draft, many))
    await process.hear()
    assert await _scores(process) == {"S0": 0.25, "S1": 0.25}
    await pool.execute("UPDATE signals SET score = 0.5")
    assert await _scores(process, is_fresh=True) == {"S0": 0.5, "S1": 0.5}
    await pool.execute("UPDATE signals SET score = 0.75")
    await old_write(pool)
    await process.hear()
    assert await _scores(process) == {"S0": 0.75, "S1": 0.75}


async def test_nothing_of_another_database_is_kept(pool: Pool) -> None:
    """Not even where the other one begins while the change is read."""
    process = Process(pool)
    many = [await instrument(pool, f"S{number}") for number in range(2)]
    await store(pool, *map(draft, many))
    await process.hear()
    assert await _scores(process) == {"S0": 0.25, "S1": 0.25}
    await pool.execute("UPDATE signals SET score = 0.5")
    await store(pool, draft(many[1], score=0.75))
    await process.hear()
    clock = process.services.clock

    def ticking() -> float:
        # The moment of a statement is taken last before it is sent.
        process.tiers.begin_anew("another")
        return clock()

    object.__setattr__(process.services, "clock", ticking)
    assert await _scores(process) == {"S0": 0.5, "S1": 0.75}
