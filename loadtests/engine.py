"""
The engine over a whole market: ``python -m loadtests.engine``.

The real prices are imported, and two workers compute all signals of them. Then a new day of all symbols is stored while
two workers run: the clock goes from its commit until all its signals are committed. At last the engine inside a
gateway computes everything once more, as another version, and then a new day, and the clock in the gateway's event loop
says how long it stood still.

``--kill`` computes all signals once undisturbed, and once more with two workers of which one is killed at random five
times; the signals must be the same, each written once.
"""

import argparse
import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import asyncpg
import httpx

from loadtests.clock import noted, settled
from loadtests.gateway_process import GatewayProcess, environment, running_gateway, separate_cores
from loadtests.new_days import NewDays
from loadtests.percentiles import percentile
from loadtests.report import Figure, Report, add_report_options, finished
from loadtests.stored_market import Database, add_data_option, publishable, server_versions, temporary_database

_WORKERS, _KILLS = 2, 5
_PATIENCE_SECONDS = 300
_START_SECONDS = 12
_OF_DAYS = {"engine_intervals": "D1"}


def main() -> int:
    """Measures and reports."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.engine", description=__doc__)
    parser.add_argument("--kill", action="store_true", help="kill one of two workers five times instead")
    parser.add_argument("--days", type=int, default=5, help="new days of all symbols (default: 5)")
    parser.add_argument("--seconds", type=int, default=20, help="of the back-fill inside a gateway (default: 20)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments of the kills (default: 1)")
    add_data_option(parser)
    add_report_options(parser)
    chosen = parser.parse_args()
    with temporary_database() as database:
        data = publishable(database, chosen.data)
        figures = _killed(database, chosen.seed) if chosen.kill else _measured(database, chosen.days, chosen.seconds)
        report = Report(
            scenario="engine",
            data=[data, f"{_WORKERS} workers, D1, nothing else on the machine but what they need"],
            figures=figures,
            servers=asyncio.run(server_versions(database)),
            is_short=not chosen.kill and chosen.days < 3,
        )
    return finished(report, chosen)


def _measured(database: Database, days: int, seconds: int) -> list[Figure]:
    back_fill = _back_fill(database)
    with ExitStack() as stack:
        for shard in range(_WORKERS):
            stack.enter_context(_working(database, shard))
        newest = asyncio.run(_newest(database, days))
    return [back_fill, newest, *_inside(database, seconds)]


def _worker(database: Database, shard: int, *options: str) -> "subprocess.Popen[str]":
    settings = _OF_DAYS | {"engine_shard": f"{shard}/{_WORKERS}", "database_url": database.url}
    return subprocess.Popen(
        [sys.executable, "-m", "gateway", "worker", *options],
        env=environment(database.folder, settings | {"redis_url": database.redis}),
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def _working(database: Database, shard: int) -> Iterator["subprocess.Popen[str]"]:
    """A worker that goes on until the block is left."""
    process = _worker(database, shard)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate()


def _back_fill(database: Database) -> Figure:
    """All signals of what is stored, from the start of two workers until both have ended."""
    begun = time.perf_counter()
    workers = [_worker(database, shard, "--once") for shard in range(_WORKERS)]
    for worker in workers:
        said, _ = worker.communicate(timeout=_PATIENCE_SECONDS)
        if worker.returncode:
            raise RuntimeError(f"a worker ended with {worker.returncode}: {said}")
        print(said.strip())
    seconds = time.perf_counter() - begun
    bars, signals = asyncio.run(_counted(database))
    if signals != bars:
        raise RuntimeError(f"a signal of each of {bars:,} bars was expected, there are {signals:,}")
    return Figure(
        key="stored_seconds",
        what="all signals of all symbols computed and stored, by two workers from their start to their end",
        value=seconds,
        unit="s",
        details={"signals": signals, "per_second": signals / seconds},
    )


async def _counted(database: Database) -> tuple[int, int]:
    one = await asyncpg.connect(database.url)
    try:
        row = await one.fetchrow(
            "SELECT (SELECT count(*) FROM candles WHERE bar_minutes = 1440) AS bars,"
            " (SELECT count(DISTINCT (time, id)) FROM signals WHERE NOT is_cancelled) AS signals"
        )
    finally:
        await one.close()
    if row is None:
        raise RuntimeError("nothing was counted")
    return row["bars"], row["signals"]


async def _newest(database: Database, days: int) -> Figure:
    """From the commit of a new day of all symbols to that of the last of its signals."""
    async with NewDays.of(database) as market:
        # By then workers have read the market, and wait for what comes.
        await asyncio.sleep(_START_SECONDS)
        seconds, stored = [], []
        for _ in range(days):
            took = await market.store_next()
            begun = time.perf_counter()
            await market.signals_stored(_PATIENCE_SECONDS)
            seconds.append(time.perf_counter() - begun)
            stored.append(took)
            await asyncio.sleep(3)
        return Figure(
            key="newest_seconds",
            what="a new bar of all symbols, from its commit until the last of its signals is committed, worst",
            value=max(seconds),
            unit="s",
            details={
                "median": percentile(seconds, 50),
                "min": min(seconds),
                "days": days,
                "symbols": market.symbols,
                "storing the bars": percentile(stored, 50),
            },
        )


def _inside(database: Database, seconds: int) -> list[Figure]:
    """How long the loop of a gateway stands still while the engine in it works, by a clock in it."""
    cores = separate_cores()
    settings = _OF_DAYS | {"engine": "on", "database_url": database.url, "redis_url": database.redis}
    figures = []
    # Another horizon is another version, of which nothing is stored.
    for key, what, changed in (
        (
            "back_fill_block_ms",
            "longest block of a gateway's loop while its engine fills in",
            {"engine_horizon_bars": 6},
        ),
        ("newest_block_ms", "longest block of a gateway's loop while its engine sees a bar of all symbols", {}),
    ):
        with running_gateway(
            database.folder,
            cores=None if cores is None else cores[0],
            settings={**settings, **changed},
            module="loadtests.clocked_gateway",
        ) as gateway:
            found = asyncio.run(_filling(gateway, seconds) if changed else _coming(database, gateway))
        figures.append(
            Figure(
                key=key,
                what=what,
                value=found["late_ms"],
                unit="ms",
                details={name: value for name, value in found.items() if name != "late_ms"},
            )
        )
    return figures


async def _filling(gateway: GatewayProcess, seconds: int) -> Mapping[str, float]:
    await noted(gateway.port)
    begun = time.perf_counter()
    slowest = await _asked(gateway, seconds)
    return {**await noted(gateway.port), "answer_ms": slowest, "seconds": time.perf_counter() - begun}


async def _coming(database: Database, gateway: GatewayProcess) -> Mapping[str, float]:
    async with NewDays.of(database) as market:
        await market.is_idle(_PATIENCE_SECONDS)
        await settled(gateway.port)
        await market.store_next()
        begun = time.perf_counter()
        await market.signals_stored(_PATIENCE_SECONDS)
        seconds = time.perf_counter() - begun
        return {**await noted(gateway.port), "seconds": seconds}


async def _asked(gateway: GatewayProcess, seconds: float) -> float:
    """The slowest answer to a small question, asked all along."""
    slowest, until = 0.0, time.perf_counter() + seconds
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client:
        while time.perf_counter() < until:
            begun = time.perf_counter()
            await client.get("/livez")
            slowest = max(slowest, time.perf_counter() - begun)
            await asyncio.sleep(0.01)
    return slowest * 1000


def _killed(database: Database, seed: int) -> list[Figure]:
    """The same signals, with and without kills."""
    _back_fill(database)
    expected = asyncio.run(_taken(database))
    chance = random.Random(seed)
    begun, busy = time.perf_counter(), 0
    with _working(database, 0):
        for _ in range(_KILLS):
            worker = _worker(database, 1)
            time.sleep(chance.uniform(1.5, 3.5))
            bars, signals = asyncio.run(_counted(database))
            busy += signals < bars
            worker.kill()
            worker.communicate()
        last = _worker(database, 1, "--once")
        said, _ = last.communicate(timeout=_PATIENCE_SECONDS)
        print(said.strip())
    seconds = time.perf_counter() - begun
    found = asyncio.run(_taken(database))
    if found != expected:
        raise RuntimeError(f"the signals are others after the kills: {found}, expected {expected}")
    return [
        Figure(
            key="killed_signals",
            what="signals that are missing, repeated or others after five kills",
            value=0,
            unit="signals",
            details={"signals": found[0], "seconds": seconds, "kills": _KILLS, "of these amid work": busy},
        )
    ]


async def _taken(database: Database) -> tuple[int, int, str]:
    """How many signals there are, how often they were written, and a hash of them all; then they are gone."""
    one = await asyncpg.connect(database.url, command_timeout=_PATIENCE_SECONDS)
    try:
        row = await one.fetchrow(
            "SELECT count(*) AS rows, sum(revision)::bigint AS written,"
            " md5(string_agg(id::text || encode(input_hash, 'hex'), ',' ORDER BY time, id)) AS hash FROM signals"
        )
        gaps = await one.fetchval("SELECT max(number) - count(*) FROM outbox WHERE kind = 'signals'")
        if row is None or gaps:
            raise RuntimeError(f"{gaps} events of signals are missing")
        await one.execute("TRUNCATE signals, signal_series, engine_series, engine_fits")
    finally:
        await one.close()
    return row["rows"], row["written"], row["hash"]


if __name__ == "__main__":
    sys.exit(main())
