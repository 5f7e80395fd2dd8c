"""
Operations that were answered before, beside a server that does nothing else: ``python -m loadtests.hot``.

A thousand distinct bodies over all symbols, while 5 % of what they are about is published anew each second through the
same gateway. No answer may be older than the last publish that was acknowledged before it was asked for.
"""

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import orjson
import uvloop

from loadtests.arrivals import Shot
from loadtests.gateway_process import GatewayProcess, on_cores, running_gateway, separate_cores
from loadtests.hot_bodies import Body, Judge, large_bodies, same_shots, small_bodies
from loadtests.hot_figures import CONCURRENT, TASKS, Found, Measured, Task, latencies, ratios, single
from loadtests.http_client import Connection
from loadtests.moving import Moving
from loadtests.report import Figure, Report, add_report_options, finished
from loadtests.stored_market import DaySeries, add_data_option, publishable, stored_days, temporary_database
from loadtests.volley import volley

# A thousand answers of 100 kB, plain and compressed, are more than a process keeps by default, and so are the thousand
# windows of a thousand bars that they are made of.
_RESPONSE_CACHE_BYTES = 512 * 2**20
_WINDOW_CACHE_BYTES = 640 * 2**20


def main() -> int:
    """Measures and reports."""
    chosen = _parser().parse_args()
    cores = separate_cores()
    with temporary_database(cores and cores[1]) as database, ExitStack() as stack:
        source = publishable(database, chosen.data)
        days = asyncio.run(stored_days(database))
        gateway = stack.enter_context(
            running_gateway(
                database.folder,
                cores=cores and cores[0],
                settings={"response_cache_bytes": _RESPONSE_CACHE_BYTES, "window_cache_bytes": _WINDOW_CACHE_BYTES},
            )
        )
        stack.enter_context(on_cores(cores and cores[1]))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            found = runner.run(_measured(chosen, gateway, days, database.folder.parent, cores and cores[0]))
        memory = gateway.memory_mb().get("most", 0.0)
    for fault in sorted(set(found.faults))[:5]:
        print(f"wrong: {fault}", file=sys.stderr)
    report = Report(
        scenario="hot",
        data=[
            f"{chosen.bodies:,} distinct bodies of each size over {len(days)} symbols ({source})",
            f"{chosen.moved:.0%} of the symbols published anew each second, through the measured gateway",
            "gateway and bare server take turns on one core, PostgreSQL, Redis and the generator have the others"
            if cores
            else "nothing is pinned to a core, which makes times of no use",
            f"{chosen.concurrency} clients",
            f"GATEWAY_RESPONSE_CACHE_BYTES={_RESPONSE_CACHE_BYTES} GATEWAY_WINDOW_CACHE_BYTES={_WINDOW_CACHE_BYTES}",
        ],
        figures=[
            *ratios(found),
            *latencies(found),
            *single(found),
            Figure(key="memory_mb", what="memory of the gateway (RSS), at most", value=memory, unit="MB"),
            Figure(
                key="errors", what="answers that were wrong, old or missing", value=len(found.faults), unit="answers"
            ),
        ],
        servers={name: version(name) for name in ("uvicorn", "uvloop", "httptools")},
        is_short=chosen.seconds * chosen.rounds < 3 or chosen.bodies < 1000 or chosen.moved != 0.05,
    )
    return finished(report, chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadtests.hot", description=__doc__)
    add_data_option(parser)
    parser.add_argument("--bodies", type=int, default=1000, help="distinct requests of each size (default: 1000)")
    parser.add_argument("--seconds", type=float, default=3, help="length of each turn (default: 3)")
    parser.add_argument("--rounds", type=int, default=4, help="turns of each server at each task (default: 4)")
    parser.add_argument("--concurrency", type=int, default=8, help="clients that wait for answers (default: 8)")
    parser.add_argument("--moved", type=float, default=0.05, help="share moved each second (default: 0.05)")
    add_report_options(parser)
    return parser


async def _measured(
    chosen: argparse.Namespace, gateway: GatewayProcess, days: Sequence[DaySeries], folder: Path, cores: set[int] | None
) -> Found:
    found = Found()
    chance = random.Random(1)
    for is_large in (False, True):
        bodies = (large_bodies if is_large else small_bodies)(days, chosen.bodies)
        chance.shuffle(bodies)
        moving = Moving(gateway.port, days, with_bars=is_large)
        await moving.all()
        judge = Judge(moving=moving)
        await _one_size(chosen, found, gateway, judge, bodies, is_large, folder, cores)
        if not is_large:
            await _small_times(chosen, found, gateway, judge, bodies)
    return found


async def _one_size(
    chosen: argparse.Namespace,
    found: Found,
    gateway: GatewayProcess,
    judge: Judge,
    bodies: Sequence[Body],
    is_large: bool,
    folder: Path,
    cores: set[int] | None,
) -> None:
    tasks = [task for task in TASKS if task.is_large == is_large]
    for task in tasks:
        await _once(found, gateway.port, judge.shots(bodies, task.key, is_compressed=task.is_compressed), len(bodies))
        answers = [judge.seen[one.text, task.is_compressed].answer for one in bodies if not found.faults]
        found.sizes[task.key] = sum(map(len, answers)) / max(len(answers), 1) / 1000
    file = folder / f"bodies-{is_large}.json"
    file.write_bytes(orjson.dumps([one.text.decode() for one in bodies]))
    command = (str(gateway.port), str(file))
    with running_gateway(folder, module="loadtests.bare_server", command=command, cores=cores) as bare:
        for task in tasks:
            sources = {
                "bare": same_shots(bodies, task.key, judge, is_compressed=task.is_compressed),
                "gateway": judge.shots(bodies, task.key, is_compressed=task.is_compressed),
            }
            await _once(found, bare.port, sources["bare"], len(bodies))
            for _ in range(chosen.rounds):
                await _turn(chosen, found, task, "bare", bare, sources["bare"], None)
                # What moved at the end of the last turn is answered anew before the next one counts.
                await _once(found, gateway.port, sources["gateway"], len(bodies))
                await _turn(chosen, found, task, "still", gateway, sources["gateway"], None)
                await _turn(chosen, found, task, "gateway", gateway, sources["gateway"], judge.moving)


async def _once(found: Found, port: int, shots: Iterator[Shot], count: int) -> None:
    """Each body once, before anything counts."""
    connection = await Connection.open(port)
    for shot in islice(shots, count):
        fault = shot.fault(*await connection.exchange(shot.request))
        if fault is not None:
            found.faults.append(fault)
    connection.close()


async def _turn(
    chosen: argparse.Namespace,
    found: Found,
    task: Task,
    server: str,
    process: GatewayProcess,
    shots: Iterator[Shot],
    moving: Moving | None,
) -> None:
    measured = found.turns.setdefault((task.key, server), Measured())
    async with AsyncExitStack() as stack:
        if moving is not None:
            await stack.enter_async_context(moving.running(share_per_second=chosen.moved))
        before = process.cpu_seconds() or 0.0
        run = await volley(process.port, shots, concurrency=chosen.concurrency, seconds=chosen.seconds)
        measured.cpu_seconds += (process.cpu_seconds() or 0.0) - before
    measured.seconds += run.seconds
    measured.times_ms += run.all_times_ms()
    found.faults += [f"{server}: {fault}" for fault in run.faults]


async def _small_times(
    chosen: argparse.Namespace, found: Found, gateway: GatewayProcess, judge: Judge, bodies: Sequence[Body]
) -> None:
    """Quotes asked for one after the other, and fifty at once."""
    shots = judge.shots(bodies, "alone", is_compressed=False)
    async with judge.moving.running(share_per_second=chosen.moved):
        run = await volley(gateway.port, shots, concurrency=1, seconds=chosen.seconds)
        found.one_by_one_ms += run.all_times_ms()
        found.faults += run.faults
        opened = [await Connection.open(gateway.port) for _ in range(CONCURRENT)]
        end = time.perf_counter() + chosen.seconds
        while time.perf_counter() < end:
            some = list(islice(shots, CONCURRENT))
            begun = time.perf_counter()
            answers = await asyncio.gather(*map(_exchange, opened, some))
            found.together_ms.append((time.perf_counter() - begun) * 1000)
            judged = [shot.fault(*answer) for shot, answer in zip(some, answers, strict=True)]
            found.faults += [fault for fault in judged if fault is not None]
            await asyncio.sleep(0.01)
        for connection in opened:
            connection.close()


async def _exchange(connection: Connection, shot: Shot) -> tuple[int, bytes]:
    return await connection.exchange(shot.request)


if __name__ == "__main__":
    sys.exit(main())
