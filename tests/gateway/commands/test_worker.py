"""``gateway worker``: what is pending, what comes, and nothing lost or repeated by workers that are killed."""

import asyncio
import random
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from resolvers.storage.pool import Pool
from tests.following import eventually
from tests.processes import DEADLINE_SECONDS, command, run
from tests.resolvers.engine.market import DAY, StoredMarket, days

_OF_DAYS = {"GATEWAY_ENGINE_INTERVALS": "D1"}


@contextmanager
def working(variables: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A worker; leaving it holds that it did not end by an error."""
    process = subprocess.Popen(
        command("worker"), env=dict(variables), cwd=variables["HOME"], stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        _, said = process.communicate(timeout=DEADLINE_SECONDS)
    assert "Traceback" not in said, said


async def _has_all(market: StoredMarket) -> bool:
    return await market.stored() == market.expected()


async def test_what_is_pending_once(pool: Pool, variables: dict[str, str]) -> None:
    """One line says what was done; again there is nothing."""
    market = await StoredMarket.of_days(pool)
    ended = await asyncio.to_thread(run, variables | _OF_DAYS, "worker", "--once")
    assert (ended.returncode, ended.stderr) == (0, "")
    version = market.judge().version
    assert ended.stdout.startswith(f"engine {version}: D1: {len(market.expected()):,} signals of 11 series in ")
    assert await _has_all(market)
    ended = await asyncio.to_thread(run, variables | _OF_DAYS, "worker", "--once")
    assert ended.stdout.startswith(f"engine {version}: nothing to compute, in ")
    assert len(ended.stdout.splitlines()) == 1


async def test_what_cannot_be_computed_is_said(pool: Pool, variables: dict[str, str]) -> None:
    """And is status 1, with all the others done."""
    market = await StoredMarket.of_days(pool, symbols=3)
    number = market.instruments["SYM2"].id
    await pool.execute(f"ALTER TABLE signals ADD CONSTRAINT refused CHECK (instrument_id <> {number})")
    ended = await asyncio.to_thread(
        subprocess.run,
        command("worker", "--once"),
        env=variables | _OF_DAYS,
        cwd=variables["HOME"],
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    assert ended.returncode == 1
    assert "no signals of SYM2 D1, tried again later" in ended.stderr
    assert ended.stdout.endswith("1 series could not be computed, see the log\n")
    assert {key[0] for key in await market.stored()} == {one.id for one in market.instruments.values()} - {number}


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
async def test_what_comes_until_a_signal(
    pool: Pool, variables: dict[str, str], number: signal.Signals, status: int
) -> None:
    """A bar that is stored has its signal at once; the process ends cleanly, and quickly."""
    market = await StoredMarket.of_days(pool, symbols=3)
    with working(variables | _OF_DAYS) as process:
        await eventually(lambda: _has_all(market))
        await market.add("SYM1", days(131, seed=1)[-1:])
        await eventually(lambda: _has_all(market))
        process.send_signal(number)
        assert await asyncio.to_thread(process.wait, 10) == status


async def test_it_waits_while_postgresql_is_gone(pool: Pool, variables: dict[str, str]) -> None:
    """Its connections are cut off, again and again; it goes on."""
    market = await StoredMarket.of_days(pool, symbols=3)
    with working(variables | _OF_DAYS) as process:
        for count in (131, 132):
            await eventually(lambda: _has_all(market))
            await pool.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            await market.add("SYM1", days(count, seed=1)[-1:])
        await eventually(lambda: _has_all(market))
        assert process.poll() is None


async def _written_to_the_end(pool: Pool, bars: int) -> bool:
    return bool(await pool.fetchval("SELECT count(*) = $1 FROM signals", bars))


async def _told(pool: Pool) -> list[str]:
    rows = await pool.fetch(
        "SELECT convert_from(body, 'UTF8')::jsonb #>> '{body,signal,id}' AS id FROM outbox WHERE kind = 'signals'"
    )
    return [row["id"] for row in rows if row["id"] is not None]


async def test_workers_that_are_killed_lose_and_repeat_nothing(pool: Pool, variables: dict[str, str]) -> None:
    """
    Two at once, one of which is killed at random five times, in the moment after a new bar of all instruments: each
    signal is there once, was written once, and each that is news was told once.
    """
    chance, symbols, kills = random.Random(6), 120, 5
    # Up to yesterday, so that signals are news.
    first, count = (int(time.time()) // DAY - 100) * DAY, 100
    whole = {f"SYM{number}": days(count, seed=number, first=first) for number in range(symbols)}
    market = StoredMarket(pool)
    await market.add_all({symbol: bars[: count - kills] for symbol, bars in whole.items()})
    with working(variables | _OF_DAYS):
        for day in range(count - kills, count):
            doomed = await asyncio.create_subprocess_exec(
                *command("worker"), env=variables | _OF_DAYS, cwd=variables["HOME"]
            )
            await eventually(lambda day=day: _written_to_the_end(pool, symbols * day))  # type: ignore[misc]
            # By then it listens, and has nothing to do.
            await asyncio.sleep(2.5)
            await market.add_all({symbol: bars[day : day + 1] for symbol, bars in whole.items()})
            await asyncio.sleep(chance.uniform(0.02, 0.4))
            doomed.kill()
            await doomed.wait()
            await eventually(lambda day=day: _written_to_the_end(pool, symbols * (day + 1)))  # type: ignore[misc]
            # What the other has not finished it still will.
            await asyncio.sleep(0.5)
    assert await market.stored() == market.expected()
    assert await pool.fetchval("SELECT max(revision) FROM signals") == 1
    # Whether those of the first newest bar held for still depends on the day of the week.
    news = await pool.fetchval(
        "SELECT count(*) FROM signals WHERE time >= to_timestamp($1) AND valid_until > created_at",
        float(first + (count - kills - 1) * DAY),
    )
    assert news >= symbols * kills
    told = await _told(pool)
    assert (len(told), len(set(told))) == (news, news)
    # No number of an event was taken by a transaction that came to nothing.
    assert await pool.fetchval("SELECT max(number) - count(*) FROM outbox WHERE kind = 'signals'") == 0
