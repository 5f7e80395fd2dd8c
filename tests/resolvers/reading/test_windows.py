"""Windows in two parts: what a change leaves alone, what it moves, and what is never joined."""

import asyncio
from uuid import uuid4

import numpy as np
import pytest
import redis.asyncio as redis

from gateway.config import ServerUrls
from resolvers.cache.nouns import Nouns
from resolvers.compute.catalog import CATALOG, Arguments, checked_arguments
from resolvers.errors import TooLarge
from resolvers.indicators import WindowIndicators
from resolvers.model.bars import Bars
from resolvers.model.event import body_subject, series_subject
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.model.session import UTC_DAYS, SessionCalendar
from resolvers.model.window import Reach, StoredWindow, WindowRequest
from resolvers.storage.pool import Pool
from resolvers.storage.windows import stored_windows
from tests.bars import instrument, spaced, store, walk
from tests.resolvers.reading.process import Process, move, request
from tests.resolvers.storage.gates import blocked, held
from tests.servers import Servers
from tests.statements import StatementLog

HOURS = spaced(50, Interval.H1)
HOUR = 3600
_COLUMNS = ("time", "open", "high", "low", "close", "volume")


def _same(window: StoredWindow | None, other: StoredWindow | None) -> bool:
    """Whether two windows are equal in everything that an answer is made of."""
    if window is None or other is None:
        return window is other
    return all(getattr(window.bars, name).tobytes() == getattr(other.bars, name).tobytes() for name in _COLUMNS) and (
        window.offset,
        window.is_cut,
        window.read_bars,
        window.reaches_newest,
        window.state.last_time,
    ) == (
        other.offset,
        other.is_cut,
        other.read_bars,
        other.reaches_newest,
        other.state.last_time,
    )


async def _is_right(process: Process, asked: WindowRequest) -> bool:
    """Whether a window is what an uncached read returns."""
    (expected,) = await stored_windows(process.pool, asked.interval, [asked])
    return _same(await process.loaders().window.load(asked), expected)


def _bar(time: int, *, seed: int = 5) -> Bars:
    return walk([time], seed=seed)


def _sma(period: int) -> Arguments:
    return checked_arguments(CATALOG["sma"], {"period": period})


@pytest.fixture
async def acme(pool: Pool) -> Instrument:
    """Fifty hours, and what is made of them."""
    acme = await instrument(pool)
    await store(pool, acme, Interval.H1, HOURS)
    await move(pool)
    return acme


async def test_the_newest_bar_changes_alone(pool: Pool, acme: Instrument, client: redis.Redis) -> None:
    """The body stays where it is, in both tiers; only one bar is read."""
    process = Process(pool, client=client, origin=uuid4().hex)
    other = Process(pool, client=client, origin=process.tiers.origin)
    await process.hear()
    asked = request(acme.id, last=20)
    for _ in range(2):
        assert await _is_right(process, asked)
    assert process.counts("body") == (0, 0, 1)
    assert process.counts("window") == (1, 0, 0)
    await store(pool, acme, Interval.H1, _bar(int(HOURS.time[-1])))
    await move(pool, body=False)
    await process.hear()
    await other.hear()
    assert await _is_right(process, asked)
    assert process.counts("body") == (1, 0, 1)
    assert process.counts("newest") == (0, 0, 1)
    while process.tiers.flights.running:
        await asyncio.wait(list(process.tiers.flights.running))
    assert await _is_right(other, asked)
    assert (other.counts("body"), other.counts("newest")) == ((0, 1, 0), (0, 1, 0))


async def test_a_window_that_ends_before_the_newest_bar_does_not_follow_it(pool: Pool, acme: Instrument) -> None:
    """It rests on the body alone."""
    process = Process(pool)
    await process.hear()
    asked = request(acme.id, last=20, end=int(HOURS.time[-1]))
    loaders = process.loaders()
    await loaders.window.load(asked)
    revision = await pool.fetchval("SELECT revision FROM series WHERE bar_minutes = 60")
    assert loaders.trace.revisions == {body_subject(acme.id, Interval.H1): revision}
    await store(pool, acme, Interval.H1, _bar(int(HOURS.time[-1])))
    await move(pool, body=False)
    await process.hear()
    assert await _is_right(process, asked)
    assert process.counts("window") == (1, 0, 0)


@pytest.mark.parametrize("time", [int(HOURS.time[-5]), int(HOURS.time[-1]) + HOUR], ids=["corrected", "new"])
async def test_a_changed_body_is_read_anew(pool: Pool, acme: Instrument, time: int) -> None:
    """A correction before the newest bar, and a bar after it, by which the newest becomes part of the body."""
    process = Process(pool)
    await process.hear()
    asked = [request(acme.id, last=20), request(acme.id, last=20, end=int(HOURS.time[-1]))]
    for one in asked:
        assert await _is_right(process, one)
    await store(pool, acme, Interval.H1, _bar(time))
    await move(pool)
    await process.hear()
    for one in asked:
        assert await _is_right(process, one)
    assert process.counts("body") == (0, 0, 4)


async def test_parts_of_different_moments_are_not_joined(pool: Pool, acme: Instrument) -> None:
    """
    The body is held; a bar before the newest and the newest itself are corrected; only the newest bar is read anew.

        reader                              writer
        holds the body
                                            corrects the body and the newest bar
        (of the two events only that of
        the newest bar has come yet)
        reads the newest bar
        (and would join it to a body that was never beside it)
    """
    process = Process(pool)
    await process.hear()
    asked = request(acme.id, last=20)
    await _is_right(process, asked)
    await store(pool, acme, Interval.H1, walk(HOURS.time[-3:], seed=9))
    await move(pool)
    revision = await pool.fetchval("SELECT revision FROM series WHERE bar_minutes = 60")
    process.revisions.move(series_subject(acme.id, Interval.H1), revision)
    assert await _is_right(process, asked)


async def test_a_series_that_comes_to_be_is_found(pool: Pool, acme: Instrument) -> None:
    """That there is none was held."""
    process = Process(pool)
    await process.hear()
    asked = request(acme.id, Interval.M1, last=20)
    for _ in range(2):
        assert await process.loaders().window.load(asked) is None
    assert process.counts("body") == (1, 0, 1)
    await store(pool, acme, Interval.M1, spaced(5, Interval.M1))
    await move(pool)
    await process.hear()
    assert await _is_right(process, asked)


async def test_nothing_held_is_used_while_nobody_follows_the_events(pool: Pool, acme: Instrument) -> None:
    """And by an operation that knows of something newer."""
    process = Process(pool)
    await process.hear()
    asked = request(acme.id, last=20)
    await process.loaders().window.load(asked)
    process.revisions.is_followed = False
    assert await _is_right(process, asked)
    process.revisions.is_followed = True
    await store(pool, acme, Interval.H1, _bar(int(HOURS.time[-1])))
    (expected,) = await stored_windows(pool, Interval.H1, [asked])
    assert _same(await process.loaders(is_fresh=True).window.load(asked), expected)
    assert process.counts("window")[0] == 0


async def test_a_read_that_a_write_overtakes_is_held_as_what_it_is(
    pool: Pool, acme: Instrument, urls: ServerUrls
) -> None:
    """
    The snapshot is of before the write, the event comes, and then the window is held.

        reader                          writer
        takes its snapshot
                                        commits, and the event comes
        reads, and holds what it read
    """
    process = Process(pool)
    await process.hear()
    asked = request(acme.id, last=20)
    gate = held(urls.database, "LOCK TABLE candles IN ACCESS EXCLUSIVE MODE")
    # The lock stands between the states of the series and their bars, so the snapshot is taken.
    async with gate as writer:
        reader = asyncio.create_task(process.loaders().window.load(asked))
        await blocked(pool)
        await writer.execute("UPDATE candles SET close = high WHERE instrument_id = $1", acme.id)
        await writer.execute("UPDATE series SET revision = revision + 1, body_revision = revision + 1")
        await writer.execute("UPDATE series SET body_revision = revision")
        for row in await writer.fetch("SELECT * FROM series"):
            series = row["instrument_id"], Interval(row["bar_minutes"])
            process.revisions.move(series_subject(*series), row["revision"])
            process.revisions.move(body_subject(*series), row["body_revision"])
    await reader
    for _ in range(2):
        assert await _is_right(process, asked)


async def test_a_budget_takes_the_same_hot_and_cold(pool: Pool, acme: Instrument) -> None:
    """The same windows are refused, with the same words, whatever is held, and in whatever batch they are."""
    await store(pool, acme, Interval.M1, spaced(300, Interval.M1))
    await move(pool)
    asked = [
        request(acme.id, last=30),
        request(acme.id, Interval.M1, last=100),
        request(acme.id, last=40),
        request(acme.id, Interval.M1, last=20),
        request(acme.id, last=10),
        request(acme.id, Interval.M1, last=10, reach=Reach(anchored=True)),
        request(acme.id, last=5),
    ]

    async def told(process: Process) -> list[str]:
        loaders = process.loaders()
        ends = await asyncio.gather(*(loaders.window.load(one) for one in asked), return_exceptions=True)
        return [str(one) if isinstance(one, TooLarge) else str(len(one.bars)) for one in ends]  # type: ignore[union-attr]

    for budget in (5, 60, 100, 135, 155, 160, 1000):
        cold = Process(pool, max_read_bars=budget)
        hot, mixed = (Process(pool, max_read_bars=1_000_000) for _ in range(2))
        for process, those in ((hot, asked), (mixed, asked[1::2])):
            await process.hear()
            for one in those:
                await process.loaders().window.load(one)
        await cold.hear()
        expected = await told(cold)
        for process in (hot, mixed):
            poor = Process(pool, max_read_bars=budget)
            poor.services = poor.services.__class__(
                **{
                    **{name: getattr(poor.services, name) for name in poor.services.__slots__},
                    "tiers": process.tiers,
                    "revisions": process.revisions,
                }
            )
            assert await told(poor) == expected, budget
        assert await told(cold) == expected


async def test_a_window_is_taken_from_the_budget_once(pool: Pool, acme: Instrument) -> None:
    """However often an operation asks for it."""
    process = Process(pool, max_read_bars=20)
    await process.hear()
    asked = request(acme.id, last=20)
    for _ in range(2):
        loaders = process.loaders()
        for _ in range(3):
            assert await loaders.window.load(asked) is not None
        with pytest.raises(TooLarge):
            await loaders.window.load(request(acme.id, last=1))


async def test_one_operations_budget_is_not_anothers(pool: Pool, acme: Instrument, urls: ServerUrls) -> None:
    """A poor one begins the load, a rich one waits for it; the rich one gets its window."""
    process = Process(pool, max_read_bars=10)
    rich = Process(pool)
    await process.hear()
    rich_loaders = rich.loaders()
    asked = request(acme.id, last=20)
    object.__setattr__(rich.services, "tiers", process.tiers)
    object.__setattr__(rich.services, "revisions", process.revisions)
    async with held(urls.database, "LOCK TABLE series"):
        poor = asyncio.create_task(process.loaders().window.load(asked))
        await blocked(pool)
        waiting = asyncio.create_task(rich_loaders.window.load(asked))
        for _ in range(20):
            await asyncio.sleep(0)
        assert process.tiers.counters.of("body").memory_waits == 1
    window = await waiting
    assert window is not None
    assert len(window.bars) == 20
    with pytest.raises(TooLarge, match="takes up to 20"):
        await poor


async def test_many_windows_are_one_statement(pool: Pool, acme: Instrument, servers: Servers, urls: ServerUrls) -> None:
    """Hot ones are none."""
    log = StatementLog(servers.log, urls.database)
    await log.start()
    process = Process(pool)
    await process.hear()
    asked = [request(acme.id, last=number) for number in range(1, 30)]
    log.forget()
    await process.loaders().window.load_many(asked)
    assert sum(one.startswith("COPY") for one in log.statements()) == 1
    log.forget()
    await process.loaders().window.load_many(asked)
    assert log.statements() == []


async def test_what_is_made_of_a_window_lives_with_it(pool: Pool, acme: Instrument) -> None:
    """Texts of its columns, and its indicators, for other operations too; and its weight is known."""
    process = Process(pool)
    await process.hear()
    asked = request(acme.id, last=30, reach=Reach(bars=10))
    window = await process.loaders().window.load(asked)
    assert window is not None
    memory = process.tiers.memory(process.tiers.nouns.window)
    empty = memory.size_bytes
    window.kept["close"] = "text"
    assert memory.size_bytes - empty == 600 + 40 * 60
    sma = CATALOG["sma"]
    (column,) = WindowIndicators(window, UTC_DAYS).values(sma, _sma(3))
    assert memory.size_bytes - empty == 600 + 40 * 60 + 600 + 40 * 8
    again = await process.loaders().window.load(asked)
    assert again is window
    assert WindowIndicators(again, UTC_DAYS).values(sma, _sma(3))[0] is column
    other = SessionCalendar(timezone="America/New_York")
    assert WindowIndicators(again, other).values(sma, _sma(3))[0] is not column
    for period in range(2, 60):
        WindowIndicators(again, UTC_DAYS).values(sma, _sma(period))
    assert len(again.computed) == 32


async def test_windows_are_bounded_by_bytes(pool: Pool, acme: Instrument) -> None:
    """And right, however little is held."""
    process = Process(pool, nouns=Nouns(window_bytes=40_000))
    await process.hear()
    for _ in range(2):
        for last in range(1, 40):
            assert await _is_right(process, request(acme.id, last=last))
    nouns = process.tiers.nouns
    assert 0 < process.tiers.memory(nouns.window).size_bytes <= nouns.window.size_bytes
    assert 0 < process.tiers.memory(nouns.body).size_bytes <= nouns.body.size_bytes
    assert process.tiers.counters.of("body").evictions > 0


async def test_concurrent_operations_join_one_window(pool: Pool, acme: Instrument) -> None:
    """So that what one makes of it the others find."""
    process = Process(pool)
    await process.hear()
    asked = request(acme.id, last=20)
    found = await asyncio.gather(*(process.loaders().window.load(asked) for _ in range(5)))
    assert len({id(one) for one in found}) == 1


async def test_an_answer_rests_on_the_lowest_revision_that_was_read(pool: Pool, acme: Instrument) -> None:
    """Of each subject, with the tiers that served."""
    process = Process(pool)
    await process.hear()
    asked = request(acme.id, last=20)
    cold = process.loaders()
    await cold.window.load(asked)
    revision = await pool.fetchval("SELECT revision FROM series WHERE bar_minutes = 60")
    subjects = {body_subject(acme.id, Interval.H1): revision, series_subject(acme.id, Interval.H1): revision}
    assert cold.trace.revisions == subjects
    assert cold.trace.tiers == {("body", "storage"): (1, 0.0)}
    process.now += 5
    hot = process.loaders()
    await hot.window.load(asked)
    assert hot.trace.revisions == {series_subject(acme.id, Interval.H1): revision}
    assert hot.trace.tiers == {("window", "memory"): (1, 5.0)}


async def test_joined_windows_cannot_be_written_to(pool: Pool, acme: Instrument) -> None:
    """Those from Redis either."""
    process = Process(pool)
    await process.hear()
    await _is_right(process, request(acme.id, last=20))
    await store(pool, acme, Interval.H1, _bar(int(HOURS.time[-1])))
    await move(pool, body=False)
    await process.hear()
    window = await process.loaders().window.load(request(acme.id, last=20))
    assert window is not None
    with pytest.raises(ValueError, match="read-only"):
        window.bars.close[0] = np.float64(1)
