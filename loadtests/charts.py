"""
Chart queries over hundreds of real symbols, against a gateway in a process of its own: ``python -m loadtests.charts``.

Nothing can be answered from a cache: symbols, windows and parameters change from request to request. Every answer is
held against the stored bars.
"""

import argparse
import asyncio
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import orjson
import uvloop

from loadtests.arrivals import Run, Shot, closed_loop, open_loop
from loadtests.gateway_process import GatewayProcess, running_gateway, separate_cores
from loadtests.http_client import post
from loadtests.percentiles import percentile
from loadtests.report import Figure, Report, add_report_options, finished
from loadtests.stored_market import (
    Database,
    DaySeries,
    add_data_option,
    imported,
    real_file,
    server_versions,
    simulated,
    stored_days,
    temporary_database,
)

_CHART = """query Chart($symbol: String!, $last: Int!, $to: DateTime, $rsi: Int!, $fast: Int!, $slow: Int!) {
  candles(symbol: $symbol, interval: D1, last: $last, to: $to) { count columns { timestamp close
    rsi(period: $rsi) fast: ema(period: $fast) slow: ema(period: $slow)
    bollinger(period: 20, deviations: 2) { upper middle lower } } } }"""
_PRICES = """query Prices($symbol: String!, $last: Int!, $to: DateTime) {
  candles(symbol: $symbol, interval: D1, last: $last, to: $to) {
    count columns { timestamp open high low close volume } } }"""
_ROWS = """query Rows($symbol: String!, $last: Int!, $to: DateTime, $rsi: Int!) {
  candles(symbol: $symbol, interval: D1, last: $last, to: $to) {
    count bars { time open high low close rsi(period: $rsi) } } }"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """
    A query that a front end sends.

    Attributes:
        share: Of all requests, in percent.
        bars: Least and most bars that it asks for.
        last_close: Of the answered series.
    """

    name: str
    share: int
    query: str
    bars: tuple[int, int]
    last_close: Callable[[dict[str, Any]], float]


KINDS = (
    Kind(
        name="chart of 200 to 300 bars, 6 indicator lines",
        share=80,
        query=_CHART,
        bars=(200, 300),
        last_close=lambda series: float(series["columns"]["close"][-1]),
    ),
    Kind(
        name="1,000 bars of prices",
        share=10,
        query=_PRICES,
        bars=(1000, 1000),
        last_close=lambda series: float(series["columns"]["close"][-1]),
    ),
    Kind(
        name="100 rows with an indicator",
        share=10,
        query=_ROWS,
        bars=(100, 100),
        last_close=lambda series: float(series["bars"][-1]["close"]),
    ),
)


def shots(days: Sequence[DaySeries], *, seed: int) -> Iterator[Shot]:
    """Requests without end: all symbols in turn, in a shuffled order, with changing windows and periods."""
    chance = random.Random(seed)
    order = list(days)
    while True:
        chance.shuffle(order)
        for one in order:
            (kind,) = chance.choices(KINDS, [each.share for each in KINDS])
            yield _shot(kind, one, chance)


def _shot(kind: Kind, days: DaySeries, chance: random.Random) -> Shot:
    last = chance.randint(*kind.bars)
    # The window ends before one of the last hundred bars, so few windows are ever asked for twice.
    end = len(days.time) - chance.randrange(min(100, len(days.time)))
    to = None if end == len(days.time) else str(days.time[end].astype("datetime64[s]")) + "Z"
    variables: dict[str, Any] = {"symbol": days.symbol, "last": last, "to": to}
    if "$rsi" in kind.query:
        variables["rsi"] = chance.randint(7, 28)
    if "$fast" in kind.query:
        variables |= {"fast": chance.randint(8, 16), "slow": chance.randint(20, 40)}
    body = orjson.dumps({"query": kind.query, "variables": variables})
    fault = partial(_fault, kind, min(last, end), float(days.close[end - 1]))
    return Shot(kind=kind.name, request=post("/graphql", body), fault=fault)


def _fault(kind: Kind, count: int, close: float, status: int, body: bytes) -> str | None:
    """What is wrong with an answer: it must hold so many bars, the last with the stored close, and no error."""
    if status != 200:
        return f"status {status}"
    answer = orjson.loads(body)
    if answer.get("errors"):
        return str(answer["errors"][0]["message"])
    series = answer["data"]["candles"]
    if series["count"] != count:
        return f"{count} bars expected, {series['count']} found"
    found = kind.last_close(series)
    return None if found == close else f"last close {close} expected, {found} found"


def main() -> int:
    """Measures and reports."""
    chosen = _parser().parse_args()
    cores = separate_cores()
    with temporary_database(cores and cores[1]) as database:
        source = _fill(database, chosen)
        with running_gateway(database.folder, cores=cores and cores[0]) as gateway:
            runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
            with runner:
                report = runner.run(_measured(chosen, database, gateway, source, is_pinned=cores is not None))
    return finished(report, chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadtests.charts", description=__doc__)
    add_data_option(parser)
    parser.add_argument("--rates", type=float, nargs="+", default=[25, 50], metavar="R", help="requests per second")
    parser.add_argument("--seconds", type=float, default=10, help="length of each measurement (default: 10)")
    parser.add_argument("--concurrency", type=int, default=8, help="clients of the closed loop (default: 8)")
    parser.add_argument("--connections", type=int, default=64, help="most connections of the open loop (default: 64)")
    parser.add_argument("--warm-up", type=float, default=2, help="seconds before anything counts (default: 2)")
    parser.add_argument("--seed", type=int, default=1)
    add_report_options(parser)
    return parser


def _fill(database: Database, chosen: argparse.Namespace) -> str:
    path = real_file(chosen.data)
    if path is None:
        simulated(database)
        return "the simulated market"
    done = imported(database, path)
    return f"{path.name}, {done.good:,} days"


async def _measured(
    chosen: argparse.Namespace, database: Database, gateway: GatewayProcess, source: str, *, is_pinned: bool
) -> Report:
    days = await stored_days(database)
    source_of_shots = shots(days, seed=chosen.seed)
    # Made beforehand, so that making them takes nothing from the server's core while it is measured.
    ready = islice(source_of_shots, int(chosen.seconds * sum(chosen.rates)) + len(chosen.rates))
    prepared = iter(list(ready))
    await closed_loop(gateway.port, source_of_shots, concurrency=chosen.concurrency, seconds=chosen.warm_up)
    figures: list[Figure] = []
    faults: list[str] = []
    for number, rate in enumerate(chosen.rates):
        run = await open_loop(gateway.port, prepared, rate=rate, seconds=chosen.seconds, connections=chosen.connections)
        figures += _open_figures(run, rate, is_first=number == 0)
        faults += run.faults
    used = gateway.cpu_seconds()
    run = await closed_loop(gateway.port, source_of_shots, concurrency=chosen.concurrency, seconds=chosen.seconds)
    faults += run.faults
    times = run.all_times_ms()
    what = f"closed loop, {chosen.concurrency} clients"
    figures.append(
        Figure(key="closed_rate", what=what, value=len(times) / run.seconds, unit="requests/s", details=_spread(times))
    )
    if used is not None and times:
        spent = ((gateway.cpu_seconds() or used) - used) / len(times) * 1000
        figures.append(Figure(key="cpu_ms", what="processor time of the gateway per request", value=spent, unit="ms"))
    memory = gateway.memory_mb()
    if memory:
        figures.append(Figure(key="memory_mb", what="memory of the gateway (RSS)", value=memory["most"], unit="MB"))
    figures.append(Figure(key="errors", what="answers that were wrong or missing", value=len(faults), unit="answers"))
    for fault in sorted(set(faults))[:5]:
        print(f"wrong: {fault}", file=sys.stderr)
    bars = np.array([len(one.time) for one in days])
    return Report(
        scenario="charts",
        data=[
            f"{len(days)} symbols with a median of {int(np.median(bars)):,} days ({source})",
            "; ".join(f"{kind.share} % {kind.name}" for kind in KINDS),
            "the gateway has a core of its own, PostgreSQL and the generator share the others"
            if is_pinned
            else "nothing is pinned to a core",
        ],
        figures=figures,
        servers=await server_versions(database),
        is_short=chosen.seconds < 5,
    )


def _open_figures(run: Run, rate: float, *, is_first: bool) -> list[Figure]:
    times = run.all_times_ms()
    if not times:
        return []
    name = f"{rate:g} requests/s"
    key = "" if is_first else f"_at_{rate:g}"
    details = _spread(times) | {"answered/s": len(times) / run.seconds, "generator late": run.lag_ms}
    return [
        Figure(key=f"p95_ms{key}", what=f"{name}, p95", value=percentile(times, 95), unit="ms", details=details),
        *(
            Figure(
                key=f"kind_{number}_at_{rate:g}",
                what=f"{name}, p95: {kind.name}",
                value=percentile(run.times_ms[kind.name], 95),
                unit="ms",
                details=_spread(run.times_ms[kind.name]),
            )
            for number, kind in enumerate(KINDS)
            if run.times_ms.get(kind.name)
        ),
    ]


def _spread(times: Sequence[float]) -> dict[str, float]:
    if not times:
        return {}
    return {f"p{percent}": percentile(times, percent) for percent in (50, 90, 95, 99)} | {
        "max": max(times),
        "requests": len(times),
    }


if __name__ == "__main__":
    sys.exit(main())
