"""
What is read from where, cold, from Redis and from memory, and whether what ends together is read together:
``python -m loadtests.cache``.

All symbols, a window and a quote of each, asked for once of a process that has just started on empty servers (cold),
once more of the same one (memory), and once of another that has just started (Redis). Then a thousand windows of one
short life, under a steady load.
"""

import argparse
import asyncio
import itertools
import random
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import uvloop

from loadtests.arrivals import Run, open_loop
from loadtests.gateway_process import GatewayProcess, on_cores, running_gateway, separate_cores
from loadtests.passes import CLIENTS, all_once, counts_of, each_once, window
from loadtests.percentiles import percentile
from loadtests.report import Figure, Report, add_report_options, finished
from loadtests.stored_market import (
    Database,
    DaySeries,
    add_data_option,
    publishable,
    server_versions,
    stored_days,
    temporary_database,
)

_WATCHED = "loadtests.watched_gateway"
# Whole answers are another tier, which `loadtests.hot` measures.
_TIERS_ALONE = {"response_cache_bytes": 0}


async def _expiring(
    chosen: argparse.Namespace, gateway: GatewayProcess, days: Sequence[DaySeries]
) -> tuple[Run, list[int]]:
    """Windows that are read together once, and then asked for at a steady rate: reads of PostgreSQL in each second."""
    windows = [window(one, 20 + number) for number in range(-(-chosen.keys // len(days))) for one in days]
    windows = windows[: chosen.keys]
    filled = await each_once(gateway.port, windows)
    chance = random.Random(1)
    # In turn, so that each is asked for as often as any other, and in another order each time.
    shots = (shot for _ in itertools.count() for shot in chance.sample(windows, len(windows)))
    reads: list[int] = []
    is_over = asyncio.Event()

    async def sample() -> None:
        last = (await counts_of(gateway)).get(("body", "loads"), 0)
        due = time.perf_counter()
        while not is_over.is_set():
            due += 1
            await asyncio.sleep(due - time.perf_counter())
            now = (await counts_of(gateway)).get(("body", "loads"), 0)
            reads.append(now - last)
            last = now

    sampling = asyncio.create_task(sample())
    run = await open_loop(gateway.port, shots, rate=chosen.rate, seconds=chosen.seconds, connections=32)
    is_over.set()
    await sampling
    run.faults += filled.faults
    return run, reads


async def _measured(chosen: argparse.Namespace, database: Database, source: str, cores: set[int] | None) -> Report:
    days = await stored_days(database)
    figures: list[Figure] = []
    faults: list[str] = []
    with ExitStack() as stack:

        def started(**settings: object) -> GatewayProcess:
            return stack.enter_context(
                running_gateway(
                    database.folder,
                    module=_WATCHED,
                    cores=cores,
                    settings={**_TIERS_ALONE, **settings},
                )
            )

        first = started()
        for key, what, gateway, tier in (
            ("cold", "nothing is held", first, "postgresql"),
            ("hot", "the process holds it", first, "memory"),
            ("warm", "Redis holds it", started(), "redis"),
        ):
            one = await all_once(key, what, gateway, days)
            figures += one.figures(tier)
            faults += one.run.faults
        stack.close()
        run, reads = await _expiring(chosen, started(candle_cache_seconds=chosen.life), days)
    faults += run.faults
    figures += _read_figures(chosen, reads, run)
    for fault in sorted(set(faults))[:5]:
        print(f"wrong: {fault}", file=sys.stderr)
    figures.append(Figure(key="errors", what="answers that were wrong or missing", value=len(faults), unit="answers"))
    return Report(
        scenario="cache",
        data=[
            f"{len(days)} symbols ({source}), 250 days with an indicator and a quote of each, by {CLIENTS} clients",
            "whole answers are not kept, so that each request asks the tiers",
            f"{chosen.keys:,} windows with a life of {chosen.life:g} s, read at once, then asked for in turn",
        ],
        figures=figures,
        servers=await server_versions(database),
        is_short=chosen.seconds < 3 * chosen.life or chosen.keys < 1000,
    )


def _read_figures(chosen: argparse.Namespace, reads: Sequence[int], run: Run) -> Iterator[Figure]:
    # Until the first life can have ended nothing is read.
    later = reads[int(chosen.life * 0.8) :] or [0]
    mean = sum(later) / len(later)
    yield Figure(
        key="reads_per_second",
        what="windows read from PostgreSQL, once lives end, mean of all seconds",
        value=mean,
        unit="1/s",
        details={"least": min(later), "most": max(later)},
    )
    yield Figure(
        key="most_reads_of_mean",
        what="the busiest second",
        value=max(later) / mean if mean else 0.0,
        unit="times the mean",
        details={f"{second} s": count for second, count in enumerate(reads, 1)},
    )
    times = run.all_times_ms()
    if times:
        yield Figure(
            key="expiring_p99_ms",
            what=f"{chosen.rate:g} requests/s meanwhile, p99",
            value=percentile(times, 99),
            unit="ms",
            details={"p50": percentile(times, 50), "max": max(times)},
        )


def main() -> int:
    """Measures and reports."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.cache", description=__doc__)
    add_data_option(parser)
    parser.add_argument("--keys", type=int, default=1000, help="windows of one life (default: 1000)")
    parser.add_argument("--life", type=float, default=20, help="seconds that a window is held (default: 20)")
    parser.add_argument("--rate", type=float, default=400, help="requests per second (default: 400)")
    parser.add_argument("--seconds", type=float, default=90, help="length of the steady load (default: 90)")
    add_report_options(parser)
    chosen = parser.parse_args()
    cores = separate_cores()
    with temporary_database(cores and cores[1]) as database, on_cores(cores and cores[1]):
        source = publishable(database, chosen.data)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            report = runner.run(_measured(chosen, database, source, cores and cores[0]))
    return finished(report, chosen)


if __name__ == "__main__":
    sys.exit(main())
