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


async def test_workers_that_are_killed_lose_and_repeat_nothing(pool: Pool, variables: dict[str, str]) -> None:
    """
    Two at once, one of which is killed at random five times and started anew: each signal is there once, was written
    once, and told once.
    """
    # Up to yesterday, so that the newest signals are news.
    first = (int(time.time()) // DAY - 300) * DAY
    market = await StoredMarket.of_days(pool, symbols=40, count=300, first=first)
    expected = market.expected()
    chance = random.Random(6)

    async def killed() -> None:
        for _ in range(5):
            process = await asyncio.create_subprocess_exec(
                *command("worker"), env=variables | _OF_DAYS, cwd=variables["HOME"]
            )
            # From before it is connected to the middle of its batches.
            await asyncio.sleep(chance.uniform(0.5, 2.0))
            process.kill()
            await process.wait()

    with working(variables | _OF_DAYS):
        await killed()
        await eventually(lambda: _has_all(market))
    assert await market.stored() == expected
    # Each was written once, and no event was left behind by a transaction that was not committed.
    assert await pool.fetchval("SELECT max(revision) FROM signals") == 1
    gaps = await pool.fetchval("SELECT max(number) - count(*) FROM outbox WHERE kind = 'signals'")
    assert gaps == 0
    told = await pool.fetch(
        "SELECT convert_from(body, 'UTF8')::jsonb #>> '{body,signal,symbol}' AS symbol FROM outbox"
        " WHERE kind = 'signals' AND convert_from(body, 'UTF8')::jsonb #> '{body,signal}' IS NOT NULL"
    )
    assert sorted(row["symbol"] for row in told) == sorted(market.bars)
